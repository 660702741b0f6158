import Tensor

/// One operand element of a recipe, or +0 where padding stands.
package enum Read: Sendable, Hashable {
    /// The element at a flat row-major position of an operand.
    case element(operand: Int, position: Int)
    /// All bits zero.
    case zero
}

/// How ONE element of a result is computed: which operand elements are read, in order, and by which scalar program.
///
/// This is what a dispute about a single element replays, and what `ReferenceExecutor` does for every element.
package enum Recipe: Sendable, Equatable {
    /// A pair of factors of a chain of fused multiply-adds.
    package struct Link: Sendable, Hashable {
        package let a: Read
        package let b: Read
    }

    case copy(Read)
    case apply(ScalarFunction, [Read])
    case convert(Read)
    /// Chains of at most 256 links from +0; chunk sums are added left to right; no link gives +0.
    case chain([Link])
    /// From +0, the result of each chunked chain is added in order.
    case addedChains([[Link]])
    /// Chunks of 4096, sixteen lanes.
    case sum([Read])
    /// Left to right (maximum, minimum, product, index of the first winner).
    case fold(Reduction, [Read])
    /// From +0, in order.
    case accumulate([Read])
    /// The value of one target of a forest for one row of features.
    case forest(TreeEnsemble, [Read], target: Int)
}

extension Recipe {
    /// The bits of an operand's element, zero-extended.
    package typealias Reader = (_ operand: Int, _ position: Int) -> UInt64

    /// The recipe of the element of `result` at a flat position.
    ///
    /// `read` is consulted only for data that steer the reading: indices and, for pooling, the pooled values.
    /// - Throws: `ProgramError` when an index is out of range.
    package static func of(
        _ operation: Operation, operands: [TensorType], result: TensorType, position: Int, read: Reader
    ) throws(ProgramError) -> Recipe {
        let at = TensorType.coordinates(of: position, in: result.shape)
        switch operation {
        case .input, .parameter, .constant:
            throw ProgramError(node: operation.name, "a source has no recipe")
        case .map(let function):
            return .apply(function, operands.indices.map { stretched($0, operands[$0], at) })
        case .cast: return .convert(.element(operand: 0, position: position))
        case .reshape: return .copy(.element(operand: 0, position: position))
        case .permute(let permutation):
            var source = at
            for (axis, from) in permutation.enumerated() { source[from] = at[axis] }
            return .copy(element(0, operands[0], source))
        case .broadcast: return .copy(stretched(0, operands[0], at))
        case .slice(let start, let step, _):
            return .copy(element(0, operands[0], at.indices.map { start[$0] + at[$0] * step[$0] }))
        case .pad(let before, _):
            let source = at.indices.map { at[$0] - before[$0] }
            let inside = source.indices.allSatisfy { source[$0] >= 0 && source[$0] < operands[0].shape[$0] }
            return .copy(inside ? element(0, operands[0], source) : .zero)
        case .concatenate(let axis):
            var source = at
            var operand = 0
            while source[axis] >= operands[operand].shape[axis] {
                source[axis] -= operands[operand].shape[axis]
                operand += 1
            }
            return .copy(element(operand, operands[operand], source))
        case .gather(let axis):
            let rank = operands[1].rank
            let indexAt = Array(at[axis..<axis + rank])
            let index = try index(operands, indexAt, size: operands[0].shape[axis], read)
            return .copy(element(0, operands[0], at[..<axis] + [index] + at[(axis + rank)...]))
        case .scatterAdd(let axis, _):
            var reads: [Read] = []
            for source in 0..<operands[1].count
            where try index(operands, [source], size: result.shape[axis], read) == at[axis] {
                var from = at
                from[axis] = source
                reads.append(element(0, operands[0], from))
            }
            return .accumulate(reads)
        case .pick(let axis):
            var source = at
            source[axis] = try index(operands, at, size: operands[0].shape[axis], read)
            return .copy(element(0, operands[0], source))
        case .reduce(let kind, let axes):
            let reads = reduced(axes, operands[0], at)
            return kind == .sum && result.element == .float32 ? .sum(reads) : .fold(kind, reads)
        case .matmul(let transposeA, let transposeB):
            return .chain(product(operands, at, transposeA, transposeB))
        case .trees(let ensemble):
            let row = (0..<ensemble.features).map { element(0, operands[0], [at[0], $0]) }
            return .forest(ensemble, row, target: at[1])
        case .convolve, .convolveInputGradient, .convolveWeightGradient, .maxPool, .maxPoolGradient, .sumPool,
            .sumPoolGradient:
            return windowed(operation, operands, result, at, read)
        }
    }

    static func element(_ operand: Int, _ type: TensorType, _ at: [Int]) -> Read {
        var position = 0
        for axis in at.indices { position = position * type.shape[axis] + at[axis] }
        return .element(operand: operand, position: position)
    }

    private static func stretched(_ operand: Int, _ type: TensorType, _ at: [Int]) -> Read {
        element(operand, type, at.indices.map { type.shape[$0] == 1 ? 0 : at[$0] })
    }

    /// An index operand's value; negative ones are not wrapped here (importers do that).
    private static func index(
        _ operands: [TensorType], _ at: [Int], size: Int, _ read: Reader
    ) throws(ProgramError) -> Int {
        var position = 0
        for axis in at.indices { position = position * operands[1].shape[axis] + at[axis] }
        let bits = read(1, position)
        let index = operands[1].element == .int32 ? Int(Int32(truncatingIfNeeded: bits)) : Int(Int64(bitPattern: bits))
        guard index >= 0, index < size else {
            throw ProgramError(node: "index", "the index \(index) at \(at) is outside 0..<\(size)")
        }
        return index
    }

    private static func reduced(_ axes: [Int], _ operand: TensorType, _ at: [Int]) -> [Read] {
        let sizes = axes.map { operand.shape[$0] }
        return (0..<sizes.reduce(1, *)).map { step in
            let inner = TensorType.coordinates(of: step, in: sizes)
            var source = at
            for (axis, value) in zip(axes, inner) { source[axis] = value }
            return element(0, operand, source)
        }
    }

    private static func product(
        _ operands: [TensorType], _ at: [Int], _ transposeA: Bool, _ transposeB: Bool
    ) -> [Link] {
        let (a, b) = (operands[0], operands[1])
        let batch = Array(at.dropLast(2))
        let (row, column) = (at[at.count - 2], at[at.count - 1])
        let inner = transposeA ? a.shape[a.rank - 2] : a.shape[a.rank - 1]
        func prefix(_ type: TensorType) -> [Int] { batch.indices.map { type.shape[$0] == 1 ? 0 : batch[$0] } }
        let (batchA, batchB) = (prefix(a), prefix(b))
        return (0..<inner).map { k in
            Link(
                a: element(0, a, batchA + (transposeA ? [k, row] : [row, k])),
                b: element(1, b, batchB + (transposeB ? [column, k] : [k, column])))
        }
    }
}
