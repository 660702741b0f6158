import Tensor

/// Which elementwise operations run together, a block at a time, without storing what lies between.
enum Fusion {
    static let largestGroup = 24

    static func isFusible(_ node: Node, _ nodes: [Node]) -> Bool {
        func inBlocks(_ type: ElementType) -> Bool { type == .float32 || type == .bool }
        let types = node.operands.map { nodes[$0.index].type.element }
        switch node.operation {
        case .map: return inBlocks(node.type.element) && types.allSatisfy(inBlocks) && isSupported(node, types)
        case .cast(.float32): return types == [.bool]
        default: return false
        }
    }

    /// Boolean selection and comparison of booleans are rare; they run alone.
    private static func isSupported(_ node: Node, _ types: [ElementType]) -> Bool {
        guard case .map(let function) = node.operation else { return false }
        switch function {
        case .select: return node.type.element == .float32
        case .equal, .less, .lessOrEqual: return types[0] == .float32
        default: return true
        }
    }

    /// The members of the group that ends in `root`, ascending: elementwise operations of the same shape that nothing outside reads.
    static func group(from root: Int, _ nodes: [Node], users: [[Int]], kept: Set<Int>) -> [Int] {
        var members: Set<Int> = [root]
        var frontier = [root]
        while let current = frontier.popLast() {
            for operand in nodes[current].operands.map(\.index) where !members.contains(operand) {
                guard members.count < largestGroup, !kept.contains(operand),
                    nodes[operand].type.shape == nodes[root].type.shape, isFusible(nodes[operand], nodes),
                    users[operand].allSatisfy({ members.contains($0) })
                else { continue }
                members.insert(operand)
                frontier.append(operand)
            }
        }
        return members.sorted()
    }
}
