import Arguments
import Bytes
import Datasets
import Storage

/// What a data file means, from a schema file and options beside it.
enum DataOptions {
    static let options: [Option] = [
        .value(
            "features", "columns", "the columns of a CSV that are the input, in order (default: all but the target)"),
        .value("schema", "file", "what the data mean (.json): columns, classes, scaling, split, images"),
        .value(
            "normalise", "way", "none, unit (divided by 255) or standard (by mean and deviation of the training rows)"),
        .value("image-size", "WxH", "scale images to this size (default: the one that all have)"),
        .value("channels", "n", "channels of images: 1 (grey), 3 or 4 (default: 3 if any has colours)"),
    ]
    static let split = Option.value(
        "split", "a,b,c", "shares of the rows for training, validation and test, such as 0.8,0.1,0.1")

    /// Where a training leaves how its data were read, beside the model.
    static func path(beside model: String) -> String { model + ".schema.json" }

    /// Gives a model that was made of another one the other's schema, where there is one.
    static func copySchema(from model: String, to other: String, _ console: Console) throws {
        let (source, target) = (path(beside: model), path(beside: other))
        guard source != target, Files.exists(source) else { return }
        try Files.write(try Files.read(source), to: target)
        console.say("\(target): how data are read and scaled, as for \(model)")
    }

    /// The schema of the file that is named, or of the one that training left beside the model, changed by the options that were typed.
    static func schema(_ values: Values, trainedAs model: String, _ console: Console) throws -> DataSchema {
        let beside = path(beside: model)
        guard values.string("schema") == nil, Files.exists(beside) else { return try schema(values) }
        console.say("data are read and scaled as \(beside) says")
        return try schema(values, from: beside)
    }

    /// The schema of the file that is named, changed by the options that were typed.
    static func schema(_ values: Values) throws -> DataSchema { try schema(values, from: values.string("schema")) }

    private static func schema(_ values: Values, from file: String?) throws -> DataSchema {
        var schema = DataSchema()
        if let file { schema = try DataSchema(json: try Files.read(file), name: file) }
        if let target = values.string("target"), target != CSVSchema().target { schema.columns.target = target }
        func list(_ name: String) -> [String]? {
            values.string(name).map { $0.split(separator: ",").map(String.init) }
        }
        schema.columns.featureNames = list("features") ?? schema.columns.featureNames
        schema.columns.classNames = list("classes") ?? schema.columns.classNames
        switch try values.choice("normalise", of: ["none", "unit", "standard"]) {
        case "none": schema.normalisation = .none
        case "unit": schema.normalisation = .unit
        case "standard": schema.normalisation = .standard
        default: break
        }
        if let text = values.string("split") {
            guard let split = SplitFractions(text) else {
                throw values.error("--split is '\(text)'; it takes three fractions that sum to 1, such as 0.8,0.1,0.1")
            }
            schema.split = split
        }
        if let text = values.string("image-size") {
            guard let size = ImageSize(text) else {
                throw values.error("--image-size is '\(text)'; it takes width and height, such as 28x28")
            }
            schema.imageSize = size
        }
        if let channels = try values.integer("channels", in: 1...4) {
            guard channels != 2 else { throw values.error("--channels is 2; it takes 1, 3 or 4") }
            schema.channels = channels
        }
        if let seed = values.string("seed").flatMap({ try? Hash32(hex: $0) }) { schema.seed = seed }
        return schema
    }
}
