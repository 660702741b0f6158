package import Tensor

// Elementwise operations: operands of different rank are aligned at their last axis first.
extension ProgramBuilder {
    package mutating func map(
        _ function: ScalarFunction, _ operands: Value..., name: String? = nil
    ) throws(ProgramError) -> Value {
        try map(function, operands, name: name)
    }

    package mutating func map(
        _ function: ScalarFunction, _ operands: [Value], name: String? = nil
    ) throws(ProgramError) -> Value {
        let rank = operands.map { shape($0).count }.max() ?? 0
        var aligned: [Value] = []
        for operand in operands { aligned.append(try withRank(rank, operand)) }
        return try append(.map(function), aligned, name: name)
    }

    /// The same tensor with axes of size 1 put before until it has `rank` axes.
    package mutating func withRank(_ rank: Int, _ value: Value) throws(ProgramError) -> Value {
        let current = shape(value)
        if current.count >= rank { return value }
        return try reshape(value, [Int](repeating: 1, count: rank - current.count) + current)
    }

    package mutating func add(_ a: Value, _ b: Value) throws(ProgramError) -> Value { try map(.add, a, b) }
    package mutating func subtract(_ a: Value, _ b: Value) throws(ProgramError) -> Value { try map(.subtract, a, b) }
    package mutating func multiply(_ a: Value, _ b: Value) throws(ProgramError) -> Value { try map(.multiply, a, b) }
    package mutating func divide(_ a: Value, _ b: Value) throws(ProgramError) -> Value { try map(.divide, a, b) }

    /// `(0 < g) ? a : b` and friends: `select(condition, a, b)`.
    package mutating func select(_ condition: Value, _ a: Value, _ b: Value) throws(ProgramError) -> Value {
        try map(.select, condition, a, b)
    }

    package mutating func cast(_ value: Value, to element: ElementType) throws(ProgramError) -> Value {
        type(value).element == element ? value : try append(.cast(element), [value])
    }

    package mutating func reshape(_ value: Value, _ shape: [Int]) throws(ProgramError) -> Value {
        self.shape(value) == shape ? value : try append(.reshape(shape), [value])
    }

    package mutating func permute(_ value: Value, _ permutation: [Int]) throws(ProgramError) -> Value {
        permutation == Array(permutation.indices) && permutation.count == shape(value).count
            ? value : try append(.permute(permutation), [value])
    }

    /// Stretches to a shape by the usual alignment at the last axis.
    package mutating func broadcast(_ value: Value, _ shape: [Int]) throws(ProgramError) -> Value {
        let aligned = try withRank(shape.count, value)
        return self.shape(aligned) == shape ? aligned : try append(.broadcast(shape), [aligned])
    }

    package mutating func reduce(
        _ kind: Reduction, _ value: Value, axes: [Int], keepsAxes: Bool = true
    ) throws(ProgramError) -> Value {
        let sorted = axes.sorted()
        let reduced = sorted.isEmpty ? value : try append(.reduce(kind, axes: sorted), [value])
        if keepsAxes { return reduced }
        let shape = self.shape(value)
        return try reshape(reduced, shape.indices.filter { !sorted.contains($0) }.map { shape[$0] })
    }

    package mutating func sum(_ value: Value, axes: [Int], keepsAxes: Bool = true) throws(ProgramError) -> Value {
        try reduce(.sum, value, axes: axes, keepsAxes: keepsAxes)
    }

    /// sum / float(n), the canonical mean.
    package mutating func mean(_ value: Value, axes: [Int], keepsAxes: Bool = true) throws(ProgramError) -> Value {
        let shape = self.shape(value)
        let total = try sum(value, axes: axes, keepsAxes: keepsAxes)
        let count = scalar(Float(axes.reduce(1) { $0 * shape[$1] }))
        return try divide(total, count)
    }

    package mutating func slice(
        _ value: Value, start: [Int], step: [Int]? = nil, shape: [Int]
    ) throws(ProgramError) -> Value {
        let step = step ?? [Int](repeating: 1, count: shape.count)
        if shape == self.shape(value), start.allSatisfy({ $0 == 0 }), step.allSatisfy({ $0 == 1 }) { return value }
        return try append(.slice(start: start, step: step, shape: shape), [value])
    }

    /// A part of one axis.
    package mutating func slice(_ value: Value, axis: Int, from start: Int, count: Int) throws(ProgramError) -> Value {
        var shape = self.shape(value)
        guard shape.indices.contains(axis) else {
            throw ProgramError(node: scope, "a tensor of \(shape.count) axes has no axis \(axis)")
        }
        var starts = [Int](repeating: 0, count: shape.count)
        starts[axis] = start
        shape[axis] = count
        return try slice(value, start: starts, shape: shape)
    }

    /// Matrix product of any ranks from 2; a matrix on the right takes all rows of the left at once.
    package mutating func matmul(
        _ a: Value, _ b: Value, transposeA: Bool = false, transposeB: Bool = false, name: String? = nil
    ) throws(ProgramError) -> Value {
        let (left, right) = (shape(a), shape(b))
        if left.count > 2, right.count == 2, !transposeA {
            let rows = left.dropLast().reduce(1, *)
            let flat = try reshape(a, [rows, left[left.count - 1]])
            let product = try append(.matmul(transposeA: false, transposeB: transposeB), [flat, b], name: name)
            return try reshape(product, left.dropLast() + [shape(product)[1]])
        }
        let rank = max(left.count, right.count)
        let operands = [try withRank(rank, a), try withRank(rank, b)]
        return try append(.matmul(transposeA: transposeA, transposeB: transposeB), operands, name: name)
    }
}
