import Graph

/// The supported operators by name; those of other domains carry theirs before a dot.
enum Operators {
    static let table: [String: Lowering.Operator] = elementwise.merging(shapes) { first, _ in first }
        .merging(contractions) { first, _ in first }
        .merging(reductions) { first, _ in first }
        .merging(normalizations) { first, _ in first }
        .merging(indexing) { first, _ in first }
        .merging(recurrent) { first, _ in first }
        .merging(classical) { first, _ in first }

    static func key(_ node: ONNXNode) -> String { node.domain.isEmpty ? node.type : "\(node.domain).\(node.type)" }
}
