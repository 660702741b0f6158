import Tensor

/// A product, a group over the rows of its result, and a product with the root of that group: softmax(Q K + mask) V, or whatever has
/// this form. It runs a block of rows at a time; the scores of a block are never stored.
struct Attention: Sendable {
    /// The first product.
    let scores: Int
    let group: RowGroup
    /// The second product, whose left operand is the root of the group.
    let result: Int
    /// Whether others read the root, too, as gradients do.
    let storesWeights: Bool

    /// All nodes, ascending but for the last.
    var members: [Int] { [scores] + group.members + [result] }
    /// Values that are stored besides the result.
    var stored: [Int] { group.stored.filter { $0 != group.root || storesWeights } }

    /// The attention that the product `result` ends; nil when it ends none. Everything runs in the step of the result.
    init?(
        endingIn result: Int, _ context: RowGroup.Context, rowGroups: [Int: RowGroup], step: [Int], arranged: Set<Int>
    ) {
        let nodes = context.nodes
        guard case .matmul(transposeA: false, _) = nodes[result].operation, nodes[result].operands.count == 2,
            step[result] == result, !context.taken.contains(result), !arranged.contains(result),
            let group = rowGroups[nodes[result].operands[0].index], group.axis == group.shape.count - 1,
            nodes[group.root].type.shape == group.shape, nodes[result].operands[1].index != group.root,
            nodes[result].type.shape.dropLast(2) == group.shape.dropLast(2), nodes[result].type.count > 0,
            !context.isConstant[group.root]
        else { return nil }
        let members = Set(group.members)
        let scores = Set(group.members.flatMap { nodes[$0].operands.map(\.index) }).sorted().first { operand in
            guard case .matmul = nodes[operand].operation else { return false }
            return nodes[operand].type.shape == group.shape && step[operand] == operand
                && !context.kept.contains(operand) && !context.taken.contains(operand) && !arranged.contains(operand)
                && !context.isConstant[operand] && context.users[operand].allSatisfy(members.contains)
        }
        guard let scores else { return nil }
        // The root is what the second product multiplies; everything else must be wanted later only.
        let isLate = group.stored.allSatisfy { value in
            context.users[value].allSatisfy { user in
                members.contains(user) || user == result && value == group.root
                    || context.reads(after: result, user, besides: members, step: step)
            }
        }
        guard isLate else { return nil }
        self.scores = scores
        self.group = group
        self.result = result
        storesWeights = context.kept.contains(group.root) || context.users[group.root].contains { $0 != result }
    }
}
