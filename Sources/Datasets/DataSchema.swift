package import Bytes
package import JSON

/// What a data file means: its columns and classes, how numbers are scaled, which rows are for what, how images are brought to one form.
///
///     {"target": "label", "classes": ["cat", "dog"], "normalise": "standard", "split": [0.8, 0.1, 0.1], "seed": "0x...",
///      "imageSize": [32, 32], "channels": 1}
package struct DataSchema: Sendable, Equatable {
    /// Columns and classes.
    package var columns: CSVSchema
    package var normalisation: Normalisation
    /// How rows are divided where the data are not divided already.
    package var split: SplitFractions
    /// Fixes which rows go where.
    package var seed: Hash32
    /// What images are scaled to; nil takes the size that all of them have.
    package var imageSize: ImageSize?
    /// Channels of images: 1 (grey), 3 (colours), 4 (with alpha); nil takes 3 if any has colours, else 1.
    package var channels: Int?
    /// The characters of a text by number; nil takes those of the training text.
    package var characters: [Unicode.Scalar]?

    package init(
        columns: CSVSchema = CSVSchema(), normalisation: Normalisation = .none, split: SplitFractions = .whole,
        seed: Hash32 = .zero, imageSize: ImageSize? = nil, channels: Int? = nil
    ) {
        self.columns = columns
        self.normalisation = normalisation
        self.split = split
        self.seed = seed
        self.imageSize = imageSize
        self.channels = channels
    }
}

/// Pixels of an image.
package struct ImageSize: Sendable, Equatable, CustomStringConvertible {
    package let width: Int
    package let height: Int

    package init?(width: Int, height: Int) {
        guard (1...1 << 14).contains(width), (1...1 << 14).contains(height) else { return nil }
        (self.width, self.height) = (width, height)
    }

    /// From `WxH`.
    package init?(_ text: String) {
        let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let width = numbers[0], let height = numbers[1] else { return nil }
        self.init(width: width, height: height)
    }

    package var description: String { "\(width)x\(height)" }
}

extension DataSchema {
    private static let keys = [
        "target", "features", "classes", "normalise", "split", "seed", "imageSize", "channels", "characters",
    ]

    /// - Throws: `DatasetError` naming the key that is not understood.
    package init(json bytes: [UInt8], name: String) throws(DatasetError) {
        let object: JSONObject
        do {
            guard let parsed = try JSON(parsing: bytes).objectValue else {
                throw DatasetError(name, "is no JSON object")
            }
            object = parsed
        } catch let error as DatasetError { throw error } catch { throw DatasetError(name, "is no JSON: \(error)") }
        self.init()
        for (key, value) in object {
            func wrong(_ wanted: String) -> DatasetError { DatasetError(name, column: key, "must be \(wanted)") }
            switch key {
            case "target":
                guard let target = value.stringValue else { throw wrong("a column's name") }
                columns.target = target
            case "features":
                columns.featureNames = try Self.names(value, wrong("a list of column names"))
            case "classes": columns.classNames = try Self.names(value, wrong("a list of class names"))
            case "normalise":
                guard let normalisation = Normalisation(json: value) else {
                    throw wrong(
                        "'none', 'unit', 'standard' or {\"mean\": [...], \"std\": [...]} of as many numbers, none of std zero"
                    )
                }
                self.normalisation = normalisation
            case "split":
                let numbers = value.arrayValue?.compactMap(\.doubleValue) ?? []
                guard numbers.count == 3, let split = SplitFractions(numbers) else {
                    throw wrong("three fractions that sum to 1: training, validation, test")
                }
                self.split = split
            case "seed":
                guard let seed = value.stringValue.flatMap({ try? Hash32(hex: $0) }) else {
                    throw wrong("32 bytes in hex")
                }
                self.seed = seed
            case "imageSize":
                let numbers = value.arrayValue?.compactMap(\.intValue) ?? []
                guard numbers.count == 2, let size = ImageSize(width: numbers[0], height: numbers[1]) else {
                    throw wrong("[width, height]")
                }
                imageSize = size
            case "channels":
                guard let channels = value.intValue, [1, 3, 4].contains(channels) else { throw wrong("1, 3 or 4") }
                self.channels = channels
            case "characters":
                guard let text = value.stringValue, !text.isEmpty,
                    Set(text.unicodeScalars).count == text.unicodeScalars.count
                else { throw wrong("a text in which every character stands once") }
                characters = Array(text.unicodeScalars)
            default:
                throw DatasetError(
                    name, column: key, "is no key of a schema; these are \(Self.keys.joined(separator: ", "))")
            }
        }
    }

    private static func names(_ json: JSON, _ error: DatasetError) throws(DatasetError) -> [String] {
        guard let values = json.arrayValue?.map(\.stringValue), !values.isEmpty, values.allSatisfy({ $0 != nil }) else {
            throw error
        }
        let names = values.compactMap { $0 }
        guard Set(names).count == names.count else { throw error }
        return names
    }

    /// The schema as a file, to read further data in the same way.
    package var json: JSON {
        var object = JSONObject()
        object["target"] = .string(columns.target)
        if let names = columns.featureNames { object["features"] = .array(names.map { .string($0) }) }
        if let names = columns.classNames { object["classes"] = .array(names.map { .string($0) }) }
        object["normalise"] = normalisation.json
        if split != .whole { object["split"] = .array(split.numbers.map { .double($0) }) }
        if seed != .zero { object["seed"] = .string(seed.hex0x) }
        if let size = imageSize {
            object["imageSize"] = .array([.integer(Int64(size.width)), .integer(Int64(size.height))])
        }
        if let channels { object["channels"] = .integer(Int64(channels)) }
        if let characters {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: characters)
            object["characters"] = .string(String(text))
        }
        return .object(object)
    }
}
