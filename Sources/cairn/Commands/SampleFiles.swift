import Arguments
import Datasets
import Graph
import JSON
import Networks
import Storage
import Tensor
import Training

/// Reading examples for a network: tables, images, arrays, text.
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
    private var vocabulary: [Unicode.Scalar]?

    init(_ network: Network, _ values: Values) throws {
        self.network = network
        self.values = values
        loss = try values.choice("loss", of: Loss.allCases.map(\.rawValue)).flatMap(Loss.init(rawValue:))
        schema = try DataOptions.schema(values)
    }

    /// The examples in a file or folder to judge by: of data in parts, those that no training saw.
    mutating func read(_ path: String) throws -> Samples {
        let parts = try parts(path)
        return parts.test ?? parts.validation ?? parts.training
    }

    /// The examples in a file or folder, in its parts. The first one settles what classes or characters there are and how numbers are
    /// scaled; the next ones keep to it.
    mutating func parts(_ path: String) throws -> Parts {
        let parts: Parts
        if !path.hasSuffix(".npz") { _ = try network.onlyInput() }
        if path.hasSuffix(".npz") {
            parts = Parts(training: try network.samples(try NetworkFiles.arrays(path), name: path))
        } else if path.hasSuffix(".txt") {
            let corpus = try TextCorpus(try Files.read(path), vocabulary: vocabulary, name: path)
            vocabulary = corpus.vocabulary
            let context = try values.integer("context", in: 1...1_000_000)
            parts = Parts(training: try network.samples(corpus, context: context))
        } else if path.hasSuffix(".csv"), try holdsNumbers(path) {
            parts = Parts(training: try numbers(path))
        } else if path.hasSuffix(".csv") || path.hasSuffix(".csv.gz") || DataSource.recognises(path) {
            parts = try classes(path)
        } else {
            throw Failure(
                .badInput,
                "\(path): data are read from \(Self.kinds)")
        }
        if loss == nil {
            let classes = parts.training.target.type == .int64
            loss = try network.suggestedLoss(classes: classes, output: values.string("output"))
        }
        return parts
    }

    private mutating func numbers(_ path: String) throws -> Samples {
        let target = schema.columns.target
        let bytes = try Files.read(path)
        let names = schema.columns.featureNames
        let pieces = target.split(separator: ",").map(String.init)
        let wanted = names.map { Set($0 + pieces + [target]) }
        let table = try NumberTable(csv: bytes, keeping: wanted, name: path)
        let targets = table.columns.contains(target) ? [target] : pieces
        let (features, complete) = try schema.features(of: table, without: targets)
        schema = complete
        return try network.samples(
            features, of: table, columns: complete.columns.featureNames ?? [], targets: targets)
    }

    private mutating func classes(_ path: String) throws -> Parts {
        let asked = schema.columns.classNames
        let source = try DataSource.open(path, schema: schema)
        let (data, width) = (source.data.training, try network.outputWidth(values.string("output")))
        let areNumbered = data.classNames.allSatisfy { Int($0) != nil }
        if asked == nil, !areNumbered, width > 1, data.classNames.count != width {
            throw Failure(
                .badInput,
                "\(path): there are \(data.classNames.count) classes (\(data.classNames.prefix(8).joined(separator: ", "))), the model gives \(width): name them all with --classes, in the model's order"
            )
        }
        schema = source.schema
        schema.split = .whole
        // Numbers of classes are the same in every file; only their names must be kept to.
        if areNumbered, asked == nil { schema.columns.classNames = nil }
        let (network, shape) = (network, source.rowShape)
        func samples(_ part: Dataset) throws -> Samples? {
            part.rows == 0 ? nil : try network.samples(part, images: shape)
        }
        guard let training = try samples(data) else { throw Failure(.badInput, "\(path): there are no rows") }
        return Parts(
            training: training, validation: try samples(source.data.validation), test: try samples(source.data.test))
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
        let data = try? Dataset(csv: try Files.read(path), schema: columns, name: path)
        return Set(data?.labels ?? []).count != 2
    }
}
