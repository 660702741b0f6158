import Tensor

/// Shape and type rules: what an operation gives for operands of given types, or why it cannot.
enum TypeInference {
    struct Refusal: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    /// The greatest number of elements that a tensor may have.
    static let largestCount = 1 << 31

    static func result(of operation: Operation, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        if let expected = operation.operandCount {
            guard operands.count == expected else {
                throw Refusal("\(operation.name) takes \(expected) operands, not \(operands.count)")
            }
        } else if operands.isEmpty {
            throw Refusal("\(operation.name) takes at least one operand")
        }
        let type = try unchecked(operation, operands)
        var count = 1
        for size in type.shape {
            guard size >= 0 else { throw Refusal("\(operation.name) would have the negative size \(size)") }
            let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
            guard !overflow, product <= largestCount else {
                throw Refusal("\(operation.name) would have more than \(largestCount) elements: \(type)")
            }
            count = product
        }
        return type
    }

    private static func unchecked(_ operation: Operation, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        switch operation {
        case .input, .parameter: throw Refusal("the type of an input or a parameter is given, not inferred")
        case .constant(let tensor): return TensorType(tensor.type, tensor.shape)
        case .map(let function): return try map(function, operands)
        case .cast(let element): return TensorType(element, operands[0].shape)
        case .reshape(let shape):
            guard TensorType(.bool, shape).count == operands[0].count, shape.allSatisfy({ $0 >= 0 }) else {
                throw Refusal("cannot reshape \(operands[0]) to \(shape): the number of elements differs")
            }
            return TensorType(operands[0].element, shape)
        case .permute(let permutation):
            guard permutation.sorted() == Array(0..<operands[0].rank) else {
                throw Refusal("\(permutation) is not a permutation of the axes of \(operands[0])")
            }
            return TensorType(operands[0].element, permutation.map { operands[0].shape[$0] })
        case .broadcast(let shape):
            guard shape.count == operands[0].rank,
                zip(shape, operands[0].shape).allSatisfy({ $0 == $1 || $1 == 1 })
            else { throw Refusal("cannot stretch \(operands[0]) to \(shape)") }
            return TensorType(operands[0].element, shape)
        case .slice(let start, let step, let shape): return try slice(start, step, shape, operands[0])
        case .pad(let before, let after):
            guard before.count == operands[0].rank, after.count == operands[0].rank,
                (before + after).allSatisfy({ $0 >= 0 && $0 < largestCount })
            else { throw Refusal("the padding \(before), \(after) does not fit \(operands[0])") }
            return TensorType(
                operands[0].element, operands[0].shape.indices.map { operands[0].shape[$0] + before[$0] + after[$0] })
        case .concatenate(let axis): return try concatenate(axis, operands)
        case .gather(let axis): return try gather(axis, operands)
        case .scatterAdd(let axis, let size): return try scatterAdd(axis, size, operands)
        case .pick(let axis): return try pick(axis, operands)
        case .reduce(let kind, let axes): return try reduce(kind, axes, operands[0])
        case .matmul(let transposeA, let transposeB): return try matmul(transposeA, transposeB, operands)
        case .convolve, .convolveInputGradient, .convolveWeightGradient, .maxPool, .maxPoolGradient, .sumPool,
            .sumPoolGradient:
            return try windowed(operation, operands)
        case .trees(let ensemble):
            if let defect = ensemble.defect { throw Refusal("a tree ensemble is broken: \(defect)") }
            guard operands[0].element == .float32, operands[0].rank == 2, operands[0].shape[1] == ensemble.features
            else { throw Refusal("trees over \(ensemble.features) features cannot read \(operands[0])") }
            return TensorType(.float32, [operands[0].shape[0], ensemble.targets])
        }
    }

    /// The shape that operands stretch to, or nil when they do not fit.
    static func stretched(_ shapes: [[Int]]) -> [Int]? {
        guard var result = shapes.first else { return nil }
        for shape in shapes.dropFirst() {
            guard shape.count == result.count else { return nil }
            for axis in shape.indices where shape[axis] != result[axis] {
                if result[axis] == 1 {
                    result[axis] = shape[axis]
                } else if shape[axis] != 1 {
                    return nil
                }
            }
        }
        return result
    }

    private static func map(_ function: ScalarFunction, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        guard let element = function.result(operands.map(\.element)) else {
            throw Refusal("\(function.name) is not defined on \(list(operands))")
        }
        guard let shape = stretched(operands.map(\.shape)) else {
            throw Refusal("\(function.name): the shapes \(list(operands)) do not stretch to one another")
        }
        return TensorType(element, shape)
    }

    private static func slice(
        _ start: [Int], _ step: [Int], _ shape: [Int], _ operand: TensorType
    ) throws(Refusal) -> TensorType {
        guard start.count == operand.rank, step.count == operand.rank, shape.count == operand.rank else {
            throw Refusal("a slice of \(operand) needs one start, step and size per axis")
        }
        for axis in start.indices where shape[axis] > 0 {
            let (reach, overflow) = step[axis].multipliedReportingOverflow(by: shape[axis] - 1)
            let (last, overflow2) = reach.addingReportingOverflow(start[axis])
            guard !overflow, !overflow2, start[axis] >= 0, start[axis] < operand.shape[axis], last >= 0,
                last < operand.shape[axis]
            else { throw Refusal("the slice of axis \(axis) leaves \(operand)") }
        }
        return TensorType(operand.element, shape)
    }

    private static func concatenate(_ axis: Int, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        let first = operands[0]
        guard axis >= 0, axis < first.rank else { throw Refusal("no axis \(axis) in \(first)") }
        var shape = first.shape
        shape[axis] = 0
        for operand in operands {
            var rest = operand.shape
            guard operand.element == first.element, rest.count == first.rank else {
                throw Refusal("cannot concatenate \(list(operands))")
            }
            shape[axis] += rest[axis]
            rest[axis] = first.shape[axis]
            guard rest == first.shape else { throw Refusal("cannot concatenate \(list(operands)) on axis \(axis)") }
        }
        return TensorType(first.element, shape)
    }

    private static func gather(_ axis: Int, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        let (data, indices) = (operands[0], operands[1])
        guard axis >= 0, axis < data.rank else { throw Refusal("no axis \(axis) in \(data)") }
        guard isIndex(indices) else { throw Refusal("indices must be int32 or int64, not \(indices.element)") }
        return TensorType(data.element, data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...])
    }

    private static func scatterAdd(_ axis: Int, _ size: Int, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        let (updates, indices) = (operands[0], operands[1])
        guard updates.element == .float32, axis >= 0, axis < updates.rank, isIndex(indices), indices.rank == 1,
            indices.count == updates.shape[axis], size >= 0
        else { throw Refusal("cannot scatter \(updates) on axis \(axis) by \(indices)") }
        var shape = updates.shape
        shape[axis] = size
        return TensorType(.float32, shape)
    }

    private static func pick(_ axis: Int, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        let (data, indices) = (operands[0], operands[1])
        guard axis >= 0, axis < data.rank, isIndex(indices), indices.rank == data.rank,
            data.shape.indices.allSatisfy({ $0 == axis || indices.shape[$0] <= data.shape[$0] })
        else { throw Refusal("cannot pick from \(data) on axis \(axis) by \(indices)") }
        return TensorType(data.element, indices.shape)
    }

    private static func reduce(_ kind: Reduction, _ axes: [Int], _ operand: TensorType) throws(Refusal) -> TensorType {
        guard Set(axes).count == axes.count, axes == axes.sorted(),
            axes.allSatisfy({ $0 >= 0 && $0 < operand.rank })
        else { throw Refusal("the axes \(axes) do not fit \(operand)") }
        guard operand.element != .bool else { throw Refusal("cannot reduce bool") }
        var shape = operand.shape
        for axis in axes { shape[axis] = 1 }
        let empty = axes.contains { operand.shape[$0] == 0 }
        switch kind {
        case .sum, .product: return TensorType(operand.element, shape)
        case .maximum, .minimum:
            guard !empty else { throw Refusal("no \(kind.name) of nothing: \(operand)") }
            return TensorType(operand.element, shape)
        case .firstMaximum, .firstMinimum:
            guard axes.count == 1, !empty else { throw Refusal("\(kind.name) needs one axis that is not empty") }
            return TensorType(.int64, shape)
        }
    }

    private static func matmul(
        _ transposeA: Bool, _ transposeB: Bool, _ operands: [TensorType]
    ) throws(Refusal) -> TensorType {
        let (a, b) = (operands[0], operands[1])
        guard a.element == .float32, b.element == .float32, a.rank >= 2, b.rank == a.rank else {
            throw Refusal("matmul needs two float32 operands of equal rank, not \(list(operands))")
        }
        let (m, k) =
            transposeA ? (a.shape[a.rank - 1], a.shape[a.rank - 2]) : (a.shape[a.rank - 2], a.shape[a.rank - 1])
        let (kb, n) =
            transposeB ? (b.shape[b.rank - 1], b.shape[b.rank - 2]) : (b.shape[b.rank - 2], b.shape[b.rank - 1])
        guard k == kb, let batch = stretched([Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2))]) else {
            throw Refusal("matmul: \(list(operands)) do not fit (inner sizes \(k) and \(kb))")
        }
        return TensorType(.float32, batch + [m, n])
    }

    private static func windowed(_ operation: Operation, _ operands: [TensorType]) throws(Refusal) -> TensorType {
        guard operands.allSatisfy({ $0.element == .float32 && $0.rank == 4 }) else {
            throw Refusal("\(operation.name) needs float32 operands of rank 4, not \(list(operands))")
        }
        func fits(_ window: Window, groups: Int, image: [Int], weights: [Int], output: [Int]?) throws(Refusal) -> [Int]
        {
            guard window.isValid, groups >= 1, image.count == 4, weights.count == 4, image[1] % groups == 0,
                weights[0] % groups == 0, weights[1] == image[1] / groups, Array(weights[2...]) == window.kernel
            else { throw Refusal("\(operation.name): image \(image), weights \(weights), groups \(groups) do not fit") }
            let result = [image[0], weights[0], window.outputSize(0, of: image[2]), window.outputSize(1, of: image[3])]
            if let output, output != result {
                throw Refusal("\(operation.name): the gradient is \(output), expected \(result)")
            }
            return result
        }
        switch operation {
        case .convolve(let window, let groups):
            return TensorType(
                .float32,
                try fits(window, groups: groups, image: operands[0].shape, weights: operands[1].shape, output: nil))
        case .convolveInputGradient(let window, let groups, let shape):
            _ = try fits(window, groups: groups, image: shape, weights: operands[1].shape, output: operands[0].shape)
            return TensorType(.float32, shape)
        case .convolveWeightGradient(let window, let groups, let shape):
            _ = try fits(window, groups: groups, image: operands[0].shape, weights: shape, output: operands[1].shape)
            return TensorType(.float32, shape)
        case .maxPool(let window), .sumPool(let window):
            return TensorType(.float32, try pooled(window, operands[0].shape, operation.name))
        case .maxPoolGradient(let window):
            let output = try pooled(window, operands[0].shape, operation.name)
            guard operands[1].shape == output else {
                throw Refusal("\(operation.name): the gradient is \(operands[1]), expected \(output)")
            }
            return operands[0]
        case .sumPoolGradient(let window, let shape):
            let output = try pooled(window, shape, operation.name)
            guard operands[0].shape == output else {
                throw Refusal("\(operation.name): the gradient is \(operands[0]), expected \(output)")
            }
            return TensorType(.float32, shape)
        default: preconditionFailure("not a windowed operation")
        }
    }

    /// The shape of a pooled image; every window must hold at least one element of it.
    private static func pooled(_ window: Window, _ image: [Int], _ name: String) throws(Refusal) -> [Int] {
        guard window.isValid, image.count == 4 else { throw Refusal("\(name): the window does not fit \(image)") }
        var output = Array(image[..<2])
        for axis in 0..<2 {
            let size = image[2 + axis]
            let count = window.outputSize(axis, of: size)
            guard count <= largestCount else { throw Refusal("\(name): the output is too large") }
            for place in [0, max(0, count - 1)] where count > 0 {
                let first = place * window.stride[axis] - window.before[axis]
                // The first tap at or behind the beginning.
                let tap = first >= 0 ? 0 : (window.dilation[axis] - 1 - first) / window.dilation[axis]
                guard tap < window.kernel[axis], first + tap * window.dilation[axis] < size else {
                    throw Refusal("\(name): a window lies in the padding alone")
                }
            }
            output.append(count)
        }
        return output
    }

    private static func isIndex(_ type: TensorType) -> Bool { type.element == .int64 || type.element == .int32 }

    private static func list(_ types: [TensorType]) -> String { types.map(\.description).joined(separator: ", ") }
}
