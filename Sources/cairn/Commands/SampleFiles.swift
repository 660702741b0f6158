import Arguments
import Bytes
import Datasets
import Graph
import JSON
import Networks
import Storage
import Tensor
import Training

/// Reading examples for a network: tables, images, arrays, text.
///
/// The first file settles what classes or characters there are and how numbers are scaled; the next ones keep to it.
struct SampleFiles {
    static let options: [Option] =
        [
            .value(
                "target", "column", "the column of a CSV that holds the class or number; several, separated by commas",
                default: "target"),
            .value("classes", "names", "all class names in order (default: those of the training data)"),
            .value("context", "n", "characters in a window of text (default: what the model takes)"),
            .value("loss", "name", "\(lossNames) (default: what fits the data and the output)"),
            .value("output", "name", "the output that is judged (default: the first of floats)"),
        ] + DataOptions.options
    /// What can follow `--data`.
    static let kinds = "a .csv or .csv.gz, .npz, .txt, a folder of .png by class, or MNIST's idx files"
    private static let lossNames = Loss.allCases.map(\.rawValue).joined(separator: ", ")

    /// The parts of the data; those that are not there are nil.
    struct Parts {
        var training: Samples
        var validation: Samples?
        var test: Samples?
    }

    let network: Network
    let values: Values
    /// The loss that was named, or that the first file settled.
    private(set) var loss: Loss?
    /// How the next file is read: what was asked for, and what the first file settled.
    private(set) var schema: DataSchema

    init(_ network: Network, _ values: Values, schema: DataSchema) throws {
        self.network = network
        self.values = values
        self.schema = schema
        loss = try values.choice("loss", of: Loss.allCases.map(\.rawValue)).flatMap(Loss.init(rawValue:))
    }

    /// The examples in a file or folder to judge by: of data in parts, those that no training saw.
    mutating func read(_ path: String) throws -> Samples {
        guard schema.normalisation != .standard else {
            throw values.error(
                "--normalise standard goes by the rows of a training, which are not these: give the schema that came of it with --schema"
            )
        }
        let parts = try parts(path)
        return parts.test ?? parts.validation ?? parts.training
    }

    /// The examples in a file or folder, in its parts; numbers are scaled by what the training rows say.
    ///
    /// - Parameter seed: chooses a tenth to judge by where neither the data nor a split have rows for that; nil holds none back.
    mutating func parts(_ path: String, holdingBack seed: Hash32? = nil) throws -> Parts {
        let isTable = path.hasSuffix(".csv") || path.hasSuffix(".csv.gz") || DataSource.recognises(path)
        guard isTable || path.hasSuffix(".npz") || path.hasSuffix(".txt") else {
            throw Failure(.badInput, "\(path): data are read from \(Self.kinds)")
        }
        if !path.hasSuffix(".npz") { _ = try network.onlyInput() }
        if !isTable, values.string("normalise") != nil {
            throw values.error("--normalise is for tables and images: '\(path)' is taken as it is")
        }
        let parts: Parts
        if path.hasSuffix(".npz") {
            parts = try divided(try network.samples(try NetworkFiles.arrays(path), name: path), seed)
        } else if path.hasSuffix(".txt") {
            parts = try divided(try text(path), seed)
        } else {
            let holdsNumbers = DataSource.recognises(path) ? false : try holdsNumbers(path)
            parts = holdsNumbers ? try numbers(path, seed) : try classes(path, seed)
        }
        schema.split = .whole
        if loss == nil {
            let classes = parts.training.target.type == .int64
            loss = try network.suggestedLoss(classes: classes, output: values.string("output"))
        }
        return parts
    }

    /// Samples in the parts that the schema makes of their rows.
    private func divided(_ samples: Samples, _ seed: Hash32?) throws -> Parts {
        try divided(samples, try schema.parts(of: samples.rows, holdingBack: seed, name: samples.name))
    }

    private func divided(_ samples: Samples, _ rows: RowParts?) throws -> Parts {
        guard let rows else { return Parts(training: samples) }
        func part(_ places: [Int]) -> Samples? { places.isEmpty ? nil : samples.selecting(places) }
        return Parts(
            training: samples.selecting(rows.training), validation: part(rows.validation), test: part(rows.test))
    }

    private mutating func text(_ path: String) throws -> Samples {
        let corpus = try TextCorpus(try Files.read(path), vocabulary: schema.characters, name: path)
        schema.characters = corpus.vocabulary
        return try network.samples(corpus, context: try values.integer("context", in: 1...1_000_000))
    }

    private mutating func numbers(_ path: String, _ seed: Hash32?) throws -> Parts {
        let target = schema.columns.target
        let pieces = target.split(separator: ",").map(String.init)
        let wanted = schema.columns.featureNames.map { Set($0 + pieces + [target]) }
        let table = try NumberTable(csv: try DataSource.table(path), keeping: wanted, name: path)
        let targets = table.columns.contains(target) ? [target] : pieces
        let rows = try schema.parts(of: table.rows, holdingBack: seed, name: path)
        let (features, complete) = try schema.features(of: table, without: targets, training: rows?.training)
        schema = complete
        let samples = try network.samples(
            features, of: table, columns: complete.columns.featureNames ?? [], targets: targets)
        return try divided(samples, rows)
    }

    private mutating func classes(_ path: String, _ seed: Hash32?) throws -> Parts {
        let asked = schema.columns.classNames
        let source = try DataSource.open(path, schema: schema, holdingBack: seed)
        let (data, width) = (source.data.training, try network.outputWidth(values.string("output")))
        let areNumbered = data.classNames.allSatisfy { Int($0) != nil }
        if asked == nil, !areNumbered, width > 1, data.classNames.count != width {
            throw Failure(
                .badInput,
                "\(path): there are \(data.classNames.count) classes (\(data.classNames.prefix(8).joined(separator: ", "))), the model gives \(width): name them all with --classes, in the model's order"
            )
        }
        schema = source.schema
        // Numbers of classes are the same in every file; only their names must be kept to.
        if areNumbered, asked == nil { schema.columns.classNames = nil }
        let (network, shape) = (network, source.rowShape)
        func samples(_ part: Dataset, _ rows: [Int]?) throws -> Samples? {
            part.rows == 0 ? nil : try network.samples(part, images: shape).numbered(rows)
        }
        guard let training = try samples(data, source.rows?.training) else {
            throw Failure(.badInput, "\(path): there are no rows")
        }
        let test = source.rows.flatMap { $0.test.isEmpty ? nil : $0.test }
        return Parts(
            training: training, validation: try samples(source.data.validation, source.rows?.validation),
            test: try samples(source.data.test, test))
    }

    /// Whether the target is to be read as numbers: when the loss says so, or one output meets more than two values.
    private func holdsNumbers(_ path: String) throws -> Bool {
        let several = schema.columns.target.contains(",")
        switch loss {
        case .crossEntropy, .negativeLogLikelihood: return false
        case .meanSquaredError, .huber: return true
        case .binaryCrossEntropy: return several
        case nil: break
        }
        let width = try network.outputWidth(values.string("output"))
        guard schema.columns.classNames == nil, !network.givesLabels, width == 1 else {
            return several && schema.columns.classNames == nil
        }
        let columns = CSVSchema(target: schema.columns.target, featureNames: schema.columns.featureNames)
        let data = try? Dataset(csv: try DataSource.table(path), schema: columns, name: path)
        return Set(data?.labels ?? []).count != 2
    }
}
