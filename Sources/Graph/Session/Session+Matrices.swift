import Tensor

// Products whose operands lie anyhow.
extension Session {
    /// A product, or one of many matrices; `out` is where its result goes when that is not its own place.
    func product(
        _ index: Int, bias: UnsafePointer<Float>? = nil, _ activation: Activation = .none,
        into out: UnsafeMutablePointer<Float>? = nil
    ) -> Step {
        let shape = plan.program.nodes[index].type.shape
        if shape.contains(0) { return { () throws(ProgramError) in } }
        let (a, b) = (left(index), right(index))
        let c = out.map { matrices($0, shape, TensorType.strides(of: shape), batch: [1]) } ?? result(index)
        let (m, n, k) = sizes(index)
        let kernels = kernels
        if c.count == 1 {
            return { () throws(ProgramError) in
                kernels.matmul(a[0], b[0], into: c[0], m: m, n: n, k: k, bias: bias, activation: activation)
            }
        }
        return { () throws(ProgramError) in kernels.matmul(a, b, into: c, m: m, n: n, k: k) }
    }

    /// Products of many matrices with a group over the rows between them.
    func attention(_ attention: Attention) -> Step {
        let (rows, columns, links) = sizes(attention.scores)
        let (_, width, _) = sizes(attention.result)
        let operands = AttentionStep.Operands(
            queries: left(attention.scores), keys: right(attention.scores), values: right(attention.result),
            result: result(attention.result),
            weights: attention.storesWeights ? floats(Value(attention.group.root)) : nil, rows: rows, columns: columns,
            links: links, width: width)
        let pieces = AttentionStep.pieces(kernels, operands)
        let group = rowStep(
            attention.group, scores: attention.scores, overwritesScores: !attention.storesWeights, pieces: pieces)
        let step = AttentionStep(kernels: kernels, group: group, operands, pieces: pieces)
        return { () throws(ProgramError) in step.run() }
    }

    /// m, n, k of a product.
    private func sizes(_ product: Int) -> (m: Int, n: Int, k: Int) {
        let node = plan.program.nodes[product]
        let (shape, left) = (node.type.shape, plan.program.type(node.operands[0]).shape)
        guard case .matmul(let transposeA, _) = node.operation else {
            preconditionFailure("\(node.name) is no product")
        }
        return (shape[shape.count - 2], shape[shape.count - 1], left[left.count - (transposeA ? 2 : 1)])
    }

    private func left(_ product: Int) -> Matrices {
        let node = plan.program.nodes[product]
        guard case .matmul(let isTransposed, _) = node.operation else {
            preconditionFailure("\(node.name) is no product")
        }
        let a = matrices(node.operands[0], batch: Array(node.type.shape.dropLast(2)))
        return isTransposed ? a.transposed : a
    }

    private func right(_ product: Int) -> Matrices {
        let node = plan.program.nodes[product]
        guard case .matmul(_, let isTransposed) = node.operation else {
            preconditionFailure("\(node.name) is no product")
        }
        let b = matrices(node.operands[1], batch: Array(node.type.shape.dropLast(2)))
        return isTransposed ? b.transposed : b
    }

    /// An operand of a product over `batch`, where it lies; an axis of size 1 is the same for all.
    private func matrices(_ operand: Value, batch: [Int]) -> Matrices {
        let type = plan.program.type(operand)
        let view = plan.views[operand.index]
        let strides = view?.strides ?? plan.orders[operand.index]?.strides ?? type.strides
        return matrices(floats(operand) + (view?.offset ?? 0), type.shape, strides, batch: batch)
    }

    /// Where the result of a product goes: its own place, or that of the permutation that alone reads it.
    private func result(_ index: Int) -> Matrices {
        let shape = plan.program.nodes[index].type.shape
        let batch = Array(shape.dropLast(2))
        guard let landing = plan.landings[index] else {
            return matrices(floats(Value(index)), shape, TensorType.strides(of: shape), batch: batch)
        }
        return matrices(floats(Value(landing.permutation)), shape, landing.strides, batch: batch)
    }

    private func matrices(
        _ base: UnsafeMutablePointer<Float>, _ shape: [Int], _ strides: [Int], batch: [Int]
    ) -> Matrices {
        guard let layout = MatrixLayout(shape, strides) else {
            preconditionFailure("the plan leaves no operand of a product in strides \(strides)")
        }
        let offsets = (0..<batch.reduce(1, *)).map { product in
            let at = TensorType.coordinates(of: product, in: batch)
            return at.indices.reduce(0) { $0 + (shape[$1] == 1 ? 0 : at[$1] * strides[$1]) }
        }
        return Matrices(base, leading: layout.leading, isTransposed: layout.isTransposed, offsets: offsets)
    }
}
