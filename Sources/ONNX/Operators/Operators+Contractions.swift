import Graph
import Tensor

extension Operators {
    static let contractions: [String: Lowering.Operator] = [
        "MatMul": matmul, "Gemm": gemm,
        "Conv": { lowering in
            let (x, w) = (try lowering.input(0), try lowering.input(1))
            var result = try convolved(lowering, x, w)
            if let bias = try lowering.optional(2) {
                let rank = lowering.shape(result).count
                result = try lowering.builder.add(result, try perChannel(lowering, bias, rank: rank))
            }
            lowering.set(0, result)
        },
        "ConvTranspose": transposedConvolution, "Det": determinant,
    ]

    private static func matmul(_ lowering: Lowering) throws {
        var (a, b) = (try lowering.input(0), try lowering.input(1))
        let (left, right) = (lowering.shape(a), lowering.shape(b))
        guard !left.isEmpty, !right.isEmpty else { throw lowering.refusal("needs vectors or matrices") }
        if left.count == 1 { a = try lowering.builder.reshape(a, [1] + left) }
        if right.count == 1 { b = try lowering.builder.reshape(b, right + [1]) }
        var result = try lowering.builder.matmul(a, b)
        var shape = lowering.shape(result)
        if right.count == 1 { shape.removeLast() }
        if left.count == 1 { shape.remove(at: right.count == 1 ? shape.count - 1 : shape.count - 2) }
        result = try lowering.builder.reshape(result, shape)
        lowering.set(0, result)
    }

    private static func gemm(_ lowering: Lowering) throws {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        var result = try lowering.builder.matmul(
            a, b, transposeA: lowering.int("transA", 0) == 1, transposeB: lowering.int("transB", 0) == 1)
        let (alpha, beta) = (lowering.float("alpha", 1), lowering.float("beta", 1))
        if alpha != 1 { result = try lowering.builder.multiply(lowering.builder.scalar(alpha), result) }
        if var bias = try lowering.optional(2) {
            if beta != 1 { bias = try lowering.builder.multiply(lowering.builder.scalar(beta), bias) }
            result = try lowering.builder.add(result, bias)
        }
        lowering.set(0, result)
    }

    /// By the minors of the first rows for every choice of columns, row by row.
    private static func determinant(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        guard shape.count >= 2, let size = shape.last, shape[shape.count - 2] == size, (1...8).contains(size) else {
            throw lowering.refusal("is supported for square matrices up to 8 x 8, not \(shape)")
        }
        let cells = try lowering.builder.reshape(x, [shape.dropLast(2).reduce(1, *), size * size])
        func cell(_ row: Int, _ column: Int) throws -> Value {
            try lowering.builder.slice(cells, axis: 1, from: row * size + column, count: 1)
        }
        // By the bits of the columns that a minor takes.
        var minors: [Int: Value] = [:]
        for column in 0..<size { minors[1 << column] = try cell(0, column) }
        for row in 1..<max(1, size) {
            var next: [Int: Value] = [:]
            for columns in 1..<1 << size where columns.nonzeroBitCount == row + 1 {
                var total: Value?
                for column in 0..<size where columns >> column & 1 == 1 {
                    guard let minor = minors[columns & ~(1 << column)] else { continue }
                    let isOdd = (columns >> (column + 1)).nonzeroBitCount % 2 == 1
                    let product = try lowering.builder.multiply(try cell(row, column), minor)
                    let term = isOdd ? try lowering.builder.map(.negate, product) : product
                    total = try total.map { try lowering.builder.add($0, term) } ?? term
                }
                next[columns] = total
            }
            minors = next
        }
        guard let result = minors[1 << size - 1] else { throw lowering.refusal("has no elements") }
        lowering.set(0, try lowering.builder.reshape(result, Array(shape.dropLast(2))))
    }

    static func perChannel(_ lowering: Lowering, _ value: Value, rank: Int) throws -> Value {
        let count = lowering.builder.type(value).count
        return try lowering.builder.reshape(value, [1, count] + [Int](repeating: 1, count: max(0, rank - 2)))
    }
}
