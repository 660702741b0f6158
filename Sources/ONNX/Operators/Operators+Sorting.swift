import Graph
import Tensor

/// The k greatest or least elements of an axis, in order.
extension Operators {
    static let sorting: [String: Lowering.Operator] = ["TopK": top]

    /// Elements of a table of comparisons; longer axes are searched k times.
    private static let tableLimit = 1 << 22

    private static func top(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        let axis = try lowering.axis(lowering.int("axis", -1), rank: shape.count)
        let stated = lowering.opset < 10 ? lowering.int("k", 0) : try lowering.integers(1).first ?? 0
        let (size, rows) = (shape[axis], shape.reduce(1, *) / max(1, shape[axis]))
        guard (0...size).contains(stated), size >= 1 else { throw lowering.refusal("cannot take \(stated) of \(size)") }
        var order = Array(shape.indices)
        order.append(order.remove(at: axis))
        let moved = try lowering.builder.permute(x, order)
        let flat = try lowering.builder.reshape(moved, [rows, size])
        let isLargest = lowering.int("largest", 1) == 1
        let places: Value
        try lowering.limit(size)
        if Double(rows) * Double(size) * Double(size) <= Double(tableLimit) {
            places = try byRank(lowering, flat, stated, isLargest)
        } else {
            guard stated <= 1024 else {
                throw lowering.refusal("\(stated) of \(size) elements: at most 1024 of a long axis are supported")
            }
            places = try byTurns(lowering, flat, stated, isLargest)
        }
        let values = try lowering.builder.append(.pick(axis: 1), [flat, places])
        var inverse = order
        for (to, from) in order.enumerated() { inverse[from] = to }
        let target = order.dropLast().map { shape[$0] } + [stated]
        func restored(_ value: Value) throws -> Value {
            try lowering.builder.permute(try lowering.builder.reshape(value, target), inverse)
        }
        lowering.set(0, try restored(values))
        lowering.set(1, try restored(places), kind: .int64)
    }

    /// The rank of an element is how many others come before it, of equal ones the earlier first; place r is that of rank r.
    private static func byRank(_ lowering: Lowering, _ x: Value, _ k: Int, _ isLargest: Bool) throws -> Value {
        let (rows, size) = (lowering.shape(x)[0], lowering.shape(x)[1])
        let own = try lowering.builder.reshape(x, [rows, size, 1])
        let other = try lowering.builder.reshape(x, [rows, 1, size])
        let isBefore =
            isLargest
            ? try lowering.builder.map(.less, own, other) : try lowering.builder.map(.less, other, own)
        let earlier = (0..<size * size).map { $0 % size < $0 / size }
        let isEarlier = lowering.builder.constant(Tensor(earlier, shape: [1, size, size]))
        let isTie = try lowering.builder.map(.and, try lowering.builder.map(.equal, own, other), isEarlier)
        let counted = try lowering.builder.cast(try lowering.builder.map(.or, isBefore, isTie), to: .int64)
        let ranks = try lowering.builder.sum(counted, axes: [2])
        let wanted = try lowering.builder.reshape(lowering.constant(Array(0..<k)), [1, 1, k])
        let hit = try lowering.builder.cast(try lowering.builder.map(.equal, ranks, wanted), to: .int64)
        let index = try lowering.builder.reshape(lowering.constant(Array(0..<size)), [1, size, 1])
        let sum = try lowering.builder.sum(try lowering.builder.multiply(hit, index), axes: [1])
        return try lowering.builder.reshape(sum, [rows, k])
    }

    /// k times the first winner of those that are left.
    private static func byTurns(_ lowering: Lowering, _ x: Value, _ k: Int, _ isLargest: Bool) throws -> Value {
        let (rows, size) = (lowering.shape(x)[0], lowering.shape(x)[1])
        let wide = try lowering.builder.cast(x, to: .float32)
        let key = isLargest ? wide : try lowering.builder.map(.negate, wide)
        let index = try lowering.builder.reshape(lowering.constant(Array(0..<size)), [1, size])
        var left = lowering.builder.constant(Tensor([Bool](repeating: true, count: size), shape: [1, size]))
        var places: [Value] = []
        for _ in 0..<k {
            let masked = try lowering.builder.select(left, key, lowering.builder.scalar(-.infinity))
            let most = try lowering.builder.reduce(.maximum, masked, axes: [1])
            let isCandidate = try lowering.builder.map(.and, left, try lowering.builder.map(.equal, key, most))
            let place = try lowering.builder.reduce(
                .firstMaximum, try lowering.builder.cast(isCandidate, to: .float32), axes: [1])
            places.append(place)
            let isOther = try lowering.builder.map(.not, try lowering.builder.map(.equal, index, place))
            left = try lowering.builder.map(.and, left, isOther)
        }
        guard !places.isEmpty else { return lowering.builder.constant(Tensor(shape: [rows, 0], type: .int64)) }
        return places.count == 1 ? places[0] : try lowering.builder.append(.concatenate(axis: 1), places)
    }
}
