import Tensor

/// A product or a convolution with what follows it inside the same call: a bias for each column (channel), then relu.
///
/// The definition allows it: the kernels add and compare values that are already rounded, as the separate steps would.
struct Contraction: Sendable {
    let head: Int
    let bias: Int?
    let activation: Activation
    /// All nodes, changes of shape between them included, ascending; the last one is the result.
    let members: [Int]

    /// What can follow `head` without being stored; nil when nothing can.
    init?(from head: Int, _ nodes: [Node], users: [[Int]], kept: Set<Int>) {
        let shape = nodes[head].type.shape
        let isProduct: Bool
        switch nodes[head].operation {
        case .convolve: isProduct = false
        case .matmul where shape.dropLast(2).allSatisfy({ $0 == 1 }): isProduct = true
        default: return nil
        }
        let width = isProduct ? shape[shape.count - 1] : shape[1]
        var members = [head]
        var bias: Int?
        var activation = Activation.none
        while let current = members.last, activation == .none, !kept.contains(current), users[current].count == 1 {
            let next = users[current][0]
            let node = nodes[next]
            if case .reshape(let target) = node.operation {
                // The columns of a product stay its columns.
                guard isProduct, target.last == width else { break }
            } else if node.operation == .map(.add), bias == nil, node.type == nodes[current].type {
                let other = node.operands[node.operands[0].index == current ? 1 : 0].index
                let axis = isProduct ? node.type.rank - 1 : 1
                guard Self.isVector(nodes[other].type, along: axis, of: width) else { break }
                bias = other
            } else if node.operation == .map(.relu) {
                activation = .relu
            } else {
                break
            }
            members.append(next)
        }
        while let last = members.last, case .reshape = nodes[last].operation { members.removeLast() }
        guard members.count > 1 else { return nil }
        self.head = head
        self.bias = bias
        self.activation = activation
        self.members = members
    }

    private static func isVector(_ type: TensorType, along axis: Int, of size: Int) -> Bool {
        type.element == .float32 && type.count == size && axis < type.rank && type.shape[axis] == size
    }
}
