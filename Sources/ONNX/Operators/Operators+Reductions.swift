import Graph
import Tensor

extension Operators {
    static let reductions: [String: Lowering.Operator] = [
        "ReduceSum": reduce { try $0.builder.sum($1, axes: $2) },
        "ReduceMean": reduce { try $0.builder.mean($1, axes: $2) },
        "ReduceMax": reduce { try $0.builder.reduce(.maximum, $1, axes: $2) },
        "ReduceMin": reduce { try $0.builder.reduce(.minimum, $1, axes: $2) },
        "ReduceProd": reduce { try $0.builder.reduce(.product, $1, axes: $2) },
        "ReduceL1": reduce { try $0.builder.sum($0.builder.map(.absolute, $1), axes: $2) },
        "ReduceSumSquare": reduce { try $0.builder.sum($0.builder.multiply($1, $1), axes: $2) },
        "ReduceL2": reduce { try $0.builder.map(.squareRoot, $0.builder.sum($0.builder.multiply($1, $1), axes: $2)) },
        "ReduceLogSum": reduce { try $0.builder.map(.log, $0.builder.sum($1, axes: $2)) },
        "ReduceLogSumExp": reduce { lowering, x, axes in
            // m + log(sum(exp(x - m)))
            let most = try lowering.builder.reduce(.maximum, x, axes: axes)
            let powers = try lowering.builder.map(.exp, try lowering.builder.subtract(x, most))
            let total = try lowering.builder.map(.log, try lowering.builder.sum(powers, axes: axes))
            return try lowering.builder.add(most, total)
        },
        "ArgMax": winner(.firstMaximum), "ArgMin": winner(.firstMinimum),
        "Softmax": { try softmax($0) { try $0.softmax($1) } },
        "LogSoftmax": { try softmax($0) { try $0.logSoftmax($1) } },
        "Hardmax": { lowering in
            let x = try lowering.input(0)
            let rank = lowering.shape(x).count
            let axis = try lowering.axis(lowering.int("axis", -1), rank: rank)
            let winner = try lowering.builder.reduce(.firstMaximum, x, axes: [axis])
            var spread = [Int](repeating: 1, count: rank)
            spread[axis] = lowering.shape(x)[axis]
            let places = try lowering.builder.reshape(lowering.constant(Array(0..<spread[axis])), spread)
            lowering.set(0, try lowering.builder.cast(try lowering.builder.map(.equal, places, winner), to: .float32))
        },
        "CumSum": { lowering in
            // A product with a triangle of ones: chains of at most 256 links, as every product.
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            guard lowering.builder.type(x).element == .float32 else {
                throw lowering.refusal("sums of integers are not supported")
            }
            let axis = try lowering.axis(try lowering.integers(1).first ?? 0, rank: shape.count)
            let n = shape[axis]
            guard n <= 4096 else { throw lowering.refusal("an axis of \(n) elements is too long (4096)") }
            let (exclusive, reverse) = (lowering.int("exclusive", 0), lowering.int("reverse", 0) == 1)
            var triangle: [Float] = []
            for i in 0..<n {
                for j in 0..<n { triangle.append((reverse ? i - j : j - i) >= exclusive ? 1 : 0) }
            }
            var order = Array(shape.indices)
            order.swapAt(axis, shape.count - 1)
            let rows = try lowering.builder.permute(x, order)
            let flat = try lowering.builder.reshape(rows, [shape.reduce(1, *) / max(1, n), n])
            let sums = try lowering.builder.matmul(flat, lowering.builder.constant(Tensor(triangle, shape: [n, n])))
            let back = try lowering.builder.reshape(sums, lowering.shape(rows))
            lowering.set(0, try lowering.builder.permute(back, order))
        },
    ]

    private static func reduce(
        _ body: @escaping @Sendable (Lowering, Value, [Int]) throws -> Value
    ) -> Lowering.Operator {
        { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            var stated = lowering.ints("axes")
            if lowering.hasInput(1) { stated = try lowering.integers(1) }
            if let axes = stated, axes.isEmpty || (axes == [] && lowering.int("noop_with_empty_axes", 0) == 1) {
                stated = nil
            }
            if stated == nil, lowering.int("noop_with_empty_axes", 0) == 1 {
                // No axes: only the functions around the sum apply, each element by itself.
                return lowering.set(0, try body(lowering, x, []))
            }
            let axes = try stated.map { try lowering.axes($0, rank: shape.count) } ?? Array(shape.indices)
            var result = try body(lowering, x, axes)
            if lowering.int("keepdims", 1) == 0 {
                result = try lowering.builder.reshape(
                    result, shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
            }
            lowering.set(0, result)
        }
    }

    private static func winner(_ kind: Reduction) -> Lowering.Operator {
        { lowering in
            guard lowering.int("select_last_index", 0) == 0 else {
                throw lowering.refusal("the last winner is not supported")
            }
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            let keeps = lowering.int("keepdims", 1) == 1
            lowering.set(0, try lowering.builder.reduce(kind, x, axes: [axis], keepsAxes: keeps))
        }
    }

    /// Over one axis since version 13; before, over all axes from the stated one.
    private static func softmax(
        _ lowering: Lowering, _ body: (inout ProgramBuilder, Value) throws -> Value
    ) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        if lowering.opset < 13 {
            let axis = try lowering.axis(lowering.int("axis", 1), rank: shape.count)
            let flat = try lowering.builder.reshape(x, [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)])
            return lowering.set(0, try lowering.builder.reshape(try body(&lowering.builder, flat), shape))
        }
        let axis = try lowering.axis(lowering.int("axis", -1), rank: shape.count)
        var order = Array(shape.indices)
        order.swapAt(axis, shape.count - 1)
        let last = try lowering.builder.permute(x, order)
        lowering.set(0, try lowering.builder.permute(try body(&lowering.builder, last), order))
    }
}
