package import Tensor

extension Program {
    /// This program with parameters fixed at the given values, by name, so that a session computes whatever depends on them alone
    /// once, when it is made, and arranges weights for the kernels that read them.
    ///
    /// Gives the same outputs to the bit. For inference: a parameter that the program updates stays one, and so does one whose value
    /// is missing or of another type.
    package func freezing(_ parameters: [String: Tensor]) -> Program {
        let moving = Set(updates.map(\.parameter.index))
        var nodes = nodes
        for (index, node) in nodes.enumerated() {
            guard case .parameter = node.operation, !moving.contains(index), let tensor = parameters[node.name],
                TensorType(tensor.type, tensor.shape) == node.type
            else { continue }
            nodes[index] = Node(name: node.name, operation: .constant(tensor), operands: [], type: node.type)
        }
        return Program(nodes: nodes, outputs: outputs, updates: updates, derivatives: derivatives)
    }
}
