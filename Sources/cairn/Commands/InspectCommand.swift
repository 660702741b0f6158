import Arguments
import Formats
import Graph
import JSON
import Networks
import ONNX
import Tensor

/// `cairn model inspect`: what is in a model or weights file.
enum InspectCommand {
    static let command = Command(
        "inspect",
        "Show what is in a model: an ONNX file's layers with shapes, parameters, FLOPs and memory, or a weights file's tensors.",
        discussion: """
            FLOPs are those of one run: two for every multiplication with its addition, one for every other number. Memory is that of a
            layer's results and of its weights in the file; a run needs less for results, whose places are used again.
            """,
        options: [
            .value("batch", "n", "rows to count for (default: 1, or what the file was exported for)"), Shared.json,
        ],
        positionals: [Positional("file", "an ONNX model, or a weights file")]
    ) { values in
        let console = Shared.console(values)
        let path = values.positionals[0]
        let batch = try values.integer("batch", in: 1...1 << 20)
        guard path.hasSuffix(".onnx") else { return try inspectWeights(path, console) }
        let network = try NetworkFiles.network(path)
        let summary = ModelSummary(network.model, batch: batch)
        let versions = summary.opsets.sorted { $0.key < $1.key }.map {
            "\($0.key.isEmpty ? "ai.onnx" : $0.key) \($0.value)"
        }
        console.say(
            "\(network.name): from \(summary.producer.isEmpty ? "an unnamed tool" : summary.producer), IR \(summary.irVersion), operators of \(versions.joined(separator: ", "))"
        )
        for (title, infos) in [("input", summary.inputs), ("output", summary.outputs)] {
            for info in infos { console.say("  \(title) \(info.name): \(info.description)") }
        }
        console.say()
        for line in table(summary) { console.say(line) }
        console.say()
        for line in totals(summary) { console.say(line) }
        for layer in summary.layers {
            if let problem = layer.problem { console.say("cannot run: \(layer.name) (\(layer.type)): \(problem)") }
        }
        if let problem = summary.problem, summary.layers.allSatisfy({ $0.problem == nil }) {
            console.say("cannot run: \(problem)")
        }
        for warning in summary.warnings { console.say("note: \(warning)") }
        console.finish(json(summary))
    }

    private static func table(_ summary: ModelSummary) -> [String] {
        var rows = [["layer", "operator", "output shape", "parameters", "FLOPs", "memory"]]
        for layer in summary.layers {
            let shapes = layer.outputs?.map { "\($0.shape)" }.joined(separator: " ")
            rows.append([
                layer.name, layer.type, shapes ?? (layer.problem == nil ? "?" : "cannot run"),
                layer.parameters == 0 ? "" : grouped(layer.parameters), layer.operations.map(grouped) ?? "?",
                layer.outputs == nil ? "?" : grouped(layer.outputBytes + layer.weightBytes),
            ])
        }
        rows.append([
            "total", "\(summary.layers.count) layers", "", grouped(summary.parameterCount),
            summary.cost.map { grouped($0.operations) } ?? "?", grouped(summary.outputBytes + summary.weightBytes),
        ])
        return aligned(rows, right: [3, 4, 5])
    }

    private static func totals(_ summary: ModelSummary) -> [String] {
        var lines = [
            "parameters: \(grouped(summary.parameterCount))"
                + (summary.trainableCount.map { ", of which training moves \(grouped($0))" } ?? "")
                + "; \(grouped(summary.weightBytes)) bytes in the file"
        ]
        if let cost = summary.cost {
            lines.append(
                "FLOPs: \(grouped(cost.operations)) for \(summary.batch) row\(summary.batch == 1 ? "" : "s"); a run holds \(grouped(cost.memoryBytes)) bytes of memory"
            )
        }
        return lines
    }

    private static func json(_ summary: ModelSummary) -> JSON {
        func type(_ type: TensorType) -> JSON {
            ["type": .string(type.element.name), "shape": .array(type.shape.map { JSON($0) })]
        }
        func described(_ infos: [ONNXModel.ValueInfo]) -> JSON {
            .array(infos.map { ["name": .string($0.name), "type": .string($0.description)] })
        }
        let layers = summary.layers.map { layer -> JSON in
            [
                "name": .string(layer.name), "operator": .string(layer.type),
                "outputs": layer.outputs.map { .array($0.map(type)) } ?? .null, "parameters": JSON(layer.parameters),
                "flops": layer.operations.map { JSON($0) } ?? .null, "outputBytes": JSON(layer.outputBytes),
                "weightBytes": JSON(layer.weightBytes), "problem": layer.problem.map { .string($0) } ?? .null,
            ]
        }
        return [
            "producer": .string(summary.producer), "batch": JSON(summary.batch), "inputs": described(summary.inputs),
            "outputs": described(summary.outputs), "layers": .array(layers), "parameters": JSON(summary.parameterCount),
            "trainable": summary.trainableCount.map { JSON($0) } ?? .null,
            "flops": summary.cost.map { JSON($0.operations) } ?? .null, "outputBytes": JSON(summary.outputBytes),
            "weightBytes": JSON(summary.weightBytes),
            "runBytes": summary.cost.map { JSON($0.memoryBytes) } ?? .null,
            "unsupported": .array(summary.unsupportedOperators.map { .string($0) }),
            "problem": summary.problem.map { .string($0) } ?? .null,
            "notes": .array(summary.warnings.map { .string($0) }),
        ]
    }

    private static func inspectWeights(_ path: String, _ console: Console) throws {
        let file = try WeightsFile(path: path)
        console.say("\(path): \(file.format), \(file.tensors.count) tensors")
        var rows: [[String]] = []
        var list = JSONObject()
        for tensor in file.tensors {
            rows.append([tensor.name, "\(tensor.type)", "\(tensor.shape)", grouped(tensor.count)])
            list[tensor.name] = [
                "type": .string(tensor.type.description), "shape": .array(tensor.shape.map { JSON($0) }),
            ]
        }
        for line in aligned(rows, right: [3]) { console.say(line) }
        let count = file.tensors.reduce(0) { $0 + $1.count }
        console.say("\(grouped(count)) numbers")
        console.finish(["format": .string(file.format), "tensors": .object(list), "numbers": JSON(count)])
    }

    /// Lines of columns, as wide as their widest entry.
    private static func aligned(_ rows: [[String]], right: Set<Int>) -> [String] {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, text in
                let blanks = String(repeating: " ", count: widths[column] - text.count)
                return right.contains(column) ? blanks + text : text + blanks
            }
            let line = "  " + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// A number with its thousands apart.
    private static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3) { text = "," + text }
            text = String(digit) + text
        }
        return text
    }
}

extension ONNXModel.ValueInfo {
    /// Such as `float32[N, 3, 28, 28]`.
    fileprivate var description: String {
        let axes = shape?.map { dimension in
            switch dimension {
            case .size(let size): "\(size)"
            case .name(let name): name
            case .unknown: "?"
            }
        }
        return (element?.name ?? "not supported") + "[" + (axes?.joined(separator: ", ") ?? "...") + "]"
    }
}
