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
        "ConvTranspose": transposedConvolution,
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

    static func perChannel(_ lowering: Lowering, _ value: Value, rank: Int) throws -> Value {
        let count = lowering.builder.type(value).count
        return try lowering.builder.reshape(value, [1, count] + [Int](repeating: 1, count: max(0, rank - 2)))
    }
}
