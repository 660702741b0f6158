import Formats
import Storage
import Tensor

/// MNIST's way to store images: a file of images and one of labels, such as `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`.
enum IdxPair {
    /// Whether a file is called as a file of images is.
    static func recognises(_ path: String) -> Bool {
        fileName(path).contains("images") && fileName(path).contains("idx")
    }

    private static func fileName(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

    /// The file of images of a part (`train`, `t10k`, `test`...) in a folder.
    static func images(in folder: String, parts: [String]) -> String? {
        let names = (try? Files.list(folder)) ?? []
        return names.first { name in recognises(name) && parts.contains { name.hasPrefix($0) } }.map {
            "\(folder)/\($0)"
        }
    }

    /// Images and their labels; `path` names the images, the labels lie beside it.
    ///
    /// - Throws: `DatasetError` where the two do not go together, naming the row of a label that is no class.
    static func read(
        _ path: String, classNames: [String]?
    ) throws(DatasetError) -> (data: Dataset, channels: Int, size: ImageSize?) {
        let labelPath = try labels(for: path)
        let (table, channels, size) = try images(path)
        let (labels, rows) = (try tensor(labelPath), table.rows)
        guard labels.shape == [rows] else {
            throw DatasetError(labelPath, "has the shape \(labels.shape), the images in \(path) are \(rows)")
        }
        let classes = classNames ?? (0...max(0, min(integers(labels).max() ?? 0, 65_535))).map(String.init)
        var indices: [Int32] = []
        for (row, label) in integers(labels).enumerated() {
            guard label >= 0, label < classes.count else {
                throw DatasetError(
                    labelPath, row: row + 1, "the label \(label) is none of the \(classes.count) classes")
            }
            indices.append(Int32(label))
        }
        let data = Dataset(
            name: path, featureNames: table.columns, classNames: classes, features: table.numbers, labels: indices)
        return (data, channels, size)
    }

    /// The images alone, one a row.
    static func images(_ path: String) throws(DatasetError) -> (table: NumberTable, channels: Int, size: ImageSize?) {
        let images = try tensor(path)
        guard images.shape.count >= 2, let rows = images.shape.first, rows > 0 else {
            throw DatasetError(path, "has the shape \(images.shape): images need at least two axes")
        }
        let width = images.shape.last ?? 1
        let height = images.shape.count > 2 ? images.shape[images.shape.count - 2] : 1
        let channels = images.shape.dropFirst().reduce(1, *) / max(1, width * height)
        let table = NumberTable(
            name: path, columns: ImageFolder.featureNames(channels, height, width), rows: rows, numbers: floats(images))
        return (table, channels, ImageSize(width: width, height: height))
    }

    private static func labels(for path: String) throws(DatasetError) -> String {
        let name = String(fileName(path))
        let folder = path.dropLast(name.count)
        let wanted = name.split(separator: "images", maxSplits: 1, omittingEmptySubsequences: false).joined(
            separator: "labels")
        // The number behind `idx` counts the axes; and one of the two may be compressed.
        let plain = wanted.split(separator: "idx3", maxSplits: 1, omittingEmptySubsequences: false).joined(
            separator: "idx1")
        let bare = plain.hasSuffix(".gz") ? String(plain.dropLast(3)) : plain
        for candidate in [plain, wanted, bare, bare + ".gz"] where Files.exists(folder + candidate) {
            return folder + candidate
        }
        throw DatasetError(path, "has no labels beside it: \(folder)\(plain) is missing")
    }

    private static func tensor(_ path: String) throws(DatasetError) -> Tensor {
        let bytes: [UInt8]
        do { bytes = try Files.read(path) } catch { throw DatasetError(reading: path, error) }
        return try ImageFolder.attempt(path) { () throws(FormatError) in try Idx.read(bytes, name: path) }
    }

    private static func integers(_ tensor: Tensor) -> [Int] { floats(tensor).map { Int($0.isFinite ? $0 : -1) } }

    private static func floats(_ tensor: Tensor) -> [Float] {
        switch tensor.type {
        case .uint8: tensor.values(as: UInt8.self).map(Float.init)
        case .int8: tensor.values(as: Int8.self).map(Float.init)
        case .int32: tensor.values(as: Int32.self).map(Float.init)
        case .int64: tensor.values(as: Int64.self).map(Float.init)
        case .float32: tensor.values(as: Float.self)
        case .bool, .bfloat16: []
        }
    }
}
