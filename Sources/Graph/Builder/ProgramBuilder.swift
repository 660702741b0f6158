package import Tensor

/// Builds a program node by node, checking types as it goes.
///
/// ```swift
/// var builder = ProgramBuilder()
/// let x = try builder.input("x", TensorType(.float32, [32, 64]))
/// let w = try builder.parameter("w", TensorType(.float32, [64, 10]))
/// builder.output("y", try builder.matmul(x, w))
/// let program = builder.finish()
/// ```
///
/// Operations on small integer and boolean constants are computed at once, so that a sub-graph of shape arithmetic
/// leaves no trace. Errors name the node; `scope` is put before every automatic name.
package struct ProgramBuilder: Sendable {
    package private(set) var nodes: [Node] = []
    private var outputs: [Program.Output] = []
    private var updates: [Program.Update] = []
    private(set) var derivatives: [Derivative] = []
    private var names: Set<String> = []
    /// Prefix of automatic names, such as the name of the imported node that is being lowered.
    package var scope = ""

    /// Results of at most this many elements are folded.
    private static let foldingLimit = 1 << 16

    package init() {}

    /// Continues an existing program; its values keep their numbers.
    package init(continuing program: Program) {
        nodes = program.nodes
        outputs = program.outputs
        updates = program.updates
        derivatives = program.derivatives
        names = Set(program.nodes.map(\.name))
    }

    package func type(_ value: Value) -> TensorType { nodes[value.index].type }
    package func shape(_ value: Value) -> [Int] { nodes[value.index].type.shape }

    /// The constant that a value is, if it is one.
    package func constant(_ value: Value) -> Tensor? {
        if case .constant(let tensor) = nodes[value.index].operation { tensor } else { nil }
    }

    // MARK: Sources and results

    package mutating func input(_ name: String, _ type: TensorType) throws(ProgramError) -> Value {
        try source(.input, name, type)
    }

    package mutating func parameter(_ name: String, _ type: TensorType) throws(ProgramError) -> Value {
        try source(.parameter, name, type)
    }

    package mutating func constant(_ tensor: Tensor, name: String? = nil) -> Value {
        insert(.constant(tensor), [], TensorType(tensor.type, tensor.shape), name)
    }

    package mutating func scalar(_ value: Float) -> Value { constant(Tensor([value], shape: [])) }

    package mutating func output(_ name: String, _ value: Value) {
        outputs.append(Program.Output(name: name, value: value))
    }

    /// Replaces the outputs that have been named so far.
    package mutating func clearOutputs() { outputs = [] }

    /// Gives `parameter` the value `value` when a run ends.
    package mutating func update(_ parameter: Value, to value: Value) throws(ProgramError) {
        guard case .parameter = nodes[parameter.index].operation, type(parameter) == type(value) else {
            throw ProgramError(
                node: nodes[parameter.index].name,
                "cannot be updated by \(type(value)): it must be a parameter of that type, and is \(type(parameter))")
        }
        updates.append(Program.Update(parameter: parameter, value: value))
    }

    mutating func derive(_ derivative: Derivative) { derivatives.append(derivative) }

    package func finish() -> Program {
        Program(nodes: nodes, outputs: outputs, updates: updates, derivatives: derivatives)
    }

    // MARK: Operations

    /// Appends an operation after checking it against the types of its operands.
    package mutating func append(
        _ operation: Operation, _ operands: [Value], name: String? = nil
    ) throws(ProgramError) -> Value {
        let types = operands.map { nodes[$0.index].type }
        let result: TensorType
        do {
            result = try TypeInference.result(of: operation, types)
        } catch {
            throw ProgramError(node: name ?? freshName(operation), error.message)
        }
        if let folded = fold(operation, operands, result) {
            return constant(folded, name: name)
        }
        return insert(operation, operands, result, name)
    }

    private mutating func source(
        _ operation: Operation, _ name: String, _ type: TensorType
    ) throws(ProgramError) -> Value {
        guard !names.contains(name) else { throw ProgramError(node: name, "the name is taken") }
        guard type.shape.allSatisfy({ $0 >= 0 }),
            type.shape.reduce(1.0, { $0 * Double($1) }) <= Double(TypeInference.largestCount)
        else { throw ProgramError(node: name, "the shape \(type.shape) cannot be") }
        return insert(operation, [], type, name)
    }

    private mutating func insert(
        _ operation: Operation, _ operands: [Value], _ type: TensorType, _ name: String?
    ) -> Value {
        var unique = name ?? freshName(operation)
        if names.contains(unique) { unique = "\(unique)#\(nodes.count)" }
        names.insert(unique)
        nodes.append(Node(name: unique, operation: operation, operands: operands, type: type))
        return Value(nodes.count - 1)
    }

    private func freshName(_ operation: Operation) -> String {
        scope.isEmpty ? "\(operation.name)_\(nodes.count)" : "\(scope)/\(operation.name)_\(nodes.count)"
    }

    /// The result as a constant when the operation is integer or boolean bookkeeping over constants.
    private func fold(_ operation: Operation, _ operands: [Value], _ type: TensorType) -> Tensor? {
        guard !operands.isEmpty, type.count <= Self.foldingLimit else { return nil }
        var tensors: [Tensor] = []
        for operand in operands {
            guard let tensor = constant(operand), tensor.count <= Self.foldingLimit else { return nil }
            tensors.append(tensor)
        }
        let bookkeeping = type.element != .float32 || type.count <= 64
        guard bookkeeping else { return nil }
        return try? ReferenceExecutor.evaluate(operation, tensors, type)
    }
}
