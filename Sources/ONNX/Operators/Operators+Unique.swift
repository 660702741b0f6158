import Graph
import Tensor

extension Operators {
    static let distinct: [String: Lowering.Operator] = ["Unique": unique]

    /// Different elements, or slices along an axis, of what is known: where each is first, which one every old one is, how often each
    /// occurs.
    private static func unique(_ lowering: Lowering) throws {
        let tensor = try lowering.tensor(0)
        var (axis, shape) = (0, [tensor.count])
        if lowering.has("axis") {
            axis = try lowering.axis(lowering.int("axis", 0), rank: tensor.rank)
            shape = tensor.shape
        }
        let keys = orderedKeys(tensor)
        let (outer, size, inner) = (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
        let rows = (0..<size).map { place in
            (0..<outer * inner).map { keys[($0 / inner * size + place) * inner + $0 % inner] }
        }
        var (groups, firsts, counts): ([[Int64]: Int], [Int], [Int]) = ([:], [], [])
        var members: [Int] = []
        for (place, row) in rows.enumerated() {
            let group = groups[row] ?? firsts.count
            if group == firsts.count {
                groups[row] = group
                firsts.append(place)
                counts.append(0)
            }
            counts[group] += 1
            members.append(group)
        }
        if lowering.int("sorted", 1) == 1 {
            let order = firsts.indices.sorted { rows[firsts[$0]].lexicographicallyPrecedes(rows[firsts[$1]]) }
            var ranks = order
            for (rank, group) in order.enumerated() { ranks[group] = rank }
            members = members.map { ranks[$0] }
            (firsts, counts) = (order.map { firsts[$0] }, order.map { counts[$0] })
        }
        let x = try lowering.builder.reshape(try lowering.input(0), shape)
        lowering.set(0, try lowering.builder.append(.gather(axis: axis), [x, lowering.constant(firsts)]))
        for (index, list) in [(1, firsts), (2, members), (3, counts)] {
            lowering.set(index, lowering.constant(list), kind: .int64)
        }
    }

    /// Whole numbers that are equal and in order as the elements are.
    private static func orderedKeys(_ tensor: Tensor) -> [Int64] {
        switch tensor.type {
        case .float32:
            tensor.values(as: Float.self).map {
                // Bits of negative numbers fall as the numbers do; both zeros are one.
                let bits = Int64(Int32(bitPattern: ($0 + 0).bitPattern))
                return bits < 0 ? -(bits & 0x7FFF_FFFF) : bits
            }
        case .int32: tensor.values(as: Int32.self).map(Int64.init)
        case .int64: tensor.values(as: Int64.self)
        default: ReferenceBits.isSet(tensor).map { $0 ? 1 : 0 }
        }
    }
}
