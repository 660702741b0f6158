import Graph
import Tensor

// Graphs inside nodes and the model's own functions are lowered in place.
extension Lowering {
    /// A value and what it holds in the file's terms.
    typealias Argument = (value: Value, kind: ONNXTensor.DataType?)

    func argument(_ index: Int) throws -> Argument { (try input(index), kind(index)) }

    /// Lowers a graph of the current node with the given inputs; its outputs.
    func inlined(_ graph: ONNXGraph, _ arguments: [Argument]) throws -> [Argument] {
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
        for (name, argument) in zip(graph.inputs, arguments) { define(name, argument.value, argument.kind) }
        for inner in graph.nodes { try lower(inner) }
        let results = try graph.outputs.map { name -> Argument in (try value(named: name), kind(named: name)) }
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
        for (index, name) in function.inputs.enumerated() {
            guard hasInput(index) else {
                scope.absent.insert(name)
                continue
            }
            let given = try argument(index)
            scope.values[name] = given.value
            scope.kinds[name] = given.kind
        }
        calls.append(function.key)
        scopes.append(scope)
        for inner in function.nodes { try lower(inner) }
        let results = try function.outputs.map { name -> Argument? in
            scopes[scopes.count - 1].absent.contains(name) ? nil : (try value(named: name), kind(named: name))
        }
        scopes.removeLast()
        calls.removeLast()
        restore(caller)
        for (index, result) in results.enumerated() {
            if let result { set(index, result.value, kind: result.kind) }
        }
    }
}
