import Graph
import Tensor
import Testing

/// Attention a block of rows at a time, against the replay of every element, bit for bit.
@Suite struct AttentionTests {
    /// softmax(q k^T / sqrt(d) + mask) v over `[batch, heads, positions, size]`.
    private func attend(
        _ builder: inout ProgramBuilder, _ q: Value, _ k: Value, _ v: Value, mask: Value?
    ) throws -> (weights: Value, result: Value) {
        let size = Float(builder.shape(q)[3])
        let scores = try builder.multiply(
            try builder.matmul(q, k, transposeB: true), builder.scalar(1 / size.squareRoot()))
        let weights = try builder.softmax(try mask.map { try builder.add(scores, $0) } ?? scores)
        return (weights, try builder.matmul(weights, v))
    }

    /// The last has scores of several blocks, and of more than one chain.
    @Test(arguments: [[1, 2, 3, 4, 5], [2, 3, 17, 9, 20], [1, 1, 16, 8, 16], [1, 2, 40, 3, 700]])
    func blocks(_ sizes: [Int]) throws {
        var random = RandomTensors(UInt64(sizes.reduce(0, +)))
        let (batch, heads, rows, size, columns) = (sizes[0], sizes[1], sizes[2], sizes[3], sizes[4])
        for edges in [false, true] {
            let inputs = [
                ("q", random.floats([batch, heads, rows, size], edges: edges)),
                ("k", random.floats([batch, heads, columns, size], edges: edges)),
                ("v", random.floats([batch, heads, columns, size + 1], edges: edges)),
                ("m", random.floats([1, 1, rows, columns], edges: true)),
            ]
            let isOne = batch * heads == 1
            try expectReplay(inputs, steps: isOne ? nil : ["attention"]) { builder, x in
                [try attend(&builder, x[0], x[1], x[2], mask: x[3]).result]
            }
            // The weights are asked for, too.
            try expectReplay(inputs, steps: isOne ? nil : ["attention"]) { builder, x in
                let (weights, result) = try attend(&builder, x[0], x[1], x[2], mask: nil)
                return [weights, result]
            }
        }
    }

    /// Queries, keys and values cut out of one projection, heads moved before and after: nothing is copied.
    @Test func headsOfOneProjection() throws {
        var random = RandomTensors(12)
        let (batch, rows, heads, size) = (2, 19, 3, 8)
        let width = heads * size
        var mask = [Float](repeating: 0, count: rows * rows)
        for place in mask.indices where place % rows > place / rows { mask[place] = -.infinity }
        let inputs = [("x", random.floats([batch, rows, 3 * width])), ("w", random.floats([width, width]))]
        for isTurned in [false, true] {
            try expectReplay(inputs, steps: isTurned ? nil : ["attention", "matmul"]) { builder, x in
                let parts = try (0..<3).map { part in
                    let cut = try builder.slice(x[0], axis: 2, from: part * width, count: width)
                    return try builder.permute(try builder.reshape(cut, [batch, rows, heads, size]), [0, 2, 1, 3])
                }
                let causal = builder.constant(Tensor(mask, shape: [1, 1, rows, rows]))
                let result: Value
                if isTurned {
                    // Keys turned first and scaled, as exporters write it.
                    let keys = try builder.multiply(try builder.permute(parts[1], [0, 1, 3, 2]), builder.scalar(0.6))
                    let scores = try builder.matmul(try builder.multiply(parts[0], builder.scalar(0.6)), keys)
                    result = try builder.matmul(try builder.softmax(try builder.add(scores, causal)), parts[2])
                } else {
                    result = try attend(&builder, parts[0], parts[1], parts[2], mask: causal).result
                }
                let joined = try builder.reshape(try builder.permute(result, [0, 2, 1, 3]), [batch, rows, width])
                return [try builder.matmul(joined, x[1])]
            }
        }
    }

    /// Keys and values that all heads share.
    @Test func sharedKeys() throws {
        var random = RandomTensors(13)
        let inputs = [
            ("q", random.floats([2, 4, 6, 5])), ("k", random.floats([2, 1, 7, 5])), ("v", random.floats([2, 1, 7, 3])),
        ]
        try expectReplay(inputs, steps: ["attention"]) { builder, x in
            [try attend(&builder, x[0], x[1], x[2], mask: nil).result]
        }
    }

    /// The gradient finds the weights that it multiplies, and its own products read what is permuted where it lies.
    @Test func gradients() throws {
        var random = RandomTensors(14)
        let inputs = [
            ("x", random.floats([2, 9, 12])), ("w", random.floats([12, 36])), ("t", random.floats([2, 9, 12])),
        ]
        try expectReplay(inputs) { builder, x in
            let projected = try builder.matmul(x[0], x[1])
            let parts = try (0..<3).map { part in
                let cut = try builder.slice(projected, axis: 2, from: part * 12, count: 12)
                return try builder.permute(try builder.reshape(cut, [2, 9, 3, 4]), [0, 2, 1, 3])
            }
            let result = try attend(&builder, parts[0], parts[1], parts[2], mask: nil).result
            let joined = try builder.reshape(try builder.permute(result, [0, 2, 1, 3]), [2, 9, 12])
            let loss = try builder.meanSquaredError(joined, target: x[2])
            return [loss] + (try builder.gradients(of: loss, for: [x[0], x[1]]))
        }
    }

    /// A value made of the weights themselves cannot be the other operand of their product.
    @Test func valuesMadeOfTheWeights() throws {
        var random = RandomTensors(15)
        let inputs = [("q", random.floats([2, 6, 5])), ("k", random.floats([2, 6, 5]))]
        try expectReplay(inputs) { builder, x in
            let weights = try builder.softmax(try builder.matmul(x[0], x[1], transposeB: true))
            return [
                try builder.matmul(weights, weights),
                try builder.matmul(weights, try builder.permute(weights, [0, 2, 1])),
                try builder.matmul(weights, try builder.reshape(weights, [2, 6, 6])),
            ]
        }
    }
}
