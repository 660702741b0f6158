import Tensor

// The derivative of every operation. A rule returns pairs (operand, its share of the adjoint).
extension ProgramBuilder {
    mutating func contribution(
        _ node: Node, _ result: Value, _ adjoint: Value, _ isActive: (Value) -> Bool
    ) throws(ProgramError) -> [(Value, Value)] {
        let operands = node.operands
        switch node.operation {
        case .input, .parameter, .constant, .cast: return []
        case .map(let function):
            var shares: [(Value, Value)] = []
            for (operand, share) in try scalarContribution(function, operands, result, adjoint, isActive) {
                shares.append((operand, try unstretched(share, shape(operand))))
            }
            return shares
        case .reshape: return [(operands[0], try reshape(adjoint, shape(operands[0])))]
        case .permute(let permutation):
            var inverse = permutation
            for (axis, from) in permutation.enumerated() { inverse[from] = axis }
            return [(operands[0], try permute(adjoint, inverse))]
        case .broadcast: return [(operands[0], try unstretched(adjoint, shape(operands[0])))]
        case .slice(let start, let step, _):
            return [(operands[0], try unsliced(adjoint, start, step, shape(operands[0])))]
        case .pad(let before, _):
            return [(operands[0], try slice(adjoint, start: before, shape: shape(operands[0])))]
        case .concatenate(let axis):
            var start = 0
            var shares: [(Value, Value)] = []
            for operand in operands {
                let count = shape(operand)[axis]
                if isActive(operand) {
                    shares.append((operand, try slice(adjoint, axis: axis, from: start, count: count)))
                }
                start += count
            }
            return shares
        case .gather(let axis):
            let data = shape(operands[0])
            let count = type(operands[1]).count
            let updates = try reshape(adjoint, data[..<axis] + [count] + data[(axis + 1)...])
            let indices = try reshape(operands[1], [count])
            return [(operands[0], try append(.scatterAdd(axis: axis, size: data[axis]), [updates, indices]))]
        case .scatterAdd(let axis, _):
            return [(operands[0], try append(.gather(axis: axis), [adjoint, operands[1]]))]
        case .pick(let axis): return [(operands[0], try unpicked(adjoint, operands, axis))]
        case .reduce(let kind, let axes):
            return try reductionContribution(kind, axes, operands[0], result, adjoint)
        case .matmul(let transposeA, let transposeB):
            return try productContribution(transposeA, transposeB, operands, adjoint, isActive)
        case .convolve(let window, let groups):
            var shares: [(Value, Value)] = []
            if isActive(operands[0]) {
                let operation = Operation.convolveInputGradient(window, groups: groups, shape: shape(operands[0]))
                shares.append((operands[0], try append(operation, [adjoint, operands[1]])))
            }
            if isActive(operands[1]) {
                let operation = Operation.convolveWeightGradient(window, groups: groups, shape: shape(operands[1]))
                shares.append((operands[1], try append(operation, [operands[0], adjoint])))
            }
            return shares
        case .convolveInputGradient(let window, let groups, _):
            var shares: [(Value, Value)] = []
            if isActive(operands[0]) {
                shares.append((operands[0], try append(.convolve(window, groups: groups), [adjoint, operands[1]])))
            }
            if isActive(operands[1]) {
                let operation = Operation.convolveWeightGradient(window, groups: groups, shape: shape(operands[1]))
                shares.append((operands[1], try append(operation, [adjoint, operands[0]])))
            }
            return shares
        case .maxPool(let window):
            return [(operands[0], try append(.maxPoolGradient(window), [operands[0], adjoint]))]
        case .sumPool(let window):
            return [(operands[0], try append(.sumPoolGradient(window, shape: shape(operands[0])), [adjoint]))]
        case .sumPoolGradient(let window, _):
            return [(operands[0], try append(.sumPool(window), [adjoint]))]
        case .convolveWeightGradient, .maxPoolGradient, .trees:
            throw ProgramError(node: node.name, "\(node.operation.name) has no derivative")
        }
    }

    private mutating func productContribution(
        _ transposeA: Bool, _ transposeB: Bool, _ operands: [Value], _ g: Value, _ isActive: (Value) -> Bool
    ) throws(ProgramError) -> [(Value, Value)] {
        let (a, b) = (operands[0], operands[1])
        var shares: [(Value, Value)] = []
        if isActive(a) {
            let share =
                transposeA
                ? try append(.matmul(transposeA: transposeB, transposeB: true), [b, g])
                : try append(.matmul(transposeA: false, transposeB: !transposeB), [g, b])
            shares.append((a, try unstretched(share, shape(a))))
        }
        if isActive(b) {
            let share =
                transposeB
                ? try append(.matmul(transposeA: true, transposeB: transposeA), [g, a])
                : try append(.matmul(transposeA: !transposeA, transposeB: false), [a, g])
            shares.append((b, try unstretched(share, shape(b))))
        }
        return shares
    }

    private mutating func reductionContribution(
        _ kind: Reduction, _ axes: [Int], _ operand: Value, _ result: Value, _ adjoint: Value
    ) throws(ProgramError) -> [(Value, Value)] {
        let shape = shape(operand)
        switch kind {
        case .sum: return [(operand, try broadcast(adjoint, shape))]
        case .product:
            // g * y / x; not defined where an element is zero.
            return [(operand, try divide(try multiply(adjoint, result), operand))]
        case .maximum, .minimum:
            // All of the adjoint goes to the first winner.
            let kept = shape.indices.filter { !axes.contains($0) }
            let order = kept + axes
            let count = axes.reduce(1) { $0 * shape[$1] }
            let rows = kept.reduce(1) { $0 * shape[$1] }
            let flat = try reshape(try permute(operand, order), [rows, count])
            let winner = try reduce(kind == .maximum ? .firstMaximum : .firstMinimum, flat, axes: [1])
            let places = constant(Tensor((0..<count).map(Int64.init), shape: [1, count]))
            let share = try select(
                try map(.equal, places, winner), try reshape(try permute(adjoint, order), [rows, 1]), scalar(0))
            var inverse = order
            for (axis, from) in order.enumerated() { inverse[from] = axis }
            return [(operand, try permute(try reshape(share, order.map { shape[$0] }), inverse))]
        case .firstMaximum, .firstMinimum: return []
        }
    }

    /// Puts the elements of a slice back where they came from, zeros elsewhere.
    private mutating func unsliced(
        _ gradient: Value, _ start: [Int], _ step: [Int], _ target: [Int]
    ) throws(ProgramError) -> Value {
        var result = gradient
        for axis in target.indices where step[axis] != 1 && shape(result)[axis] > 0 {
            let places = (0..<shape(result)[axis]).map { Int64(start[axis] + $0 * step[axis]) }
            let indices = constant(Tensor(places, shape: [places.count]))
            result = try append(.scatterAdd(axis: axis, size: target[axis]), [result, indices])
        }
        let current = shape(result)
        let before = target.indices.map { current[$0] == target[$0] ? 0 : start[$0] }
        let after = target.indices.map { target[$0] - current[$0] - before[$0] }
        if (before + after).allSatisfy({ $0 == 0 }) { return result }
        return try append(.pad(before: before, after: after), [result])
    }

    /// The transpose of pick: each adjoint goes to the element that was picked.
    private mutating func unpicked(_ adjoint: Value, _ operands: [Value], _ axis: Int) throws(ProgramError) -> Value {
        let data = shape(operands[0])
        let indices = shape(operands[1])
        guard data.indices.allSatisfy({ $0 == axis || data[$0] == indices[$0] }) else {
            throw ProgramError(node: scope, "no derivative of a pick from a larger tensor")
        }
        // [before, picks, 1, after] against places [1, 1, size, 1].
        let before = data[..<axis].reduce(1, *)
        let after = data[(axis + 1)...].reduce(1, *)
        let spread = [before, indices[axis], 1, after]
        let places = constant(Tensor((0..<data[axis]).map(Int64.init), shape: [1, 1, data[axis], 1]))
        let hit = try map(
            .equal, try cast(places, to: type(operands[1]).element), try reshape(operands[1], spread))
        var share = try select(hit, try reshape(adjoint, spread), scalar(0))
        if indices[axis] != 1 { share = try sum(share, axes: [1]) }
        return try reshape(share, data)
    }
}
