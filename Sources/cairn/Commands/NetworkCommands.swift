import Arguments
import Datasets
import Graph
import JSON
import Networks
import Storage
import Tensor

/// `cairn predict`, `cairn gradients`: a network file and data, no chain.
enum NetworkCommands {
    static let predict = Command(
        "predict", "Ask an ONNX model about the rows of a CSV, the arrays of an .npz, or images.",
        options: [
            NetworkFiles.model, NetworkFiles.adapters,
            .value(
                "input", "path", "a .csv, a .png or folder of them, MNIST's idx, or .npz with an array for each input"),
            .value("out", "file", "out.csv or out.npz (default: printed)"),
            .value("target", "column", "columns of a CSV that are no input, if it has them (default: target)"),
            .value("classes", "names", "class names in the model's order: adds a column with the most probable one"),
        ] + DataOptions.options + [NetworkFiles.threads, Shared.json]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.adapted(values)
        let (path, threads) = (try values.required("input"), try NetworkFiles.threads(values))
        let schema = try DataOptions.schema(values, trainedAs: network.name, console)
        let results: [(name: String, tensor: Tensor)]
        if path.hasSuffix(".npz") {
            results = try network.predict(try NetworkFiles.arrays(path), threads: threads)
        } else {
            let table = try DataSource.questions(path, schema: schema)
            results = try network.predict(
                features: table.numbers, rows: table.rows, areImages: !path.hasSuffix(".csv"), threads: threads)
        }
        let labels = try schema.columns.classNames.flatMap { names in
            // Names out of a schema are written where there is a place for them; names that were asked for must fit.
            if values.string("classes") != nil { return try NetworkFiles.labels(results, names) }
            return values.string("out")?.hasSuffix(".csv") ?? true ? try? NetworkFiles.labels(results, names) : nil
        }
        if let out = values.string("out") {
            try NetworkFiles.write(results, labels: labels, to: out)
            console.say("\(out): \(results.map { "\($0.name) \($0.tensor.shape)" }.joined(separator: ", "))")
        } else {
            for (name, tensor) in results { console.say("\(name) \(tensor.shape): \(first(of: tensor))") }
            if let labels { console.say("class: \(labels.prefix(10).joined(separator: ", "))") }
        }
        console.finish(["outputs": NetworkFiles.shapes(results)])
    }

    static let gradients = Command(
        "gradients", "The loss and the gradients of a model's weights on one batch, as arrays named grad/NAME.",
        options: [
            NetworkFiles.model, .value("input", "file", "in.npz with an array for each input, and 'target'"),
            .value("loss", "name", Loss.allCases.map(\.rawValue).joined(separator: ", "), default: "cross-entropy"),
            .value("output", "name", "the output that is judged (default: the first of floats)"),
            .flag("train", "batch statistics and dropout as in training"), .value("out", "file", "grads.npz"),
            NetworkFiles.threads,
            Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.network(values)
        let (input, out) = (try values.required("input"), try values.required("out"))
        guard input.hasSuffix(".npz") else {
            throw values.error(
                "--input is '\(input)'; it takes an .npz file with an array for each input, and 'target'")
        }
        let results = try network.gradients(
            try NetworkFiles.arrays(input), loss: try loss(values),
            output: values.string("output"),
            isTraining: values.flag("train"), threads: try NetworkFiles.threads(values))
        try NetworkFiles.write(results, to: out)
        let value = results.first { $0.name == "loss" }?.tensor.values(as: Float.self).first ?? 0
        console.say("loss \(value); \(results.count - 1) gradients in \(out)")
        console.finish(["loss": .double(Double(value)), "outputs": NetworkFiles.shapes(results)])
    }

    static func loss(_ values: Values) throws -> Loss {
        let name = try values.choice("loss", of: Loss.allCases.map(\.rawValue)) ?? Loss.crossEntropy.rawValue
        return Loss(rawValue: name) ?? .crossEntropy
    }

    private static func first(of tensor: Tensor) -> String {
        switch tensor.type {
        case .float32: "\(tensor.values(as: Float.self).prefix(10))"
        case .int64: "\(tensor.values(as: Int64.self).prefix(10))"
        default: "\(tensor.type)"
        }
    }
}
