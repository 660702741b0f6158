package import Tensor

extension Program {
    /// This program with what only arranges or scales constants computed, such as compressed weights, so that a session neither keeps
    /// what it was computed from nor computes it anew. Gives the same outputs to the bit.
    ///
    /// Only elementwise operations and movements are folded, and only where the result takes no more than twice its constants.
    package func folded(kernels: Kernels = .shared) throws(ProgramError) -> Program {
        let places = foldedPlaces
        guard !places.isEmpty else { return self }
        let part = Program(
            nodes: nodes, outputs: places.map { Output(name: "\($0)", value: Value($0)) }, updates: [], derivatives: [])
        let session = try Session(Plan(part), kernels: kernels)
        try session.run()
        var nodes = nodes
        for place in places {
            let node = nodes[place]
            nodes[place] = Node(
                name: node.name, operation: .constant(session.tensor(of: Value(place))), operands: [], type: node.type)
        }
        return Program(nodes: nodes, outputs: outputs, updates: updates, derivatives: derivatives)
    }

    /// The last nodes that can be folded: others read them, or they are results.
    private var foldedPlaces: [Int] {
        var isFoldable = [Bool](repeating: false, count: nodes.count)
        // Bytes of the constants below each node; those that are reached twice count twice.
        var bytes = [Int](repeating: 0, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            switch node.operation {
            case .constant:
                (isFoldable[index], bytes[index]) = (true, node.type.byteCount)
            case .map, .cast, .reshape, .permute, .slice, .gather, .concatenate:
                isFoldable[index] = node.operands.allSatisfy { isFoldable[$0.index] }
                for operand in node.operands {
                    bytes[index] = min(bytes[index] + bytes[operand.index], .max / 4)
                }
            default: break
            }
        }
        var isRead = [Bool](repeating: false, count: nodes.count)
        for (index, node) in nodes.enumerated() where !isFoldable[index] {
            for operand in node.operands { isRead[operand.index] = true }
        }
        for value in outputs.map(\.value) + updates.map(\.value) { isRead[value.index] = true }
        return nodes.indices.filter {
            isFoldable[$0] && isRead[$0] && !nodes[$0].operands.isEmpty && nodes[$0].type.byteCount <= 2 * bytes[$0]
        }
    }
}
