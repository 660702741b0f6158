import Graph
import Tensor

// Graphs inside nodes and the model's own functions are lowered in place.
extension Lowering {
    /// A value and what it holds in the file's terms.
    typealias Argument = (value: Value, kind: ONNXTensor.DataType?)

    /// What a name stands for. Sequences and optionals are settled while importing: programs have tensors only.
    enum Held {
        case tensor(Argument)
        case sequence([Argument])
        /// An optional that holds nothing.
        case nothing
    }

    func argument(_ index: Int) throws -> Argument { (try input(index), kind(index)) }

    func held(_ index: Int) throws -> Held {
        guard hasInput(index) else { throw refusal("input \(index) is missing") }
        return try held(named: node.inputs[index])
    }

    private func held(named name: String) throws -> Held {
        if let place = scope(of: name), let collection = scopes[place].collections[name] { return collection }
        return .tensor((try value(named: name), kind(named: name)))
    }

    func set(_ index: Int, _ held: Held) {
        if case .tensor(let argument) = held { return set(index, argument.value, kind: argument.kind) }
        if wantsOutput(index) { define(node.outputs[index], held) }
    }

    private func define(_ name: String, _ held: Held) {
        if case .tensor(let argument) = held { return define(name, argument.value, argument.kind) }
        scopes[scopes.count - 1].values[name] = nil
        scopes[scopes.count - 1].collections[name] = held
    }

    /// The tensor that something is.
    func tensor(_ held: Held) throws -> Argument {
        guard case .tensor(let argument) = held else {
            throw refusal("has a sequence or an optional where a tensor is needed")
        }
        return argument
    }

    /// Lowers a graph of the current node with the given inputs; its outputs.
    func inlined(_ graph: ONNXGraph, _ arguments: [Held]) throws -> [Held] {
        let holder = node
        try spend()
        guard arguments.count <= graph.inputs.count else {
            throw refusal("gives \(arguments.count) values to a graph of \(graph.inputs.count) inputs")
        }
        var scope = Scope(isClosed: false)
        for tensor in graph.initializers {
            scope.initializers[tensor.name] = tensor.tensor
            scope.kinds[tensor.name] = tensor.dataType
        }
        scopes.append(scope)
        for (name, argument) in zip(graph.inputs, arguments) { define(name, argument) }
        for inner in graph.nodes { try lower(inner) }
        let results = try graph.outputs.map { try held(named: $0) }
        scopes.removeLast()
        restore(holder)
        return results
    }

    /// Lowers the nodes of a function in place of the current node, which calls it.
    func call(_ function: ONNXFunction) throws {
        let caller = node
        guard !calls.contains(function.key) else { throw refusal("the function '\(function.key)' calls itself") }
        guard caller.inputs.count <= function.inputs.count else {
            throw refusal("gives \(caller.inputs.count) values to a function of \(function.inputs.count) inputs")
        }
        var scope = Scope(opsets: function.opsets)
        scope.attributes = function.defaults.merging(caller.attributes) { $1 }
        var given: [(name: String, held: Held)] = []
        for (index, name) in function.inputs.enumerated() {
            if hasInput(index) { given.append((name, try held(index))) } else { scope.absent.insert(name) }
        }
        calls.append(function.key)
        scopes.append(scope)
        for (name, held) in given { define(name, held) }
        for inner in function.nodes { try lower(inner) }
        let results = try function.outputs.map { name -> Held? in
            scopes[scopes.count - 1].absent.contains(name) ? nil : try held(named: name)
        }
        scopes.removeLast()
        calls.removeLast()
        restore(caller)
        for (index, result) in results.enumerated() {
            if let result { set(index, result) }
        }
    }

    /// What a plain operator gives for these operands: the fused operators of other tools are made of plain ones.
    func applied(
        _ type: String, _ operands: [Argument?], _ attributes: [String: ONNXNode.Attribute] = [:], outputs: Int = 1
    ) throws -> [Argument] {
        let holder = node
        var scope = Scope(opsets: ["": 21])
        let names = operands.indices.map { operands[$0] == nil ? "" : "operand \($0)" }
        for (name, operand) in zip(names, operands) {
            if let operand { (scope.values[name], scope.kinds[name]) = (operand.value, operand.kind) }
        }
        let results = (0..<outputs).map { "result \($0)" }
        scopes.append(scope)
        try lower(ONNXNode(holder, type: type, inputs: names, outputs: results, attributes: attributes))
        let given = try results.map { name -> Argument in (try value(named: name), kind(named: name)) }
        scopes.removeLast()
        restore(holder)
        return given
    }

    /// The one result of a plain operator for values whose element types say what they hold.
    func applied(
        _ type: String, _ operands: [Value?], _ attributes: [String: ONNXNode.Attribute] = [:]
    ) throws -> Value {
        try applied(type, operands.map { $0.map { ($0, nil) } }, attributes)[0].value
    }
}
