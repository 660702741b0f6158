import Tensor

/// How a program is executed: what is fused, what is computed once, where every value lies in memory.
///
/// A plan is immutable and may be shared; each `Session` made from it owns its own arena.
package struct Plan: Sendable {
    package let program: Program
    /// Bytes of the arena that a session needs besides its parameters and constants.
    package let arenaBytes: Int
    package let inputBytes: Int
    package let parameterBytes: Int
    /// Bytes of inputs, constants and what is computed from them.
    package let constantBytes: Int
    /// Nodes of the elementwise group of each root, in program order.
    let groups: [Int: [Int]]
    /// Elementwise groups whose result is stored in another order of axes, by root.
    let orders: [Int: StoredOrder]
    /// Groups that fold rows, by root.
    let rowGroups: [Int: RowGroup]
    /// Products with what lies between them, by the second product.
    let attentions: [Int: Attention]
    /// Permutations whose place a product writes its result to, by the product.
    let landings: [Int: Landing]
    /// Values that are read where their source lies.
    let views: [Int: StridedView]
    /// Products and convolutions with what follows them, by the node that is their result.
    let contractions: [Int: Contraction]
    /// Nodes that run, in order (roots only); those that depend on constants alone come in `preparation`.
    let preparation: [Int]
    let steps: [Int]
    let places: [Place]
    /// Products and convolutions whose second operand is constant and is arranged once.
    let arranged: Set<Int>
    /// Bytes of the arranged operands.
    package let arrangedBytes: Int
    /// Updates whose value is written straight into the parameter.
    let inPlaceUpdates: Set<Int>

    /// Where the bytes of a value are.
    enum Place: Sendable, Equatable {
        case arena(Int)
        /// Permanent storage: sources, constants and what is computed from constants.
        case permanent(Int)
        case alias(Int)
        /// Inside an elementwise group, never stored.
        case register
        /// Needed by nothing.
        case dead
    }

    /// Memory in bytes that one session holds, known before anything runs.
    package var peakBytes: Int { arenaBytes + parameterBytes + constantBytes + arrangedBytes }

    package init(_ program: Program) {
        self.program = program
        let nodes = program.nodes
        let needed = Self.needed(program)
        let users = Self.users(program, needed)
        let kept = Set(program.outputs.map(\.value.index) + program.updates.map(\.value.index))

        // Contractions take what follows them; elementwise groups form of the rest, from the consumers back. Each member's
        // root is the node that is stored; a node that is its own root is a step.
        var root = Array(nodes.indices)
        var contractions: [Int: Contraction] = [:]
        var taken = kept
        for index in nodes.indices where needed[index] {
            guard let contraction = Contraction(from: index, nodes, users: users, kept: kept),
                let result = contraction.members.last
            else { continue }
            contractions[result] = contraction
            for member in contraction.members { root[member] = result }
            taken.formUnion(contraction.members)
        }
        let isConstant = Self.constants(nodes, needed)
        let arranged = Set(
            nodes.indices.filter { needed[$0] && nodes[$0].arrangesWeights && isConstant[nodes[$0].operands[1].index] })
        let landings = Landing.all(nodes, users: users, needed: needed, kept: kept, arranged: arranged)
        for (product, landing) in landings { root[landing.permutation] = product }
        // A bias is read as one run, a landing is written: neither may be a mere view.
        let isWhole = taken.union(landings.values.map(\.permutation)).union(contractions.values.compactMap(\.bias))
        let views = StridedView.all(nodes, users: users, needed: needed, kept: isWhole, arranged: arranged)
        let context = RowGroup.Context(
            nodes: nodes, users: users, kept: kept, taken: Set(contractions.values.flatMap(\.members)), views: views,
            isConstant: isConstant)
        var groups: [Int: [Int]] = [:]
        var rowGroups: [Int: RowGroup] = [:]
        for index in nodes.indices.reversed() where needed[index] && root[index] == index {
            if let group = RowGroup(endingIn: index, context, step: root) {
                for member in group.members { root[member] = index }
                rowGroups[index] = group
            } else if contractions[index] == nil, Fusion.isFusible(nodes[index], nodes) {
                let members = Fusion.group(from: index, nodes, users: users, kept: taken)
                for member in members { root[member] = index }
                groups[index] = members
            }
        }

        var attentions: [Int: Attention] = [:]
        for index in nodes.indices where needed[index] {
            guard
                let attention = Attention(
                    endingIn: index, context, rowGroups: rowGroups, step: root, arranged: arranged),
                landings[index]?.isTransposed != true
            else { continue }
            attentions[index] = attention
            for member in attention.members { root[member] = index }
            rowGroups[attention.group.root] = nil
        }

        var orders: [Int: StoredOrder] = [:]
        for (index, members) in groups where !kept.contains(index) {
            orders[index] = StoredOrder(
                index, members, nodes, users: users[index], views: views, arranged: arranged)
        }

        var preparation: [Int] = []
        var steps: [Int] = []
        for index in nodes.indices where needed[index] && root[index] == index && views[index] == nil {
            switch nodes[index].operation {
            case .constant, .input, .parameter, .reshape: continue
            default: if isConstant[index] { preparation.append(index) } else { steps.append(index) }
            }
        }

        var layout = MemoryLayoutPlanner(
            program, needed: needed, isConstant: isConstant, root: root, groups: groups,
            contractions: contractions.mapValues(\.members), rowGroups: rowGroups, attentions: attentions,
            landings: landings.mapValues(\.permutation), views: views.mapValues(\.source))
        // What is read in its arrangement only is not stored as it was.
        for index in nodes.indices where needed[index] && !kept.contains(index) {
            guard case .constant = nodes[index].operation, !users[index].isEmpty else { continue }
            if users[index].allSatisfy({ arranged.contains($0) && nodes[$0].operands[0].index != index }) {
                layout.leaveOut(index)
            }
        }
        inPlaceUpdates = layout.placeUpdates(steps: steps, users: users, kept: kept)
        layout.placeAll(steps: steps)
        self.groups = groups
        self.contractions = contractions
        self.orders = orders
        self.rowGroups = rowGroups
        self.attentions = attentions
        self.landings = landings
        self.views = views
        self.arranged = arranged
        arrangedBytes = arranged.reduce(0) { $0 + nodes[$1].arrangedBytes(nodes) }
        self.preparation = preparation
        self.steps = steps
        places = layout.places
        arenaBytes = layout.arenaBytes
        inputBytes = layout.inputBytes
        parameterBytes = program.parameters.reduce(0) { $0 + program.type($1).byteCount }
        constantBytes = layout.permanentBytes - parameterBytes
    }

    /// What the step of a node is called.
    func name(ofStep index: Int) -> String {
        if attentions[index] != nil { return "attention" }
        if rowGroups[index] != nil { return "rows" }
        return program.nodes[contractions[index]?.head ?? index].operation.name
    }

    /// Nodes that an output or an update depends on.
    private static func needed(_ program: Program) -> [Bool] {
        var needed = [Bool](repeating: false, count: program.nodes.count)
        for index in program.outputs.map(\.value.index) + program.updates.map(\.value.index) { needed[index] = true }
        for index in program.nodes.indices.reversed() {
            switch program.nodes[index].operation {
            case .input, .parameter: needed[index] = true
            default: break
            }
            if needed[index] { for operand in program.nodes[index].operands { needed[operand.index] = true } }
        }
        return needed
    }

    /// What depends on constants alone.
    private static func constants(_ nodes: [Node], _ needed: [Bool]) -> [Bool] {
        var isConstant = [Bool](repeating: false, count: nodes.count)
        for index in nodes.indices where needed[index] {
            switch nodes[index].operation {
            case .constant: isConstant[index] = true
            case .input, .parameter: break
            default: isConstant[index] = nodes[index].operands.allSatisfy { isConstant[$0.index] }
            }
        }
        return isConstant
    }

    private static func users(_ program: Program, _ needed: [Bool]) -> [[Int]] {
        var users = [[Int]](repeating: [], count: program.nodes.count)
        for index in program.nodes.indices where needed[index] {
            for operand in program.nodes[index].operands { users[operand.index].append(index) }
        }
        return users
    }
}

extension Node {
    /// Whether the kernels can read the second operand arranged.
    fileprivate var arrangesWeights: Bool {
        switch operation {
        case .matmul(transposeA: false, _): type.shape.dropLast(2).allSatisfy { $0 == 1 } && type.count > 0
        case .convolve: type.count > 0
        default: false
        }
    }

    /// Room for the arranged second operand: columns (channels of a group) in whole panels.
    fileprivate func arrangedBytes(_ nodes: [Node]) -> Int {
        let weights = nodes[operands[1].index].type.count
        var (columns, groups) = (type.shape[type.rank - 1], 1)
        if case .convolve(_, let count) = operation { (columns, groups) = (type.shape[1] / count, count) }
        let unit = PackedWeights.unit
        return weights / (columns * groups) * ((columns + unit - 1) / unit * unit) * groups * 4
    }
}
