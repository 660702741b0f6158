import Graph
import Tensor

/// Attention as ONNX Runtime fuses it (`com.microsoft`): projections, masks by lengths, keys of earlier calls.
extension Operators {
    static let fusedAttention: [String: Lowering.Operator] = [
        "com.microsoft.Attention": projectedAttention, "com.microsoft.MultiHeadAttention": multiHead,
        "com.microsoft.GroupQueryAttention": groupQuery, "com.microsoft.RotaryEmbedding": rotatePositions,
    ]

    /// Queries, keys and values from one product with one matrix.
    private static func projectedAttention(_ lowering: Lowering) throws {
        guard lowering.int("do_rotary", 0) == 0 else { throw lowering.refusal("'do_rotary' is not supported") }
        guard lowering.int("past_present_share_buffer", 0) == 0 else {
            throw lowering.refusal("keys in a shared buffer are not supported")
        }
        var projected = try lowering.builder.matmul(try lowering.input(0), try lowering.input(1))
        if let bias = try lowering.optional(2) { projected = try lowering.builder.add(projected, bias) }
        let shape = lowering.shape(projected)
        let third = shape[shape.count - 1] / 3
        let sizes = lowering.ints("qkv_hidden_sizes") ?? [third, third, third]
        guard shape.count == 3, sizes.count == 3, sizes.allSatisfy({ $0 >= 1 }), sizes.reduce(0, +) == shape[2] else {
            throw lowering.refusal("projections \(shape) do not part into \(sizes)")
        }
        var start = 0
        let heads = lowering.int("num_heads", 1)
        var parts = try sizes.map { size -> Value in
            defer { start += size }
            return try headed(
                lowering, try lowering.builder.slice(projected, axis: 2, from: start, count: size), heads)
        }
        var past = 0
        if let earlier = try lowering.optional(4) {
            // Keys and values together: [2, batch, heads, positions, size].
            let own = lowering.shape(earlier)
            guard own.count == 5, own[0] == 2 else { throw lowering.refusal("past keys \(own) cannot be") }
            past = own[3]
            for index in 0..<2 {
                let slice = try lowering.builder.slice(earlier, axis: 0, from: index, count: 1)
                let keys = try lowering.builder.reshape(slice, Array(own[1...]))
                parts[index + 1] = try lowering.builder.append(.concatenate(axis: 2), [keys, parts[index + 1]])
            }
        }
        if lowering.wantsOutput(1) {
            let pair = try parts[1...].map { try lowering.builder.reshape($0, [1] + lowering.shape($0)) }
            lowering.set(1, try lowering.builder.append(.concatenate(axis: 0), pair))
        }
        let masks = [
            try paddingMask(lowering, 3, rows: shape[1], columns: shape[1] + past), try lowering.optional(5),
            try causalMask(lowering, rows: shape[1], columns: shape[1] + past),
        ]
        lowering.set(0, try attended(lowering, parts[0], parts[1], parts[2], masks))
    }

    private static func multiHead(_ lowering: Lowering) throws {
        let heads = lowering.int("num_heads", 1)
        var query = try lowering.input(0)
        guard lowering.shape(query).count == 3, lowering.hasInput(1), lowering.hasInput(2),
            !lowering.hasInput(8), !lowering.hasInput(9)
        else {
            throw lowering.refusal("is supported with queries [batch, positions, size], keys and values of their own")
        }
        var (key, value) = (try lowering.input(1), try lowering.input(2))
        if let bias = try lowering.optional(3) {
            // One list for all three; keys that come with their heads apart have theirs in them.
            let (q, v) = (lowering.shape(query)[2], lowering.builder.type(bias).count)
            guard v > 2 * q else { throw lowering.refusal("a bias of \(v) numbers does not fit queries of \(q)") }
            query = try lowering.builder.add(query, try lowering.builder.slice(bias, axis: 0, from: 0, count: q))
            if lowering.shape(key).count == 3 {
                key = try lowering.builder.add(key, try lowering.builder.slice(bias, axis: 0, from: q, count: q))
                value = try lowering.builder.add(
                    value, try lowering.builder.slice(bias, axis: 0, from: 2 * q, count: v - 2 * q))
            }
        }
        let q = try headed(lowering, query, heads)
        var (k, v) = (try headed(lowering, key, heads), try headed(lowering, value, heads))
        if let earlier = try lowering.optional(6) {
            k = try lowering.builder.append(.concatenate(axis: 2), [earlier, k])
            v = try lowering.builder.append(.concatenate(axis: 2), [try lowering.input(7), v])
        }
        lowering.set(1, k)
        lowering.set(2, v)
        let (rows, columns) = (lowering.shape(q)[2], lowering.shape(k)[2])
        let masks = [
            try paddingMask(lowering, 4, rows: rows, columns: columns), try lowering.optional(5),
            try causalMask(lowering, rows: rows, columns: columns),
        ]
        lowering.set(0, try attended(lowering, q, k, v, masks))
    }

    /// Several query heads for one key head, causal, with keys of earlier calls before the new ones.
    private static func groupQuery(_ lowering: Lowering) throws {
        guard lowering.int("smooth_softmax", 0) == 0, !lowering.hasInput(11) else {
            throw lowering.refusal("a smoothed softmax is not supported")
        }
        let (heads, own) = (lowering.int("num_heads", 1), lowering.int("kv_num_heads", 1))
        guard (1...65536).contains(heads), (1...heads).contains(own) else {
            throw lowering.refusal("\(heads) query heads over \(own) heads")
        }
        var q: Value
        var (k, v): (Value, Value)
        if lowering.hasInput(1) {
            q = try headed(lowering, try lowering.input(0), heads)
            (k, v) = (
                try headed(lowering, try lowering.input(1), own), try headed(lowering, try lowering.input(2), own)
            )
        } else {
            let packed = try headed(lowering, try lowering.input(0), heads + 2 * own)
            q = try lowering.builder.slice(packed, axis: 1, from: 0, count: heads)
            k = try lowering.builder.slice(packed, axis: 1, from: heads, count: own)
            v = try lowering.builder.slice(packed, axis: 1, from: heads + own, count: own)
        }
        let shape = lowering.shape(q)
        // How many positions there are with those of earlier calls; the last of each row.
        let ends = Set(try lowering.integers(5))
        guard let last = ends.first, ends.count == 1, (0..<1 << 31).contains(last), last + 1 >= shape[2] else {
            throw lowering.refusal("rows of different lengths are not supported")
        }
        let past = last + 1 - shape[2]
        try lowering.limit(shape[2])
        if lowering.int("do_rotary", 0) == 1 {
            let places: Value
            if let stated = try lowering.optional(9) {
                places = stated
            } else {
                let row = lowering.constant((0..<shape[2]).map { past + $0 })
                places = try lowering.builder.broadcast(
                    try lowering.builder.reshape(row, [1, shape[2]]), [shape[0], shape[2]])
            }
            let tables = [try lowering.input(7), try lowering.input(8), places]
            let attributes = ["interleaved": ONNXNode.Attribute.int(lowering.int("rotary_interleaved", 0))]
            guard lowering.shape(tables[0]).count == 2 else {
                throw lowering.refusal("its tables are none of positions")
            }
            let size = lowering.shape(tables[0])[1] * 2
            let turned = attributes.merging(["rotary_embedding_dim": .int(size)]) { $1 }
            q = try lowering.applied("RotaryEmbedding", [q] + tables, turned)
            k = try lowering.applied("RotaryEmbedding", [k] + tables, turned)
        }
        var room = past + shape[2]
        if past > 0 || lowering.hasInput(3) {
            let earlier = [try lowering.input(3), try lowering.input(4)]
            guard earlier.allSatisfy({ lowering.shape($0).count == 4 && lowering.shape($0)[2] >= past }) else {
                throw lowering.refusal("there are fewer than \(past) past keys")
            }
            room = max(room, lowering.shape(earlier[0])[2])
            let kept = try earlier.map { try lowering.builder.slice($0, axis: 2, from: 0, count: past) }
            k = try lowering.builder.append(.concatenate(axis: 2), [kept[0], k])
            v = try lowering.builder.append(.concatenate(axis: 2), [kept[1], v])
        }
        let columns = past + shape[2]
        for (index, value) in [(1, k), (2, v)] {
            let after = [0, 0, room - columns, 0]
            lowering.set(
                index,
                room == columns
                    ? value : try lowering.builder.append(.pad(before: [0, 0, 0, 0], after: after), [value]))
        }
        let window = lowering.int("local_window_size", -1)
        try lowering.limit(shape[2], columns)
        let bounds = (0..<shape[2] * columns).map { cell -> Float in
            let (column, end) = (cell % columns, cell / columns + past)
            return column <= end && (window < 0 || column > end - window) ? 0 : -.infinity
        }
        let causal = lowering.builder.constant(Tensor(bounds, shape: [shape[2], columns]))
        lowering.set(0, try attended(lowering, q, k, v, [causal, try lowering.optional(10)]))
    }

    /// softmax(q k scale + masks) v, the heads joined.
    private static func attended(
        _ lowering: Lowering, _ q: Value, _ k: Value, _ v: Value, _ masks: [Value?]
    ) throws -> Value {
        var mask: Value?
        for part in masks.compactMap({ $0 }) { mask = try mask.map { try lowering.builder.add($0, part) } ?? part }
        var attributes: [String: ONNXNode.Attribute] = [:]
        let scale = lowering.float("scale", 0)
        if scale != 0 { attributes["scale"] = .float(scale) }
        if lowering.has("softcap") { attributes["softcap"] = .float(lowering.float("softcap", 0)) }
        let result = try lowering.applied("Attention", [q, k, v, mask], attributes)
        let shape = lowering.shape(result)
        let moved = try lowering.builder.permute(result, [0, 2, 1, 3])
        return try lowering.builder.reshape(moved, [shape[0], shape[2], shape[1] * shape[3]])
    }

    /// What is added where a key is padding: by lengths `[batch]`, or ones and zeros `[batch, keys]`, `[batch, queries, keys]`.
    private static func paddingMask(_ lowering: Lowering, _ index: Int, rows: Int, columns: Int) throws -> Value? {
        guard let stated = try lowering.optional(index) else { return nil }
        let shape = lowering.shape(stated)
        let mask = try lowering.builder.cast(stated, to: .int32)
        let isSeen: Value
        switch shape.count {
        case 1:
            let batch = lowering.shape(try lowering.input(0))[0]
            guard shape[0] == batch else { throw lowering.refusal("masks by start and end are not supported") }
            try lowering.limit(columns)
            let places = lowering.builder.constant(Tensor((0..<columns).map { Int32($0) }, shape: [columns]))
            isSeen = try lowering.builder.map(.less, places, try lowering.builder.reshape(mask, [batch, 1, 1, 1]))
        case 2, 3:
            guard shape[shape.count - 1] == columns, shape.count == 2 || shape[1] == rows else {
                throw lowering.refusal("a mask \(shape) does not fit \(rows) x \(columns)")
            }
            let zero = try lowering.whole(0, like: mask)
            let wide = try lowering.builder.reshape(mask, [shape[0], 1, shape.count == 2 ? 1 : rows, columns])
            isSeen = try lowering.builder.map(.less, zero, wide)
        default: throw lowering.refusal("a mask \(shape) is not supported")
        }
        let filler = lowering.builder.scalar(lowering.float("mask_filter_value", -10000))
        return try lowering.builder.select(isSeen, lowering.builder.scalar(0), filler)
    }

    private static func causalMask(_ lowering: Lowering, rows: Int, columns: Int) throws -> Value? {
        guard lowering.int("unidirectional", 0) == 1 else { return nil }
        try lowering.limit(rows, columns)
        let cells = (0..<rows * columns).map {
            $0 % columns <= $0 / columns + columns - rows ? Float(0) : -.infinity
        }
        return lowering.builder.constant(Tensor(cells, shape: [rows, columns]))
    }

    /// The plain operator with its operands in another order, and positions that may be given by the first one.
    private static func rotatePositions(_ lowering: Lowering) throws {
        let (x, stated, cosine) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let shape = lowering.shape(x)
        guard shape.count == 3 || shape.count == 4, lowering.shape(cosine).count == 2 else {
            throw lowering.refusal("cannot rotate \(shape) by a table \(lowering.shape(cosine))")
        }
        var places = try lowering.builder.cast(stated, to: .int64)
        let length = shape[shape.count - 2]
        try lowering.limit(length)
        if lowering.builder.type(places).count == 1 {
            let row = lowering.builder.constant(Tensor((0..<length).map { Int64($0) }, shape: [1, length]))
            let sum = try lowering.builder.add(row, try lowering.builder.reshape(places, [1, 1]))
            places = try lowering.builder.broadcast(sum, [shape[0], length])
        }
        var attributes = lowering.node.attributes
        let size = 2 * lowering.shape(cosine)[1]
        if shape.count == 3, lowering.int("num_heads", 0) == 0 {
            guard size >= 1 else { throw lowering.refusal("its tables are empty") }
            attributes["num_heads"] = .int(shape[2] / size)
        }
        if lowering.int("rotary_embedding_dim", 0) == 0 { attributes["rotary_embedding_dim"] = .int(size) }
        lowering.set(
            0, try lowering.applied("RotaryEmbedding", [x, cosine, try lowering.input(3), places], attributes))
    }
}
