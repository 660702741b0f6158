import Graph
import Tensor

/// Attention and rotary positions as single nodes (operator set 23).
extension Operators {
    static let attention: [String: Lowering.Operator] = [
        "Attention": attend, "RotaryEmbedding": rotate, "TensorScatter": insert,
    ]

    /// `[batch, positions, heads * size]` as `[batch, heads, positions, size]`.
    static func headed(_ lowering: Lowering, _ x: Value, _ heads: Int) throws -> Value {
        let shape = lowering.shape(x)
        if shape.count == 4 { return x }
        guard shape.count == 3, heads >= 1, shape[2] % heads == 0 else {
            throw lowering.refusal("\(heads) heads do not fit \(shape)")
        }
        let split = try lowering.builder.reshape(x, [shape[0], shape[1], heads, shape[2] / heads])
        return try lowering.builder.permute(split, [0, 2, 1, 3])
    }

    /// Key or value heads, each for as many query heads as share it.
    private static func shared(_ lowering: Lowering, _ x: Value, _ heads: Int) throws -> Value {
        let own = lowering.shape(x)[1]
        guard own >= 1, heads % own == 0 else { throw lowering.refusal("\(heads) query heads over \(own) heads") }
        if own == heads { return x }
        return try lowering.builder.append(
            .gather(axis: 1), [x, lowering.constant((0..<heads).map { $0 / (heads / own) })])
    }

    private static func attend(_ lowering: Lowering) throws {
        guard !lowering.hasInput(6) else { throw lowering.refusal("lengths of keys without padding are not supported") }
        let isFlat = lowering.shape(try lowering.input(0)).count == 3
        let q = try headed(lowering, try lowering.input(0), lowering.int("q_num_heads", 1))
        var k = try headed(lowering, try lowering.input(1), lowering.int("kv_num_heads", 1))
        var v = try headed(lowering, try lowering.input(2), lowering.int("kv_num_heads", 1))
        var past = 0
        if lowering.hasInput(4) {
            guard lowering.shape(try lowering.input(4)).count == 4 else {
                throw lowering.refusal("past keys have four axes")
            }
            past = lowering.shape(try lowering.input(4))[2]
            k = try lowering.builder.append(.concatenate(axis: 2), [try lowering.input(4), k])
            v = try lowering.builder.append(.concatenate(axis: 2), [try lowering.input(5), v])
        }
        lowering.set(1, k)
        lowering.set(2, v)
        let (shape, heads) = (lowering.shape(q), lowering.shape(q)[1])
        (k, v) = (try shared(lowering, k, heads), try shared(lowering, v, heads))
        let (rows, columns) = (shape[2], lowering.shape(k)[2])
        // Both operands carry the root of the scale.
        let scale = lowering.builder.scalar(lowering.float("scale", 1 / Float(shape[3]).squareRoot()).squareRoot())
        let scores = try lowering.builder.matmul(
            try lowering.builder.multiply(q, scale), try lowering.builder.multiply(k, scale), transposeB: true)
        var masked = scores
        if let mask = try lowering.optional(3) {
            var wide = mask
            let short = columns - (lowering.shape(mask).last ?? columns)
            let isChoice = lowering.builder.type(mask).element == .bool
            if short > 0 {
                let rank = lowering.shape(mask).count
                var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
                (before[rank - 1], after[rank - 1]) = (0, short)
                wide = try lowering.builder.append(.pad(before: before, after: after), [mask])
                if !isChoice {
                    let isAbsent = (0..<columns).map { $0 >= columns - short }
                    let absent = lowering.builder.constant(Tensor(isAbsent, shape: [columns]))
                    wide = try lowering.builder.select(absent, lowering.builder.scalar(-.infinity), wide)
                }
            }
            masked =
                isChoice
                ? try lowering.builder.select(wide, masked, lowering.builder.scalar(-.infinity))
                : try lowering.builder.add(masked, wide)
        }
        if lowering.int("is_causal", 0) == 1 {
            try lowering.limit(rows, columns)
            let sees = (0..<rows * columns).map { $0 % columns <= $0 / columns + past }
            let mask = lowering.builder.constant(Tensor(sees, shape: [rows, columns]))
            masked = try lowering.builder.select(mask, masked, lowering.builder.scalar(-.infinity))
        }
        var capped = masked
        let cap = lowering.float("softcap", 0)
        if cap != 0 {
            let bent = try lowering.builder.map(
                .tanh, try lowering.builder.divide(masked, lowering.builder.scalar(cap)))
            capped = try lowering.builder.multiply(lowering.builder.scalar(cap), bent)
        }
        let weights = try lowering.builder.softmax(capped)
        switch lowering.int("qk_matmul_output_mode", 0) {
        case 0: lowering.set(3, scores)
        case 1: lowering.set(3, masked)
        case 2: lowering.set(3, capped)
        default: lowering.set(3, weights)
        }
        let result = try lowering.builder.matmul(weights, v)
        guard isFlat else { return lowering.set(0, result) }
        let moved = try lowering.builder.permute(result, [0, 2, 1, 3])
        lowering.set(0, try lowering.builder.reshape(moved, [shape[0], rows, heads * lowering.shape(v)[3]]))
    }

    /// New positions of a cache of keys in the place of old ones, from where each row says on.
    private static func insert(_ lowering: Lowering) throws {
        let (cache, update) = (try lowering.input(0), try lowering.input(1))
        let (shape, new) = (lowering.shape(cache), lowering.shape(update))
        let axis = try lowering.axis(lowering.int("axis", -2), rank: shape.count)
        var fitting = shape
        fitting[axis] = new.count == shape.count ? new[axis] : 0
        guard axis >= 1, new == fitting, new[axis] >= 1, new[axis] <= shape[axis] else {
            throw lowering.refusal("an update \(new) does not fit a cache \(shape)")
        }
        try lowering.limit(shape)
        let size = shape[axis]
        var row = [Int](repeating: 1, count: shape.count)
        row[axis] = size
        let places = try lowering.builder.reshape(lowering.constant(Array(0..<size)), row)
        row[axis] = 1
        row[0] = shape[0]
        var starts = try lowering.whole(0, like: places)
        if let stated = try lowering.optional(2) {
            starts = try lowering.builder.reshape(try lowering.builder.cast(stated, to: .int64), row)
        }
        var source = try lowering.builder.subtract(places, starts)
        let zero = try lowering.whole(0, like: source)
        if lowering.text("mode", "linear") == "circular" {
            let whole = try lowering.whole(size, like: source)
            let rest = try lowering.builder.map(.remainder, source, whole)
            source = try lowering.builder.map(.remainder, try lowering.builder.add(rest, whole), whole)
        }
        let isNew = try lowering.builder.map(
            .and, try lowering.builder.map(.lessOrEqual, zero, source),
            try lowering.builder.map(.less, source, try lowering.whole(new[axis], like: source)))
        let last = try lowering.whole(new[axis] - 1, like: source)
        let bounded = try lowering.builder.map(.minimum, try lowering.builder.map(.maximum, source, zero), last)
        let picked = try lowering.builder.append(
            .pick(axis: axis), [update, try lowering.builder.broadcast(bounded, shape)])
        lowering.set(0, try lowering.builder.select(isNew, picked, cache))
    }

    private static func rotate(_ lowering: Lowering) throws {
        let input = try lowering.input(0)
        let isFlat = lowering.shape(input).count == 3
        let x = try headed(lowering, input, lowering.int("num_heads", 1))
        let shape = lowering.shape(x)
        let stated = lowering.int("rotary_embedding_dim", 0)
        let size = stated == 0 ? shape[3] : stated
        guard size >= 2, size % 2 == 0, size <= shape[3] else {
            throw lowering.refusal("cannot rotate \(size) of \(shape[3])")
        }
        // Tables of [batch, positions, size / 2], one for every head.
        func table(_ index: Int) throws -> Value {
            var values = try lowering.input(index)
            if let places = try lowering.optional(3) {
                values = try lowering.builder.append(.gather(axis: 0), [values, places])
            }
            let own = lowering.shape(values)
            guard own.count == 3 else { throw lowering.refusal("a table of \(own) is none of positions") }
            let cut = try lowering.builder.slice(values, axis: own.count - 1, from: 0, count: size / 2)
            return try lowering.builder.reshape(cut, [own[0], 1, own[1], size / 2])
        }
        let (cosine, sine) = (try table(1), try table(2))
        let isInterleaved = lowering.int("interleaved", 0) == 1
        let places = (0..<size / 2).map { isInterleaved ? 2 * $0 : $0 }
        let step = isInterleaved ? 1 : size / 2
        let first = try lowering.builder.append(.gather(axis: 3), [x, lowering.constant(places)])
        let second = try lowering.builder.append(.gather(axis: 3), [x, lowering.constant(places.map { $0 + step })])
        let real = try lowering.builder.subtract(
            try lowering.builder.multiply(cosine, first), try lowering.builder.multiply(sine, second))
        let imaginary = try lowering.builder.add(
            try lowering.builder.multiply(sine, first), try lowering.builder.multiply(cosine, second))
        var rotated = try lowering.builder.append(.concatenate(axis: 3), [real, imaginary])
        if isInterleaved {
            let order = (0..<size).map { $0 / 2 + ($0 % 2) * (size / 2) }
            rotated = try lowering.builder.append(.gather(axis: 3), [rotated, lowering.constant(order)])
        }
        if size < shape[3] {
            let rest = try lowering.builder.slice(x, axis: 3, from: size, count: shape[3] - size)
            rotated = try lowering.builder.append(.concatenate(axis: 3), [rotated, rest])
        }
        guard isFlat else { return lowering.set(0, rotated) }
        let moved = try lowering.builder.permute(rotated, [0, 2, 1, 3])
        lowering.set(0, try lowering.builder.reshape(moved, lowering.shape(input)))
    }
}
