import Tensor

/// A stretched, permuted or sliced value that elementwise steps and products read where its source lies, without a copy.
struct StridedView: Sendable {
    /// The node that is stored, if only under another shape.
    let source: Int
    /// Position of the first element.
    let offset: Int
    /// Distance per axis of the view's shape, 0 where it stretches.
    let strides: [Int]

    /// The views among the needed nodes of a program: nodes that move elements (and change shape), and whose only readers are
    /// elementwise steps, products (but those of `arranged`), or further views. What elementwise steps would gather for several
    /// readers at once is copied once instead, unless it only stretches.
    static func all(
        _ nodes: [Node], users: [[Int]], needed: [Bool], kept: Set<Int>, arranged: Set<Int>
    ) -> [Int: StridedView] {
        var refused: Set<Int> = []
        // Whether strides suit a product or a change of shape shows only when they are known: then the value is stored.
        while true {
            let isView = candidates(
                nodes, users: users, needed: needed, kept: kept.union(refused), arranged: arranged)
            var views: [Int: StridedView] = [:]
            var misfits: Set<Int> = []
            for index in nodes.indices where isView[index] {
                guard let view = StridedView(of: index, nodes, views) else {
                    if case .reshape = nodes[index].operation { continue }
                    misfits.insert(index)
                    continue
                }
                let isRead = users[index].allSatisfy { user in
                    switch nodes[user].operation {
                    case .matmul: MatrixLayout(nodes[index].type.shape, view.strides) != nil
                    case .reshape(let shape): view.reshaped(nodes[index].type.shape, to: shape) != nil
                    default: true
                    }
                }
                if isRead { views[index] = view } else { misfits.insert(index) }
            }
            if misfits.isEmpty { return views }
            refused.formUnion(misfits)
        }
    }

    /// Nodes that their readers could read in place as far as operations tell.
    private static func candidates(
        _ nodes: [Node], users: [[Int]], needed: [Bool], kept: Set<Int>, arranged: Set<Int>
    ) -> [Bool] {
        func isProduct(_ index: Int) -> Bool {
            if case .matmul = nodes[index].operation { !arranged.contains(index) } else { false }
        }
        var isView = [Bool](repeating: false, count: nodes.count)
        // Read by products alone, which gather nothing.
        var isFree = [Bool](repeating: false, count: nodes.count)
        for index in nodes.indices.reversed()
        where needed[index] && !kept.contains(index) && nodes[index].type.count > 0 {
            let isReadInPlace = users[index].allSatisfy {
                isView[$0] || Fusion.isFusible(nodes[$0], nodes) || isProduct($0)
            }
            guard isReadInPlace else { continue }
            isFree[index] = users[index].allSatisfy { isProduct($0) || isView[$0] && isFree[$0] }
            switch nodes[index].operation {
            case .broadcast: isView[index] = true
            case .permute, .slice: isView[index] = users[index].count == 1 || isFree[index]
            case .reshape: isView[index] = nodes[index].type.element == .float32
            default: break
            }
        }
        return isView
    }

    /// How a node that moves elements reads its operand; nil for a change of shape that needs none, or that strides cannot express.
    private init?(of index: Int, _ nodes: [Node], _ views: [Int: StridedView]) {
        let operand = nodes[index].operands[0].index
        let base = views[operand] ?? StridedView(contiguous: operand, nodes[operand].type)
        var (offset, strides) = (base.offset, base.strides)
        switch nodes[index].operation {
        case .permute(let order): strides = order.map { base.strides[$0] }
        case .slice(let start, let step, _):
            offset += zip(start, base.strides).reduce(0) { $0 + $1.0 * $1.1 }
            strides = zip(step, base.strides).map { $0 * $1 }
        case .reshape(let shape):
            guard views[operand] != nil, let found = base.reshaped(nodes[operand].type.shape, to: shape) else {
                return nil
            }
            strides = found
        default: break
        }
        // An axis of size 1 may be stretched by whoever reads.
        for (axis, size) in nodes[index].type.shape.enumerated() where size == 1 { strides[axis] = 0 }
        self.init(source: base.source, offset: offset, strides: strides)
    }

    private init(source: Int, offset: Int, strides: [Int]) {
        (self.source, self.offset, self.strides) = (source, offset, strides)
    }

    /// A whole value, ready to be stretched.
    init(contiguous source: Int, _ type: TensorType) {
        self.init(source: source, offset: 0, strides: zip(type.shape, type.strides).map { $0 == 1 ? 0 : $1 })
    }

    /// The strides of the same elements under another shape; nil when there are none.
    func reshaped(_ shape: [Int], to target: [Int]) -> [Int]? {
        let (sizes, merged) = ElementwiseStep.merged(shape, [strides])
        var result = [Int](repeating: 0, count: target.count)
        var (part, left) = (sizes.count - 1, sizes.last ?? 1)
        var stride = merged[0].last ?? 0
        for axis in target.indices.reversed() where target[axis] != 1 {
            if left == 1, part > 0 {
                part -= 1
                (left, stride) = (sizes[part], merged[0][part])
            }
            guard left % target[axis] == 0 else { return nil }
            result[axis] = stride
            stride *= target[axis]
            left /= target[axis]
        }
        return result
    }
}
