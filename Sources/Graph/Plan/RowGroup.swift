import Tensor

/// Elementwise operations and folds of whole rows that run together, some rows at a time while they are in the cache: a softmax,
/// a layer norm, their gradients, whatever is made of the same.
///
/// The definition allows it: every operation gets the operands that it would get by itself, and a fold always has a whole row.
struct RowGroup: Sendable {
    /// The last member.
    let root: Int
    /// All nodes, ascending.
    let members: [Int]
    /// Members whose values are read elsewhere, the root included.
    let stored: [Int]
    /// The shape of the matrix: the axes before `axis` count the rows, the others make up a row.
    let shape: [Int]
    let axis: Int

    /// Elements of the longest row that is kept in the cache.
    static let longestRow = 1 << 14
    static let largestGroup = 48

    var width: Int { shape[axis...].reduce(1, *) }
    var rows: Int { shape[..<axis].reduce(1, *) }
    /// The shape of a value that has one number for each row.
    var narrow: [Int] { Self.narrow(shape, axis) }

    static func narrow(_ shape: [Int], _ axis: Int) -> [Int] {
        shape[..<axis] + [Int](repeating: 1, count: shape.count - axis)
    }

    /// What forming groups needs to know of a program.
    struct Context {
        let nodes: [Node]
        let users: [[Int]]
        let kept: Set<Int>
        /// Members of contractions.
        let taken: Set<Int>
        let views: [Int: StridedView]
        let isConstant: [Bool]

        /// Whether every reader of a value that is none of `members` runs after the step of node `last`: then the value may be
        /// computed as late as in that step. `step` gives the step in which a node runs.
        func isReadOnlyAfter(_ last: Int, _ value: Int, besides members: Set<Int>, step: [Int]) -> Bool {
            users[value].allSatisfy { members.contains($0) || reads(after: last, $0, besides: members, step: step) }
        }

        /// The same of one reader, and of those of what is only another view of the value.
        func reads(after last: Int, _ user: Int, besides members: Set<Int>, step: [Int]) -> Bool {
            if case .reshape = nodes[user].operation {
                return isReadOnlyAfter(last, user, besides: members, step: step)
            }
            return views[user] != nil
                ? isReadOnlyAfter(last, user, besides: members, step: step) : step[user] > last
        }
    }

    /// The largest group that ends in `root` and has a fold in it; nil when there is none.
    init?(endingIn root: Int, _ context: Context, step: [Int]) {
        for (shape, axis) in Self.matrices(above: root, context) {
            let narrow = Self.narrow(shape, axis)
            guard Self.fits(root, shape, axis, narrow, context) else { continue }
            var members: Set<Int> = [root]
            // Until nothing more joins: a value may join only after its readers have.
            var grows = true
            while grows {
                grows = false
                let border = Set(members.flatMap { context.nodes[$0].operands.map(\.index) }).subtracting(members)
                for operand in border.sorted(by: >) where members.count < Self.largestGroup {
                    guard Self.fits(operand, shape, axis, narrow, context),
                        context.isConstant[operand] == context.isConstant[root],
                        context.isReadOnlyAfter(root, operand, besides: members, step: step)
                    else { continue }
                    members.insert(operand)
                    grows = true
                }
            }
            let hasFold = members.contains { if case .reduce = context.nodes[$0].operation { true } else { false } }
            guard members.count > 1, hasFold else { continue }
            self.root = root
            self.members = members.sorted()
            self.shape = shape
            self.axis = axis
            stored = members.sorted().filter { member in
                member == root || context.kept.contains(member)
                    || context.users[member].contains { !members.contains($0) }
            }
            return
        }
        return nil
    }

    /// The matrices whose rows are folded not far above `root`.
    private static func matrices(above root: Int, _ context: Context) -> [(shape: [Int], axis: Int)] {
        var found: [(shape: [Int], axis: Int)] = []
        var seen: Set<Int> = [root]
        var frontier = [root]
        while let current = frontier.popLast(), seen.count < largestGroup {
            if let axis = foldAxis(current, context) {
                let shape = context.nodes[context.nodes[current].operands[0].index].type.shape
                if !found.contains(where: { $0 == (shape, axis) }) { found.append((shape, axis)) }
            }
            for operand in context.nodes[current].operands.map(\.index) where !seen.contains(operand) {
                guard Fusion.isFusible(context.nodes[operand], context.nodes) || foldAxis(operand, context) != nil
                else { continue }
                seen.insert(operand)
                frontier.append(operand)
            }
        }
        return found
    }

    /// The first of the trailing axes that a node folds, if it is such a fold and its rows are neither single numbers nor too long.
    private static func foldAxis(_ index: Int, _ context: Context) -> Int? {
        let node = context.nodes[index]
        guard case .reduce(let kind, let axes) = node.operation, node.type.element == .float32, node.type.count > 0,
            kind == .sum || kind == .maximum || kind == .minimum, let first = axes.first
        else { return nil }
        let shape = context.nodes[node.operands[0].index].type.shape
        let width = shape[first...].reduce(1, *)
        guard axes == Array(first..<shape.count), (2...longestRow).contains(width) else { return nil }
        return first
    }

    private static func fits(
        _ index: Int, _ shape: [Int], _ axis: Int, _ narrow: [Int], _ context: Context
    ) -> Bool {
        let node = context.nodes[index]
        guard !context.taken.contains(index), context.views[index] == nil else { return false }
        if let folded = foldAxis(index, context) {
            return folded == axis && context.nodes[node.operands[0].index].type.shape == shape
        }
        return (node.type.shape == shape || node.type.shape == narrow) && Fusion.isFusible(node, context.nodes)
    }
}
