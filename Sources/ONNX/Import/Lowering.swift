import Graph
import Tensor

/// Lowers one node after another into a program; operators reach their operands and attributes through it.
final class Lowering {
    typealias Operator = @Sendable (Lowering) throws -> Void

    /// The names that a graph or a function sees.
    struct Scope {
        var values: [String: Value] = [:]
        /// What a value holds in the file's terms, where its element type does not say it.
        var kinds: [String: ONNXTensor.DataType] = [:]
        /// What is no tensor.
        var collections: [String: Held] = [:]
        var initializers: [String: Tensor] = [:]
        /// A function sees nothing of its caller; a branch or a body sees the graph around it.
        var isClosed = true
        var opsets: [String: Int] = [:]
        /// What the caller of a function gives for the attributes that its nodes refer to.
        var attributes: [String: ONNXNode.Attribute] = [:]
        /// Inputs of a function that its caller leaves out.
        var absent: Set<String> = []
    }

    var builder = ProgramBuilder()
    private(set) var node: ONNXNode
    private(set) var warnings: [String] = []
    /// Initializers that no gradient moves: running statistics.
    private(set) var frozen: Set<String> = []
    let model: ONNXModel
    let mode: ExecutionMode
    var scopes: [Scope]
    /// Keys of the functions that are being lowered.
    var calls: [String] = []
    /// Nodes lowered so far, those of unrolled bodies each time.
    private var count = 0
    var knownTensors: [Value: Tensor] = [:]
    /// Elements that were worked out to know them.
    var evaluated = 0
    /// Set where the file was exported for other rows.
    var rebinding: BatchRebinding?

    /// Nodes that a model may have after unrolling.
    private static let nodeLimit = 1 << 18

    init(_ model: ONNXModel, mode: ExecutionMode) {
        self.model = model
        self.mode = mode
        // Replaced before any operator runs.
        node = model.nodes.first ?? ONNXNode(before: "the first node")
        var scope = Scope(kinds: model.kinds, opsets: model.opsets)
        for (name, tensor) in model.initializers { scope.initializers[name] = tensor }
        scopes = [scope]
    }

    /// The version of the node's domain.
    var opset: Int { version(of: node.domain) }

    func version(of domain: String) -> Int {
        let opsets = scopes.last { $0.isClosed }?.opsets ?? [:]
        return opsets[domain] ?? (domain.isEmpty ? 18 : 1)
    }

    /// Lowers a node: an operator, or a call of one of the model's functions.
    func lower(_ next: ONNXNode) throws {
        guard scopes.count == 1, var rebinding else { return try lowerAsWritten(next) }
        node = next
        try lowerAsWritten(try rebound(next, rebinding))
        try settle(next, &rebinding)
        self.rebinding = rebinding
    }

    private func lowerAsWritten(_ next: ONNXNode) throws {
        try spend()
        node = resolved(next)
        builder.scope = node.name
        guard let lower = Operators.table[Operators.key(node)] else {
            guard let function = model.functions[Operators.key(node)] else { throw refusal("is not supported") }
            return try call(function)
        }
        try refuseTexts()
        try lower(self)
        try settle(node)
    }

    /// Counts a node, or a turn of a loop, which may have none.
    func spend() throws {
        count += 1
        guard count <= Self.nodeLimit else {
            throw refusal("the graph unrolls to more than \(Self.nodeLimit) nodes")
        }
    }

    /// The node with the attributes that it takes from the caller of its function.
    private func resolved(_ node: ONNXNode) -> ONNXNode {
        var attributes = node.attributes
        for (name, attribute) in attributes {
            if case .reference(let source) = attribute {
                attributes[name] = scopes.last { $0.isClosed }?.attributes[source]
            }
        }
        let absent = scopes.last { $0.isClosed }?.absent ?? []
        return ONNXNode(node, inputs: node.inputs.map { absent.contains($0) ? "" : $0 }, attributes: attributes)
    }

    func warn(_ text: String) { if !warnings.contains(text) { warnings.append(text) } }

    func refusal(_ message: String) -> ONNXError { ONNXError(node: node.label, message) }

    /// A refusal of what would be known if the inputs were.
    func dependence(_ message: String) -> ONNXError { ONNXError(node: node.label, dependsOnData: true, message) }

    /// An error of whatever kind, as one that names the node.
    func named(_ error: any Error) -> ONNXError {
        switch error {
        case let error as ONNXError: error
        case let error as ProgramError: refusal("\(error.message) (\(error.node))")
        default: refusal("\(error)")
        }
    }

    /// After an error: back to the model's own graph, as if the node were not there.
    func abandonNode() {
        scopes.removeLast(scopes.count - 1)
        calls = []
    }

    /// Takes an operand that is a parameter out of what gradients move.
    func freeze(_ index: Int) throws {
        guard let value = try optional(index) else { return }
        if case .parameter = builder.nodes[value.index].operation { frozen.insert(builder.nodes[value.index].name) }
    }

    /// After a branch, a body or a function: back to the node that holds it.
    func restore(_ node: ONNXNode) {
        self.node = node
        builder.scope = node.name
    }

    // MARK: Operands

    func define(_ name: String, _ value: Value, _ kind: ONNXTensor.DataType? = nil) {
        scopes[scopes.count - 1].collections[name] = nil
        scopes[scopes.count - 1].values[name] = value
        scopes[scopes.count - 1].kinds[name] = kind
    }

    func hasInput(_ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }

    func input(_ index: Int) throws -> Value {
        guard hasInput(index) else { throw refusal("input \(index) is missing") }
        return try value(named: node.inputs[index])
    }

    func optional(_ index: Int) throws -> Value? { hasInput(index) ? try input(index) : nil }

    func knows(_ name: String) -> Bool { scope(of: name) != nil }

    /// The type of what a name stands for; nil for what is no tensor.
    func tensorType(named name: String) throws -> TensorType? {
        if let place = scope(of: name), scopes[place].collections[name] != nil { return nil }
        return builder.type(try value(named: name))
    }

    /// The innermost scope that knows a name.
    func scope(of name: String) -> Int? {
        for index in scopes.indices.reversed() {
            let scope = scopes[index]
            if scope.values[name] != nil || scope.initializers[name] != nil || scope.collections[name] != nil {
                return index
            }
            if scopes[index].isClosed { return nil }
        }
        return nil
    }

    func value(named name: String) throws -> Value {
        guard let index = scope(of: name) else {
            throw refusal("reads '\(name)', which nothing before it gives: the graph has a loop or is out of order")
        }
        if let known = scopes[index].values[name] { return known }
        guard scopes[index].collections[name] == nil else {
            throw refusal("'\(name)' is a sequence or an optional where a tensor is needed")
        }
        let tensor = scopes[index].initializers[name] ?? Tensor(shape: [0], type: .float32)
        // Named float tensors of the model's own graph can be trained; everything else is fixed.
        let value: Value
        if index == 0, tensor.type == .float32, tensor.rank > 0 {
            value = try builder.parameter(name, TensorType(.float32, tensor.shape))
            knownTensors[value] = tensor
        } else {
            value = builder.constant(tensor, name: index == 0 ? name : nil)
        }
        scopes[index].values[name] = value
        return value
    }

    /// What an operand holds in the file's terms; nil where its element type says it.
    func kind(_ index: Int) -> ONNXTensor.DataType? {
        hasInput(index) ? kind(named: node.inputs[index]) : nil
    }

    func kind(named name: String) -> ONNXTensor.DataType? { scope(of: name).flatMap { scopes[$0].kinds[name] } }

    /// The content of an operand that must be known before running.
    func tensor(_ index: Int) throws -> Tensor {
        // One that only decides a shape or a place is no weight of the program.
        if hasInput(index), let place = scope(of: node.inputs[index]),
            let tensor = scopes[place].initializers[node.inputs[index]]
        {
            return tensor
        }
        guard let tensor = try known(try input(index)) else {
            throw dependence(
                "input \(index) ('\(node.inputs[index])') depends on the data: only what is known before running is supported"
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

    func set(_ index: Int, _ value: Value) { set(index, value, kind: nil) }

    func set(_ index: Int, _ value: Value, kind: ONNXTensor.DataType?) {
        guard wantsOutput(index) else { return }
        define(node.outputs[index], value, kind)
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
        case .tensor(let content) where content.tensor.type == .float32: return content.tensor.values(as: Float.self)
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
    func limit(_ counts: Int...) throws { try limit(counts) }

    func limit(_ counts: [Int]) throws {
        var product = 1
        for count in counts {
            // An axis of no elements must not hide the others.
            product = product.multipliedReportingOverflow(by: max(1, count)).overflow ? .max : product * max(1, count)
        }
        guard product <= 1 << 25 else { throw refusal("would need a table of \(product) elements") }
    }

    func graph(_ name: String) throws -> ONNXGraph {
        guard case .graph(let graph) = node.attributes[name] else { throw refusal("has no graph '\(name)'") }
        return graph
    }

    func constant(_ values: [Int]) -> Value { builder.constant(Tensor(values.map(Int64.init), shape: [values.count])) }
}

extension ONNXNode {
    /// What a lowering is at before any node has begun.
    init(before name: String) {
        self.name = name
        type = ""
        domain = ""
        inputs = []
        outputs = []
        attributes = [:]
    }

    /// The same node with other inputs and attributes.
    init(_ node: ONNXNode, inputs: [String], attributes: [String: Attribute]) {
        name = node.name
        type = node.type
        domain = node.domain
        self.inputs = inputs
        outputs = node.outputs
        self.attributes = attributes
    }

    /// A plain operator as a part of a node, whose name it keeps.
    init(_ node: ONNXNode, type: String, inputs: [String], outputs: [String], attributes: [String: Attribute]) {
        name = node.name
        self.type = type
        domain = ""
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
    }
}
