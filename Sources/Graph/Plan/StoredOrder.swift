import Tensor

/// The order of axes in which the result of an elementwise group is stored, where only products read it: that of its operand, so that
/// what was permuted is run through from end to end.
struct StoredOrder: Sendable {
    /// Axes from the slowest to the fastest.
    let axes: [Int]
    /// Distance per axis of the result.
    let strides: [Int]

    /// The order for the group `members` that ends in `root`; nil for the plain one.
    init?(_ root: Int, _ members: [Int], _ nodes: [Node], users: [Int], views: [Int: StridedView], arranged: Set<Int>) {
        let shape = nodes[root].type.shape
        let isReadByProducts = users.allSatisfy { user in
            if case .matmul = nodes[user].operation { !arranged.contains(user) } else { false }
        }
        guard !users.isEmpty, isReadByProducts else { return nil }
        let inside = Set(members)
        var orders: Set<[Int]> = []
        for operand in Set(members.flatMap { nodes[$0].operands.map(\.index) }).subtracting(inside) {
            let view = views[operand] ?? StridedView(contiguous: operand, nodes[operand].type)
            if view.strides.allSatisfy({ $0 == 0 }) { continue }
            // Axes of size 1 first, where they disturb nobody.
            let sorted = shape.indices.sorted { first, second in
                let (a, b) = (
                    shape[first] == 1 ? Int.max : view.strides[first],
                    shape[second] == 1 ? Int.max : view.strides[second]
                )
                return a == b ? first < second : a > b
            }
            orders.insert(sorted)
        }
        guard orders.count == 1, let axes = orders.first, axes != Array(shape.indices) else { return nil }
        let plain = TensorType.strides(of: axes.map { shape[$0] })
        var strides = [Int](repeating: 0, count: shape.count)
        for (axis, stride) in zip(axes, plain) { strides[axis] = stride }
        guard MatrixLayout(shape, strides) != nil else { return nil }
        self.axes = axes
        self.strides = strides
    }
}
