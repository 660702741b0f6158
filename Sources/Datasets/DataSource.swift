package import Bytes
import Compression
import Formats
import Storage

/// Labelled data from wherever people have them, divided and scaled as a schema says.
///
///     let source = try DataSource.open("flowers", schema: DataSchema(normalisation: .unit))
///     source.data.training.features        // images, channel by channel
///
/// Read: a CSV file (`.gz` too), an image folder, an IDX file of images with its labels beside it, a folder of such files as MNIST has.
package struct DataSource: Sendable, Equatable {
    package let data: DividedDataset
    /// The shape of one row: `[columns]`, or `[channels, height, width]` for images.
    package let rowShape: [Int]
    /// The places of the parts' rows in the file; nil where the parts were apart already.
    package let rows: RowParts?
    /// The schema with everything that was taken from the data filled in: further data are read in the same way with it.
    package let schema: DataSchema

    /// Whether `path` is something other than a CSV file that is read here: a folder, or a file called as IDX images are.
    package static func recognises(_ path: String) -> Bool { Files.isDirectory(path) || IdxPair.recognises(path) }

    /// - Parameter seed: chooses a tenth to judge by where neither the data nor the schema have rows for that; nil holds none back.
    /// - Throws: `DatasetError` naming the file, and row and column where they matter.
    package static func open(
        _ path: String, schema: DataSchema = DataSchema(), holdingBack seed: Hash32? = nil
    ) throws(DatasetError) -> DataSource {
        let folder = Files.isDirectory(path)
        if folder, let images = IdxPair.images(in: path, parts: ["train"]) {
            let (training, channels, size) = try IdxPair.read(images, classNames: schema.columns.classNames)
            var parts = DividedDataset(
                training: training, validation: training.selecting([]), test: training.selecting([]))
            if let test = IdxPair.images(in: path, parts: ["t10k", "test"]) {
                parts.test = try IdxPair.read(test, classNames: training.classNames).data
                guard parts.test.columns == training.columns else {
                    throw DatasetError(
                        test, "has images of \(parts.test.columns) numbers, \(images) of \(training.columns)")
                }
            }
            return try finished(parts, isDivided: false, seed, schema, channels, size)
        }
        if folder {
            let (parts, isDivided, channels, size) = try ImageFolder(path, schema: schema).read()
            return try finished(parts, isDivided: isDivided, seed, schema, channels, size)
        }
        if IdxPair.recognises(path) {
            let (data, channels, size) = try IdxPair.read(path, classNames: schema.columns.classNames)
            let none = data.selecting([])
            return try finished(
                DividedDataset(training: data, validation: none, test: none), isDivided: false, seed, schema, channels,
                size)
        }
        let data = try Dataset(csv: try table(path), schema: schema.columns, name: path)
        let none = data.selecting([])
        return try finished(
            DividedDataset(training: data, validation: none, test: none), isDivided: false, seed, schema, nil, nil)
    }

    /// The bytes of a table, decompressed.
    package static func table(_ path: String) throws(DatasetError) -> [UInt8] {
        do {
            let bytes = try Files.read(path)
            return Gzip.recognises(bytes)
                ? try Gzip.decompress(bytes, limit: Deflate.largestContent(of: bytes.count)) : bytes
        } catch { throw DatasetError(path, "\(error)") }
    }

    /// Divides what is not divided, then scales by what the training rows say.
    private static func finished(
        _ parts: DividedDataset, isDivided: Bool, _ seed: Hash32?, _ schema: DataSchema, _ channels: Int?,
        _ size: ImageSize?
    ) throws(DatasetError) -> DataSource {
        var (data, rows) = (parts, RowParts?.none)
        let whole = parts.training
        if !isDivided, schema.split.test > 0, parts.test.rows > 0 {
            throw DatasetError(whole.name, "has a test part of its own: split off validation rows only")
        }
        if parts.validation.rows == 0 {
            let schema = isDivided ? DataSchema() : schema
            rows = try schema.parts(of: whole.rows, holdingBack: seed, name: whole.name)
        }
        if let rows {
            data.training = whole.selecting(rows.training)
            data.validation = whole.selecting(rows.validation)
            if parts.test.rows == 0 { data.test = whole.selecting(rows.test) }
        }
        var complete = schema
        complete.columns.classNames = data.training.classNames
        if let channels {
            (complete.channels, complete.imageSize) = (channels, size)
        } else {
            complete.columns.featureNames = data.training.featureNames
        }
        complete.normalisation = schema.normalisation.fitted(
            to: data.training, groups: channels ?? data.training.columns)
        let normalisation = complete.normalisation
        try data.update { part throws(DatasetError) in
            try normalisation.apply(to: &part.features, columns: part.columns, name: part.name)
        }
        let shape = channels.flatMap { channels in size.map { [channels, $0.height, $0.width] } }
        return DataSource(data: data, rowShape: shape ?? [data.training.columns], rows: rows, schema: complete)
    }
}
