import Graph
import Tensor

/// Lowers one node after another into a program; operators reach their operands and attributes through it.
final class Lowering {
    typealias Operator = @Sendable (Lowering) throws -> Void

    var builder = ProgramBuilder()
    private(set) var node: ONNXNode
    private(set) var warnings: [String] = []
    /// Initializers that no gradient moves: running statistics.
    private(set) var frozen: Set<String> = []
    let model: ONNXModel
    let mode: ExecutionMode
    private var values: [String: Value] = [:]
    private var initializers: [String: Tensor] = [:]

    init(_ model: ONNXModel, mode: ExecutionMode) {
        self.model = model
        self.mode = mode
        // Replaced before any operator runs.
        node = model.nodes.first ?? ONNXNode(placeholder: "empty graph")
        for (name, tensor) in model.initializers { initializers[name] = tensor }
    }

    /// The version of the node's domain.
    var opset: Int { model.opset(node.domain) }

    func begin(_ node: ONNXNode) {
        self.node = node
        builder.scope = node.name
    }

    func warn(_ text: String) { if !warnings.contains(text) { warnings.append(text) } }

    func refusal(_ message: String) -> ONNXError { ONNXError(node: node.label, message) }

    func freeze(_ index: Int) { if hasInput(index) { frozen.insert(node.inputs[index]) } }

    // MARK: Operands

    func define(_ name: String, _ value: Value) { values[name] = value }

    func hasInput(_ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }

    func input(_ index: Int) throws -> Value {
        guard hasInput(index) else { throw refusal("input \(index) is missing") }
        return try value(named: node.inputs[index])
    }

    func optional(_ index: Int) throws -> Value? { hasInput(index) ? try input(index) : nil }

    func value(named name: String) throws -> Value {
        if let known = values[name] { return known }
        guard let tensor = initializers[name] else {
            throw refusal("reads '\(name)', which nothing before it gives: the graph has a loop or is out of order")
        }
        // Named float tensors can be trained; everything else is fixed.
        let value: Value
        if tensor.type == .float32, tensor.rank > 0 {
            value = try builder.parameter(name, TensorType(.float32, tensor.shape))
        } else {
            value = builder.constant(tensor, name: name)
        }
        values[name] = value
        return value
    }

    /// The content of an operand that must be known before running.
    func tensor(_ index: Int) throws -> Tensor {
        guard hasInput(index) else { throw refusal("input \(index) is missing") }
        let name = node.inputs[index]
        if values[name] == nil, let tensor = initializers[name] { return tensor }
        if let tensor = initializers[name] { return tensor }
        guard let tensor = builder.constant(try value(named: name)) else {
            throw refusal(
                "input \(index) ('\(name)') depends on the data: only shapes that are known before running are supported"
            )
        }
        return tensor
    }

    func integers(_ index: Int) throws -> [Int] {
        let tensor = try tensor(index)
        switch tensor.type {
        case .int64: return tensor.values(as: Int64.self).map(Int.init)
        case .int32: return tensor.values(as: Int32.self).map(Int.init)
        default: throw refusal("input \(index) must be integers")
        }
    }

    func floats(_ index: Int) throws -> [Float] {
        let tensor = try tensor(index)
        guard tensor.type == .float32 else { throw refusal("input \(index) must be floats") }
        return tensor.values(as: Float.self)
    }

    func shape(_ value: Value) -> [Int] { builder.shape(value) }

    func set(_ index: Int, _ value: Value) {
        guard index < node.outputs.count, !node.outputs[index].isEmpty else { return }
        values[node.outputs[index]] = value
    }

    func wantsOutput(_ index: Int) -> Bool { index < node.outputs.count && !node.outputs[index].isEmpty }

    // MARK: Attributes

    func has(_ name: String) -> Bool { node.attributes[name] != nil }

    func int(_ name: String, _ standard: Int) -> Int {
        if case .int(let value) = node.attributes[name] { value } else { standard }
    }

    func float(_ name: String, _ standard: Float) -> Float {
        if case .float(let value) = node.attributes[name] { value } else { standard }
    }

    func text(_ name: String, _ standard: String) -> String {
        if case .text(let value) = node.attributes[name] { value } else { standard }
    }

    func ints(_ name: String) -> [Int]? {
        if case .ints(let values) = node.attributes[name] { values } else { nil }
    }

    func floatList(_ name: String) -> [Float]? {
        switch node.attributes[name] {
        case .floats(let values): return values
        // Trees of double precision carry their numbers as tensors.
        case .tensor(let tensor) where tensor.type == .float32: return tensor.values(as: Float.self)
        default: return nil
        }
    }

    func texts(_ name: String) -> [String]? {
        if case .texts(let values) = node.attributes[name] { values } else { nil }
    }

    /// An axis in 0..<rank from one that may count from the end.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        let positive = axis < 0 ? axis + rank : axis
        guard positive >= 0, positive < rank else {
            throw refusal("the axis \(axis) is outside a tensor of rank \(rank)")
        }
        return positive
    }

    func axes(_ axes: [Int], rank: Int) throws -> [Int] {
        let result = try axes.map { try axis($0, rank: rank) }
        guard Set(result).count == result.count else { throw refusal("the axes \(axes) name one twice") }
        return result.sorted()
    }

    /// Refuses tables of more elements than a network has use for.
    func limit(_ counts: Int...) throws {
        var product = 1
        for count in counts {
            product = product.multipliedReportingOverflow(by: max(0, count)).overflow ? .max : product * max(0, count)
        }
        guard product <= 1 << 26 else { throw refusal("would need a table of \(product) elements") }
    }

    func constant(_ values: [Int]) -> Value { builder.constant(Tensor(values.map(Int64.init), shape: [values.count])) }
}

extension ONNXNode {
    /// Stands where no node has begun yet.
    init(placeholder name: String) {
        self.name = name
        type = ""
        domain = ""
        inputs = []
        outputs = []
        attributes = [:]
    }
}
