import Arguments
import Formats
import Graph
import JSON
import Networks
import ONNX
import Storage
import Tensor

/// `cairn predict`, `cairn gradients`, `cairn convert`, `cairn model inspect`: a network file and data, no chain.
enum NetworkCommands {
    static let predict = Command(
        "predict", "Ask an ONNX model about the rows of a CSV file or the arrays of an .npz file.",
        options: [
            NetworkFiles.model, .value("input", "file", "data.csv, or in.npz with an array for each input"),
            .value("out", "file", "out.csv or out.npz (default: printed)"), NetworkFiles.target, NetworkFiles.threads,
            Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.network(values)
        let (path, threads) = (try values.required("input"), try NetworkFiles.threads(values))
        let results: [(name: String, tensor: Tensor)]
        if path.hasSuffix(".npz") {
            results = try network.predict(try NetworkFiles.arrays(path), threads: threads)
        } else {
            let table = try FeatureTable(
                csv: try Files.read(path), target: values.string("target") ?? "target", name: path)
            results = try network.predict(features: table.features, rows: table.rows, threads: threads)
        }
        if let out = values.string("out") {
            try NetworkFiles.write(results, to: out)
            console.say("\(out): \(results.map { "\($0.name) \($0.tensor.shape)" }.joined(separator: ", "))")
        } else {
            for (name, tensor) in results { console.say("\(name) \(tensor.shape): \(first(of: tensor))") }
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
        let results = try network.gradients(
            try NetworkFiles.arrays(try values.required("input")), loss: try loss(values),
            output: values.string("output"),
            isTraining: values.flag("train"), threads: try NetworkFiles.threads(values))
        let out = try values.required("out")
        try NetworkFiles.write(results, to: out)
        let value = results.first { $0.name == "loss" }?.tensor.values(as: Float.self).first ?? 0
        console.say("loss \(value); \(results.count - 1) gradients in \(out)")
        console.finish(["loss": .double(Double(value)), "outputs": NetworkFiles.shapes(results)])
    }

    static let convert = Command(
        "convert", "Take the weights out of a model file, or put weights into one.",
        discussion: """
            From .onnx, .npz or .safetensors to .npz or .safetensors; to .onnx the weights go into a copy of --into, which stays
            the same byte for byte outside them.
            """,
        options: [.value("into", "file", "the ONNX model that takes the weights"), Shared.json],
        positionals: [Positional("input", "the file that has the weights"), Positional("output", "the file to write")]
    ) { values in
        let console = Shared.console(values)
        let (input, output) = (values.positionals[0], values.positionals[1])
        let weights: [(name: String, tensor: Tensor)]
        if input.hasSuffix(".onnx") {
            weights = try NetworkFiles.network(input).model.initializers
        } else if input.hasSuffix(".safetensors") {
            weights = try SafeTensors.read(try Files.read(input), name: input).tensors
        } else {
            weights = try Npz.read(try Files.read(input), name: input)
        }
        if output.hasSuffix(".onnx") {
            let network = try NetworkFiles.network(try values.required("into"))
            var floats: [String: Tensor] = [:]
            for (name, tensor) in weights where tensor.type == .float32 { floats[name] = tensor }
            try Files.write(try network.model.bytes(replacing: floats), to: output)
        } else if output.hasSuffix(".safetensors") {
            try Files.write(SafeTensors.write(weights), to: output)
        } else {
            try Files.write(Npz.write(weights), to: output)
        }
        console.say("\(output): \(weights.count) tensors")
        console.finish(["tensors": NetworkFiles.shapes(weights)])
    }

    static let inspect = Command(
        "inspect", "Show an ONNX file's layers, shapes, parameters, cost, and what is not supported in it.",
        options: [.value("batch", "n", "rows to count for", default: "1"), Shared.json],
        positionals: [Positional("file", "an ONNX model")]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.network(values.positionals[0])
        let batch = try values.integer("batch", in: 1...1 << 20) ?? 1
        let summary = ModelSummary(network.model, batch: batch)
        console.say(
            "\(network.name): from \(summary.producer), IR \(summary.irVersion), operator sets \(summary.opsets)")
        for layer in summary.layers {
            let shapes = layer.outputs?.map(\.description).joined(separator: ", ") ?? "?"
            console.say(
                "  \(layer.type)  \(layer.name)  \(shapes)  \(layer.parameters == 0 ? "" : "\(layer.parameters) parameters")"
            )
        }
        console.say("\(summary.parameterCount) parameters")
        if let cost = summary.cost {
            console.say("\(cost.operations) operations and \(cost.memoryBytes) bytes of memory for \(batch) rows")
        }
        for warning in summary.warnings { console.say("note: \(warning)") }
        if let problem = summary.problem { console.say("cannot run: \(problem)") }
        console.finish([
            "parameters": .integer(Int64(summary.parameterCount)), "layers": .integer(Int64(summary.layers.count)),
            "operations": summary.cost.map { .integer(Int64($0.operations)) } ?? .null,
            "memoryBytes": summary.cost.map { .integer(Int64($0.memoryBytes)) } ?? .null,
            "unsupported": .array(summary.unsupportedOperators.map { .string($0) }),
        ])
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
