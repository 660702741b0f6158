import Formats
import Storage

/// Folders of PNG images, one for each class: `folder/CLASS/*.png`, or `folder/train/CLASS/*.png` with `val` and `test` beside it.
struct ImageFolder {
    private let path: String
    private let schema: DataSchema

    /// The most numbers that all images may have together (4 GiB of float32).
    private static let limit = 1 << 30
    private static let trainingNames = ["train", "training"]
    private static let validationNames = ["val", "valid", "validation"]
    private static let testNames = ["test", "testing"]

    /// One image: its file and its class.
    private struct Item {
        let path: String
        let label: Int32
    }

    init(_ path: String, schema: DataSchema) {
        (self.path, self.schema) = (path, schema)
    }

    /// All images, each part of the folder a part of the data, with the shape of one.
    func read() throws(DatasetError) -> (parts: DividedDataset, isDivided: Bool, channels: Int, size: ImageSize) {
        let folders = try Self.folders(path)
        guard let training = folders.first(where: { Self.trainingNames.contains($0) }) else {
            let classes = try classNames(path)
            let items = try items(path, classes)
            let (channels, size) = try form(items)
            let data = try dataset(items, classes, channels, size, name: path)
            let none = data.selecting([])
            return (DividedDataset(training: data, validation: none, test: none), false, channels, size)
        }
        let classes = try classNames("\(path)/\(training)")
        var parts: [(path: String, items: [Item])] = []
        for names in [Self.trainingNames, Self.validationNames, Self.testNames] {
            let folder = folders.first { names.contains($0) }.map { "\(path)/\($0)" }
            var items: [Item] = []
            if let folder { items = try self.items(folder, classes) }
            parts.append((folder ?? path, items))
        }
        let (channels, size) = try form(parts.flatMap(\.items))
        let data = try parts.map { part throws(DatasetError) in
            try dataset(part.items, classes, channels, size, name: part.path)
        }
        return (DividedDataset(training: data[0], validation: data[1], test: data[2]), true, channels, size)
    }

    /// Images without classes: one file, or those that lie in a folder.
    func readUnlabelled() throws(DatasetError) -> NumberTable {
        var items = [Item(path: path, label: 0)]
        if Files.isDirectory(path) {
            items = try Self.list(path).filter { Self.isImage($0) }.map { Item(path: "\(path)/\($0)", label: 0) }
        }
        let (channels, size) = try form(items)
        let data = try dataset(items, ["none"], channels, size, name: path)
        return NumberTable(name: path, columns: data.featureNames, rows: data.rows, numbers: data.features)
    }

    /// Whether a folder has images in itself, not in folders by class.
    static func hasImages(_ path: String) -> Bool {
        ((try? Files.list(path)) ?? []).contains { isImage($0) && !$0.hasPrefix(".") }
    }

    static func isImage(_ name: String) -> Bool { name.lowercased().hasSuffix(".png") }

    // MARK: What is there

    private static func folders(_ path: String) throws(DatasetError) -> [String] {
        try list(path).filter { Files.isDirectory("\(path)/\($0)") }
    }

    private static func list(_ path: String) throws(DatasetError) -> [String] {
        do { return try Files.list(path).filter { !$0.hasPrefix(".") } } catch {
            throw DatasetError(reading: path, error)
        }
    }

    /// The classes of the schema, else the names of the folders, sorted.
    private func classNames(_ path: String) throws(DatasetError) -> [String] {
        if let given = schema.columns.classNames { return given }
        let names = try Self.folders(path)
        guard !names.isEmpty else {
            throw DatasetError(path, "has no folder for each class with .png images in it, such as \(path)/cat/1.png")
        }
        return names
    }

    private func items(_ path: String, _ classes: [String]) throws(DatasetError) -> [Item] {
        var items: [Item] = []
        for name in try Self.folders(path) {
            guard let label = classes.firstIndex(of: name) else {
                throw DatasetError(
                    "\(path)/\(name)", "is none of the classes \(classes.prefix(8).joined(separator: ", "))")
            }
            for file in try Self.list("\(path)/\(name)") {
                let full = "\(path)/\(name)/\(file)"
                guard Self.isImage(file) else {
                    throw DatasetError(
                        full, "is no .png file: convert the images, or move what else there is elsewhere")
                }
                items.append(Item(path: full, label: Int32(label)))
            }
        }
        guard !items.isEmpty else { throw DatasetError(path, "has no .png images in its folders") }
        return items
    }

    // MARK: One form for all

    /// Channels and size that all images get, from their headers alone.
    private func form(_ items: [Item]) throws(DatasetError) -> (channels: Int, size: ImageSize) {
        var (isColoured, common): (Bool, (size: ImageSize, path: String)?) = (false, nil)
        for item in items {
            let facts = try Self.attempt(item.path) { () throws(FormatError) in
                try PNG.facts(try FileBytes(mapping: item.path), name: item.path)
            }
            isColoured = isColoured || facts.isColoured
            guard schema.imageSize == nil else { continue }
            guard let size = ImageSize(width: facts.width, height: facts.height) else {
                throw DatasetError(item.path, "is \(facts.width)x\(facts.height) pixels: scale it with --image-size")
            }
            if let common, common.size != size {
                throw DatasetError(
                    item.path,
                    "is \(size) pixels, \(common.path) is \(common.size): give --image-size, such as \(common.size), to scale all to one"
                )
            }
            common = common ?? (size, item.path)
        }
        guard let size = schema.imageSize ?? common?.size else { throw DatasetError(path, "has no images") }
        let channels = schema.channels ?? (isColoured ? 3 : 1)
        guard items.count <= Self.limit / (channels * size.width * size.height) else {
            throw DatasetError(
                path, "\(items.count) images of \(size) are more than fit into memory: give a smaller --image-size")
        }
        return (channels, size)
    }

    private func dataset(
        _ items: [Item], _ classes: [String], _ channels: Int, _ size: ImageSize, name: String
    ) throws(DatasetError) -> Dataset {
        var features: [Float] = []
        features.reserveCapacity(items.count * channels * size.width * size.height)
        for item in items {
            let image = try Self.attempt(item.path) { () throws(FormatError) in
                try PNG(try FileBytes(mapping: item.path), name: item.path)
            }
            features += ImagePixels(image, channels: channels).scaled(to: size).values
        }
        return Dataset(
            name: name, featureNames: Self.featureNames(channels, size.height, size.width), classNames: classes,
            features: features, labels: items.map(\.label))
    }

    /// A name for each number of an image, in their order.
    static func featureNames(_ channels: Int, _ height: Int, _ width: Int) -> [String] {
        (0..<channels).flatMap { channel in
            (0..<height).flatMap { row in (0..<width).map { "pixel_\(channel)_\(row)_\($0)" } }
        }
    }

    /// Format errors name their file already.
    static func attempt<Value>(
        _ path: String, _ body: () throws(FormatError) -> Value
    ) throws(DatasetError) -> Value {
        do { return try body() } catch {
            throw DatasetError(error.place, error.message)
        }
    }
}
