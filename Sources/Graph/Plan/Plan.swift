import Tensor

/// How a program is executed: what is fused, what is computed once, where every value lies in memory.
///
/// A plan is immutable and may be shared; each `Session` made from it owns its own arena.
package struct Plan: Sendable {
    package let program: Program
    /// Bytes of the arena that a session needs besides its parameters and constants.
    package let arenaBytes: Int
    package let parameterBytes: Int
    package let constantBytes: Int
    /// Nodes of the elementwise group of each root, in program order.
    let groups: [Int: [Int]]
    /// Products and convolutions with what follows them, by the node that is their result.
    let contractions: [Int: Contraction]
    /// Nodes that run, in order (roots only); those that depend on constants alone come in `preparation`.
    let preparation: [Int]
    let steps: [Int]
    let places: [Place]
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
    package var peakBytes: Int { arenaBytes + parameterBytes + constantBytes }

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
        var groups: [Int: [Int]] = [:]
        for index in nodes.indices.reversed() where needed[index] && root[index] == index {
            guard contractions[index] == nil, Fusion.isFusible(nodes[index], nodes) else { continue }
            let members = Fusion.group(from: index, nodes, users: users, kept: taken)
            for member in members { root[member] = index }
            groups[index] = members
        }

        // What depends on constants alone.
        var isConstant = [Bool](repeating: false, count: nodes.count)
        for index in nodes.indices where needed[index] {
            switch nodes[index].operation {
            case .constant: isConstant[index] = true
            case .input, .parameter: break
            default: isConstant[index] = nodes[index].operands.allSatisfy { isConstant[$0.index] }
            }
        }

        var preparation: [Int] = []
        var steps: [Int] = []
        for index in nodes.indices where needed[index] && root[index] == index {
            switch nodes[index].operation {
            case .constant, .input, .parameter, .reshape: continue
            default: if isConstant[index] { preparation.append(index) } else { steps.append(index) }
            }
        }

        var layout = MemoryLayoutPlanner(
            program, needed: needed, isConstant: isConstant, root: root, groups: groups,
            contractions: contractions.mapValues(\.members))
        inPlaceUpdates = layout.placeUpdates(steps: steps, users: users, kept: kept)
        layout.placeAll(steps: steps)
        self.groups = groups
        self.contractions = contractions
        self.preparation = preparation
        self.steps = steps
        places = layout.places
        arenaBytes = layout.arenaBytes
        parameterBytes = program.parameters.reduce(0) { $0 + program.type($1).byteCount }
        constantBytes = layout.permanentBytes - parameterBytes
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

    private static func users(_ program: Program, _ needed: [Bool]) -> [[Int]] {
        var users = [[Int]](repeating: [], count: program.nodes.count)
        for index in program.nodes.indices where needed[index] {
            for operand in program.nodes[index].operands { users[operand.index].append(index) }
        }
        return users
    }
}
