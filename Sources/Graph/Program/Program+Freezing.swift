package import Tensor

extension Program {
    /// This program with parameters fixed at the given values, by name, so that whatever depends on them alone is computed once
    /// when a session is made; a matrix that products read only transposed is turned round here.
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
        var users = [[Int]](repeating: [], count: nodes.count)
        for (index, node) in nodes.enumerated() { for operand in node.operands { users[operand.index].append(index) } }
        let kept = Set(outputs.map(\.value.index) + updates.map(\.value.index))
        for (index, node) in nodes.enumerated() where node.type.rank == 2 && node.type.element == .float32 {
            guard case .constant(let tensor) = node.operation, !kept.contains(index), !users[index].isEmpty,
                users[index].allSatisfy({ nodes[$0].readsTransposed(index) })
            else { continue }
            let shape = [node.type.shape[1], node.type.shape[0]]
            nodes[index] = Node(
                name: node.name, operation: .constant(tensor.transposed()), operands: [],
                type: TensorType(.float32, shape))
            for user in users[index] {
                guard case .matmul(let transposeA, _) = nodes[user].operation else { continue }
                nodes[user] = Node(
                    name: nodes[user].name, operation: .matmul(transposeA: transposeA, transposeB: false),
                    operands: nodes[user].operands, type: nodes[user].type)
            }
        }
        return Program(nodes: nodes, outputs: outputs, updates: updates, derivatives: derivatives)
    }
}

extension Node {
    /// Whether this is a product whose second factor, transposed, is the value, and whose first is not.
    fileprivate func readsTransposed(_ value: Int) -> Bool {
        guard case .matmul(_, transposeB: true) = operation else { return false }
        return operands[1].index == value && operands[0].index != value
    }
}

extension Tensor {
    /// The transpose of a float32 matrix.
    fileprivate func transposed() -> Tensor {
        let (rows, columns) = (shape[0], shape[1])
        let source = values(as: Float.self)
        var result = [Float](repeating: 0, count: source.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = source[row * columns + column] }
        }
        return Tensor(result, shape: [columns, rows])
    }
}
