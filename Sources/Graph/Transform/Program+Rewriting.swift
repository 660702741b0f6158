extension Program {
    /// The same program with other nodes in the place of some.
    ///
    /// - Parameter replacement: for a node of this program and its operands in the new one, the value that takes its place, or nil to
    ///   keep it. Outputs, updates and derivative rules move to the new values.
    package func rewritten(
        _ replacement: (inout ProgramBuilder, Node, _ operands: [Value]) throws(ProgramError) -> Value?
    ) throws(ProgramError) -> Program {
        var builder = ProgramBuilder()
        var moved: [Value] = []
        moved.reserveCapacity(nodes.count)
        for node in nodes {
            let operands = node.operands.map { moved[$0.index] }
            if let value = try replacement(&builder, node, operands) {
                moved.append(value)
                continue
            }
            switch node.operation {
            case .input: moved.append(try builder.input(node.name, node.type))
            case .parameter: moved.append(try builder.parameter(node.name, node.type))
            case .constant(let tensor): moved.append(builder.constant(tensor, name: node.name))
            default: moved.append(try builder.append(node.operation, operands, name: node.name))
            }
        }
        for output in outputs { builder.output(output.name, moved[output.value.index]) }
        for update in updates { try builder.update(moved[update.parameter.index], to: moved[update.value.index]) }
        for derivative in derivatives { builder.derive(derivative.moved { moved[$0.index] }) }
        return builder.finish()
    }
}

extension Derivative {
    /// The rule with every value replaced.
    fileprivate func moved(_ place: (Value) -> Value) -> Derivative {
        switch self {
        case .softmax(let result, let logits): .softmax(result: place(result), logits: place(logits))
        case .crossEntropy(let result, let logits, let labels, let exponentials, let sums):
            .crossEntropy(
                result: place(result), logits: place(logits), labels: place(labels), exponentials: place(exponentials),
                sums: place(sums))
        }
    }
}
