import Arguments
import Bytes
import Datasets
import Graph
import Networks
import Storage
import Tensor
import Training

/// Reading examples for a network: CSV, images, arrays, text.
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

    let network: Network
    let values: Values
    /// The loss that was named, or that the first file settled.
    private(set) var loss: Loss?
    private var classNames: [String]?
    private var vocabulary: [Unicode.Scalar]?
    /// The schema with all that the first data settled; the next ones are read with it.
    private(set) var schema: DataSchema?
    /// The further parts of data that are divided, or were divided by `--split`.
    private(set) var validation: Samples?
    private(set) var test: Samples?

    init(_ network: Network, _ values: Values) throws {
        self.network = network
        self.values = values
        loss = try values.choice("loss", of: Loss.allCases.map(\.rawValue)).flatMap(Loss.init(rawValue:))
        classNames = values.string("classes").map { $0.split(separator: ",").map(String.init) }
    }

    /// The examples in a file. The first file settles what classes or characters there are; the next ones must keep to it.
    mutating func read(_ path: String) throws -> Samples {
        let samples: Samples
        if DataSource.recognises(path) || path.hasSuffix(".csv.gz")
            || path.hasSuffix(".csv") && DataOptions.areGiven(values)
        {
            samples = try source(path)
            if loss == nil { loss = try network.suggestedLoss(classes: true, output: values.string("output")) }
            return samples
        }
        let bytes = try Files.read(path)
        if path.hasSuffix(".npz") {
            samples = try network.samples(try NetworkFiles.arrays(path), name: path)
        } else if path.hasSuffix(".txt") {
            let corpus = try TextCorpus(bytes, vocabulary: vocabulary, name: path)
            vocabulary = corpus.vocabulary
            samples = try network.samples(corpus, context: try values.integer("context", in: 1...1_000_000))
        } else if path.hasSuffix(".csv") {
            samples = try table(bytes, path)
        } else {
            throw Failure(.badInput, "\(path): data are read from \(Self.kinds)")
        }
        if loss == nil {
            let classes = samples.target.type == .int64
            loss = try network.suggestedLoss(classes: classes, output: values.string("output"))
        }
        return samples
    }

    private mutating func table(_ bytes: [UInt8], _ path: String) throws -> Samples {
        let target = values.string("target") ?? "target"
        if try holdsNumbers(bytes, target, path) {
            let header = try NumberTable(csv: bytes, name: path)
            let targets = header.columns.contains(target) ? [target] : target.split(separator: ",").map(String.init)
            return try network.samples(header, targets: targets)
        }
        let schema = CSVSchema(target: target, classNames: classNames)
        let data = try Dataset(csv: bytes, schema: schema, name: path)
        try settleClasses(data, path)
        return try network.samples(data)
    }

    /// Labelled rows by a schema: its training part; the others are kept aside.
    private mutating func source(_ path: String) throws -> Samples {
        switch loss {
        case nil, .crossEntropy, .negativeLogLikelihood, .binaryCrossEntropy: break
        case .meanSquaredError, .huber:
            throw Failure(
                .badInput, "\(path): is read with its classes, which the loss \(loss?.rawValue ?? "") does not judge")
        }
        let isFirst = schema == nil
        let found = try DataSource.open(path, schema: try self.schema(values))
        try settleClasses(found.data.training, path)
        if isFirst {
            var next = found.schema
            next.split = .whole
            schema = next
            if found.data.validation.rows > 0 { validation = try network.samples(found.data.validation) }
            if found.data.test.rows > 0 { test = try network.samples(found.data.test) }
        }
        return try network.samples(found.data.training)
    }

    /// What the first data settled, else what was typed.
    private func schema(_ values: Values) throws -> DataSchema {
        if let schema { return schema }
        return try DataOptions.schema(values, classNames: classNames)
    }

    /// Classes with names of their own must be as many as the model gives; the next files keep to them.
    private mutating func settleClasses(_ data: Dataset, _ path: String) throws {
        let target = values.string("target") ?? "target"
        let width = try network.outputWidth(values.string("output"))
        let areNumbered = data.classNames.allSatisfy { Int($0) != nil }
        if classNames == nil, !areNumbered, width > 1, data.classNames.count != width {
            throw Failure(
                .badInput,
                "\(path), column '\(target)': there are \(data.classNames.count) classes (\(data.classNames.prefix(8).joined(separator: ", "))), the model gives \(width): name them all with --classes, in the model's order"
            )
        }
        classNames = classNames ?? (areNumbered ? nil : data.classNames)
    }

    /// Whether the target is to be read as numbers: when the loss says so, or one output meets more than two values.
    private func holdsNumbers(_ bytes: [UInt8], _ target: String, _ path: String) throws -> Bool {
        switch loss {
        case .crossEntropy, .negativeLogLikelihood: return false
        case .meanSquaredError, .huber: return true
        case .binaryCrossEntropy: return target.contains(",")
        case nil: break
        }
        guard classNames == nil, !network.givesLabels, try network.outputWidth(values.string("output")) == 1 else {
            return target.contains(",") && classNames == nil
        }
        let values = try? Dataset(csv: bytes, schema: CSVSchema(target: target), name: path)
        return Set(values?.labels ?? []).count != 2
    }
}
