import Graph
import Tensor

extension Operators {
    static let reductions: [String: Lowering.Operator] = [
        "ReduceSum": reduce { try $0.builder.sum($1, axes: $2) },
        "ReduceMean": reduce { try $0.builder.mean($1, axes: $2) },
        "ReduceMax": reduce { try extreme($0, .maximum, $1, $2) },
        "ReduceMin": reduce { try extreme($0, .minimum, $1, $2) },
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
            let x = try lowering.input(0)
            let axis = try lowering.axis(try lowering.integers(1).first ?? 0, rank: lowering.shape(x).count)
            try cumulative(lowering, x, axis) { rows, triangle, n in
                guard lowering.builder.type(rows).element == .float32 else {
                    // Every sum by itself: the elements before it, zeros for the others.
                    return try folded(lowering, rows, triangle, n, neutral: 0, .sum)
                }
                // A product with a triangle of ones: chains of at most 256 links, as every product.
                let ones = lowering.builder.constant(Tensor(triangle.map { $0 ? 1 : 0 as Float }, shape: [n, n]))
                return try lowering.builder.matmul(rows, ones)
            }
        },
        "CumProd": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(try lowering.integers(1).first ?? 0, rank: lowering.shape(x).count)
            try cumulative(lowering, x, axis) { try folded(lowering, $0, $1, $2, neutral: 1, .product) }
        },
    ]

    /// Truth values are ordered as numbers are.
    private static func extreme(_ lowering: Lowering, _ kind: Reduction, _ x: Value, _ axes: [Int]) throws -> Value {
        guard lowering.builder.type(x).element == .bool else { return try lowering.builder.reduce(kind, x, axes: axes) }
        let numbers = try lowering.builder.cast(x, to: .int32)
        return try lowering.builder.cast(try lowering.builder.reduce(kind, numbers, axes: axes), to: .bool)
    }

    /// Applies a function of `[rows, n]` along an axis; `triangle[i * n + j]` says whether element i counts for place j.
    private static func cumulative(
        _ lowering: Lowering, _ x: Value, _ axis: Int, _ body: (Value, [Bool], Int) throws -> Value
    ) throws {
        let shape = lowering.shape(x)
        let n = shape[axis]
        guard n <= 4096 else { throw lowering.refusal("an axis of \(n) elements is too long (4096)") }
        let (exclusive, reverse) = (lowering.int("exclusive", 0), lowering.int("reverse", 0) == 1)
        let triangle = (0..<n * n).map { cell -> Bool in
            let (i, j) = (cell / n, cell % n)
            return (reverse ? i - j : j - i) >= exclusive
        }
        var order = Array(shape.indices)
        order.swapAt(axis, shape.count - 1)
        let rows = try lowering.builder.permute(x, order)
        let flat = try lowering.builder.reshape(rows, [shape.reduce(1, *) / max(1, n), n])
        let back = try lowering.builder.reshape(try body(flat, triangle, n), lowering.shape(rows))
        lowering.set(0, try lowering.builder.permute(back, order))
    }

    private static func folded(
        _ lowering: Lowering, _ rows: Value, _ triangle: [Bool], _ n: Int, neutral: Int, _ kind: Reduction
    ) throws -> Value {
        let count = lowering.shape(rows)[0]
        try lowering.limit(count, n, n)
        let wide = try lowering.builder.reshape(rows, [count, n, 1])
        let mask = lowering.builder.constant(Tensor(triangle, shape: [1, n, n]))
        let standard = try lowering.builder.cast(
            lowering.builder.scalar(Float(neutral)), to: lowering.builder.type(rows).element)
        let counted = try lowering.builder.select(mask, wide, standard)
        return try lowering.builder.reduce(kind, counted, axes: [1], keepsAxes: false)
    }

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
            var x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            let keeps = lowering.int("keepdims", 1) == 1
            let isLast = lowering.int("select_last_index", 0) == 1
            if isLast {
                // The last winner is the first from behind.
                var (start, step) = (lowering.shape(x).map { _ in 0 }, lowering.shape(x).map { _ in 1 })
                (start[axis], step[axis]) = (lowering.shape(x)[axis] - 1, -1)
                x = try lowering.builder.slice(x, start: start, step: step, shape: lowering.shape(x))
            }
            var place = try lowering.builder.reduce(kind, x, axes: [axis], keepsAxes: keeps)
            if isLast {
                place = try lowering.builder.subtract(
                    try lowering.whole(lowering.shape(x)[axis] - 1, like: place), place)
            }
            lowering.set(0, place)
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
