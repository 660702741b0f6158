import Tensor

/// A stretched, permuted or sliced value that elementwise steps read where its source lies, without a copy.
struct StridedView: Sendable {
    /// The node that is stored, if only under another shape.
    let source: Int
    /// Position of the first element.
    let offset: Int
    /// Distance per axis of the view's shape, 0 where it stretches.
    let strides: [Int]

    /// The views among the needed nodes of a program: nodes that move elements, and whose only readers are elementwise steps or
    /// further views. What would be copied for several readers at once is copied once instead, unless it only stretches.
    static func all(_ nodes: [Node], users: [[Int]], needed: [Bool], kept: Set<Int>) -> [Int: StridedView] {
        var isView = [Bool](repeating: false, count: nodes.count)
        for index in nodes.indices.reversed()
        where needed[index] && !kept.contains(index) && nodes[index].type.count > 0 {
            let isReadInBlocks = users[index].allSatisfy { isView[$0] || Fusion.isFusible(nodes[$0], nodes) }
            guard isReadInBlocks else { continue }
            switch nodes[index].operation {
            case .broadcast: isView[index] = true
            case .permute, .slice: isView[index] = users[index].count == 1
            default: break
            }
        }
        var views: [Int: StridedView] = [:]
        for index in nodes.indices where isView[index] {
            let operand = nodes[index].operands[0].index
            let base = views[operand] ?? StridedView(contiguous: operand, nodes[operand].type)
            var (offset, strides) = (base.offset, base.strides)
            switch nodes[index].operation {
            case .permute(let order): strides = order.map { base.strides[$0] }
            case .slice(let start, let step, _):
                offset += zip(start, base.strides).reduce(0) { $0 + $1.0 * $1.1 }
                strides = zip(step, base.strides).map { $0 * $1 }
            default: break
            }
            // An axis of size 1 may be stretched by whoever reads.
            for (axis, size) in nodes[index].type.shape.enumerated() where size == 1 { strides[axis] = 0 }
            views[index] = StridedView(source: base.source, offset: offset, strides: strides)
        }
        return views
    }

    private init(source: Int, offset: Int, strides: [Int]) {
        (self.source, self.offset, self.strides) = (source, offset, strides)
    }

    /// A whole value, ready to be stretched.
    init(contiguous source: Int, _ type: TensorType) {
        self.init(source: source, offset: 0, strides: zip(type.shape, type.strides).map { $0 == 1 ? 0 : $1 })
    }
}
