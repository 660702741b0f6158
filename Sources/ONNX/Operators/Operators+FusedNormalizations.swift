import Graph
import Tensor

/// Normalisations that ONNX Runtime joins with the sums before them.
extension Operators {
    static let fusedNormalizations: [String: Lowering.Operator] = [
        // Written into the plain domain, though no operator set has it.
        "SimplifiedLayerNormalization": simplified,
        "com.microsoft.SkipLayerNormalization": { lowering in
            let sum = try skipped(lowering, bias: 4)
            try normalised(lowering, sum, [try lowering.input(2), try lowering.optional(3)])
            lowering.set(3, sum)
        },
        "com.microsoft.SkipSimplifiedLayerNormalization": { lowering in
            let sum = try skipped(lowering, bias: 3)
            lowering.set(0, try lowering.applied("RMSNormalization", [sum, try lowering.input(2)], epsilon(lowering)))
            lowering.set(3, sum)
        },
        "com.microsoft.EmbedLayerNormalization": { lowering in
            // Words, positions and segments looked up, added and normalised.
            let ids = try lowering.input(0)
            let shape = lowering.shape(ids)
            guard shape.count == 2 else { throw lowering.refusal("needs identifiers [batch, positions]") }
            try lowering.limit(shape[1])
            let places =
                try lowering.optional(8)
                ?? lowering.builder.reshape(lowering.constant(Array(0..<shape[1])), [1, shape[1]])
            var sum = try lowering.builder.add(
                try lowering.applied("Gather", [try lowering.input(2), ids]),
                try lowering.applied("Gather", [try lowering.input(3), places]))
            if let segments = try lowering.optional(1), let table = try lowering.optional(4) {
                sum = try lowering.builder.add(sum, try lowering.applied("Gather", [table, segments]))
            }
            try normalised(lowering, sum, [try lowering.input(5), try lowering.optional(6)], outputs: 1)
            if lowering.wantsOutput(1) {
                // How many positions each row has.
                let lengths: Value
                if let mask = try lowering.optional(7) {
                    lengths = try lowering.builder.sum(mask, axes: [1], keepsAxes: false)
                } else {
                    lengths = try lowering.builder.broadcast(
                        lowering.builder.constant(Tensor([Int32(0)], shape: [1])), [shape[0]])
                }
                lowering.set(1, lengths, kind: .int32)
            }
            lowering.set(2, sum)
        },
    ]

    private static func epsilon(_ lowering: Lowering) -> [String: ONNXNode.Attribute] {
        ["epsilon": .float(lowering.float("epsilon", 1e-12))]
    }

    private static func simplified(_ lowering: Lowering) throws {
        let operands = [try lowering.input(0), try lowering.input(1)]
        lowering.set(0, try lowering.applied("RMSNormalization", operands, lowering.node.attributes))
        guard lowering.wantsOutput(1) else { return }
        let rank = lowering.shape(operands[0]).count
        let axis = try lowering.axis(lowering.int("axis", -1), rank: rank)
        let squares = try lowering.builder.multiply(operands[0], operands[0])
        let mean = try lowering.builder.mean(squares, axes: Array(axis..<rank))
        lowering.set(1, try lowering.builder.inverseRoot(mean, epsilon: lowering.float("epsilon", 1e-5)))
    }

    /// Input, skip and bias, added.
    private static func skipped(_ lowering: Lowering, bias: Int) throws -> Value {
        let sum = try lowering.builder.add(try lowering.input(0), try lowering.input(1))
        guard let bias = try lowering.optional(bias) else { return sum }
        return try lowering.builder.add(sum, bias)
    }

    /// LayerNormalization over the last axis as the first outputs: the result, its mean and its inverse deviation.
    private static func normalised(
        _ lowering: Lowering, _ x: Value, _ weights: [Value?], outputs: Int = 3
    ) throws {
        let operands = ([x] + weights).map { $0.map { value -> Lowering.Argument in (value, nil) } }
        let results = try lowering.applied("LayerNormalization", operands, epsilon(lowering), outputs: outputs)
        for (index, result) in results.enumerated() { lowering.set(index, result.value) }
    }
}
