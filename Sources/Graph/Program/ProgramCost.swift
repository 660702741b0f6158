/// What running a program takes, known before it runs.
package struct ProgramCost: Sendable, Equatable {
    /// Floating-point operations: two for every link of a product, one for every other element computed.
    package let operations: Int
    package let parameterCount: Int
    /// Bytes that a session holds.
    package let memoryBytes: Int
    /// How often each operation stands in the program.
    package let operationCounts: [String: Int]

    package init(_ plan: Plan) {
        let program = plan.program
        var operations = 0
        var counts: [String: Int] = [:]
        for node in program.nodes where !node.operands.isEmpty {
            counts[node.operation.name, default: 0] += 1
            operations += Self.operations(of: node, program)
        }
        self.operations = operations
        parameterCount = program.parameterCount
        memoryBytes = plan.peakBytes
        operationCounts = counts
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
