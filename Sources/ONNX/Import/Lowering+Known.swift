import Graph
import Tensor

// What is known before running: constants, weights, and what is computed from them alone.
extension Lowering {
    /// The content of a value that depends on no input; nil when it does, or when finding out would take long.
    func known(_ value: Value) throws -> Tensor? {
        if let tensor = builder.constant(value) ?? knownTensors[value] { return tensor }
        var pending = [value]
        var needed: Set<Value> = []
        while let next = pending.popLast() {
            if builder.constant(next) != nil || knownTensors[next] != nil || !needed.insert(next).inserted { continue }
            let node = builder.nodes[next.index]
            guard !node.operands.isEmpty, Self.isCheap(node, builder) else { return nil }
            pending += node.operands
        }
        let count = needed.reduce(0) { $0 + builder.type($1).count }
        guard count <= Self.evaluationLimit - evaluated else { return nil }
        evaluated += count
        for next in needed.sorted() {
            let node = builder.nodes[next.index]
            let operands = node.operands.compactMap { builder.constant($0) ?? knownTensors[$0] }
            knownTensors[next] = try ReferenceExecutor.evaluate(node.operation, operands, node.type)
        }
        return knownTensors[value]
    }

    /// Elements that are worked out in all: the reference takes about a microsecond for each.
    private static let evaluationLimit = 1 << 21

    /// True when the reference computes it in no time.
    private static func isCheap(_ node: Node, _ builder: ProgramBuilder) -> Bool {
        let sizes = node.operands.map { builder.type($0).count } + [node.type.count]
        guard sizes.allSatisfy({ $0 <= 1 << 18 }) else { return false }
        switch node.operation {
        case .matmul, .convolve, .convolveInputGradient, .convolveWeightGradient, .trees, .scatterAdd:
            return sizes.reduce(1.0) { $0 * Double($1) } <= Double(1 << 24)
        default: return true
        }
    }
}
