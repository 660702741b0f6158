import Graph

/// The supported operators by name; those of other domains carry theirs before a dot.
enum Operators {
    static let table: [String: Lowering.Operator] = [
        elementwise, mathematics, shapes, contractions, pooling, einstein, reductions, sorting, normalizations,
        attention, indexing, scattering, distinct, sampling, grids, recurrent, control, sequences, signals, losses,
        quantization,
        classical, supportVectors, fused, fusedNormalizations, fusedAttention, quantizedLayers, grams,
    ].reduce(into: [:]) { table, part in table.merge(part) { first, _ in first } }

    static func key(_ node: ONNXNode) -> String { node.domain.isEmpty ? node.type : "\(node.domain).\(node.type)" }
}
