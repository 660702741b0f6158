/// What running a program takes, known before it runs.
package struct ProgramCost: Sendable, Equatable {
    /// Floating-point operations of one run: two for every link of a product, one for every other number computed; nothing for what
    /// depends on constants alone, which is computed once.
    package let operations: Int
    package let parameterCount: Int
    /// Bytes that a session holds.
    package let memoryBytes: Int
    /// The operations of each node of the program; they sum to `operations`.
    package let operationsByNode: [Int]

    package init(_ plan: Plan) {
        let program = plan.program
        let isRun = program.runsWithInputs
        operationsByNode = program.nodes.indices.map {
            isRun[$0] ? Self.operations(of: program.nodes[$0], program) : 0
        }
        operations = operationsByNode.reduce(0, +)
        parameterCount = program.parameterCount
        memoryBytes = plan.peakBytes
    }

    /// The operations of one node.
    package static func operations(of node: Node, _ program: Program) -> Int {
        let types = node.operands.map { program.type($0) }
        switch node.operation {
        case .matmul(let transposeA, _):
            let rank = types[0].rank
            return 2 * node.type.count * types[0].shape[transposeA ? rank - 2 : rank - 1]
        case .convolve: return 2 * node.type.count * types[1].shape[1...].reduce(1, *)
        case .convolveInputGradient: return 2 * types[0].count * types[1].shape[1...].reduce(1, *)
        case .convolveWeightGradient: return 2 * types[1].count * node.type.shape[1...].reduce(1, *)
        case .reduce, .maxPoolGradient: return types[0].count
        case .maxPool(let window), .sumPool(let window), .sumPoolGradient(let window, _):
            return node.type.count * window.kernel.reduce(1, *)
        case .map, .cast, .trees, .scatterAdd: return node.type.count
        default: return 0
        }
    }
}

extension Program {
    /// By node: whether every run computes it, because a result needs it and it depends on more than constants.
    fileprivate var runsWithInputs: [Bool] {
        var needed = [Bool](repeating: false, count: nodes.count)
        for value in outputs.map(\.value) + updates.map(\.value) { needed[value.index] = true }
        for index in nodes.indices.reversed() where needed[index] {
            for operand in nodes[index].operands { needed[operand.index] = true }
        }
        var varies = [Bool](repeating: false, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            switch node.operation {
            case .constant: break
            case .input, .parameter: varies[index] = true
            default: varies[index] = node.operands.contains { varies[$0.index] }
            }
        }
        return nodes.indices.map { needed[$0] && varies[$0] && !nodes[$0].operands.isEmpty }
    }
}
