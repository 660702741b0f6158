import Tensor

/// A permutation whose place a product writes its result to, because nothing else reads that result.
struct Landing: Sendable {
    let permutation: Int
    /// The distance in the permutation's place for each axis of the product.
    let strides: [Int]
    /// Whether columns of the result follow each other there: then the product is computed the other way round, B^T A^T, whose every
    /// chain multiplies the same pairs.
    let isTransposed: Bool

    /// The landings of a program, by product.
    static func all(_ nodes: [Node], users: [[Int]], needed: [Bool], kept: Set<Int>, arranged: Set<Int>) -> [Int:
        Landing]
    {
        var landings: [Int: Landing] = [:]
        for index in nodes.indices where needed[index] && nodes[index].type.count > 0 {
            guard case .permute(let order) = nodes[index].operation else { continue }
            let product = nodes[index].operands[0].index
            guard case .matmul = nodes[product].operation, users[product].count == 1, !kept.contains(product),
                !arranged.contains(product)
            else { continue }
            var strides = nodes[product].type.strides
            for (axis, stride) in zip(order, nodes[index].type.strides) { strides[axis] = stride }
            guard let layout = MatrixLayout(nodes[product].type.shape, strides) else { continue }
            landings[product] = Landing(permutation: index, strides: strides, isTransposed: layout.isTransposed)
        }
        return landings
    }
}
