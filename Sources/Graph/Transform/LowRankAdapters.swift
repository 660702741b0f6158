package import Tensor

/// Low-rank adapters (LoRA: Hu et al. 2021, arXiv 2106.09685) beside the weights of matrix products: y = x W + (x A^T) B^T * alpha / rank.
///
/// A is `[rank, in]` and B `[out, rank]`, as the `peft` library keeps them, whatever the layout of W.
package struct LowRankAdapters: Sendable, Equatable {
    /// A weight with an adapter.
    package struct Site: Sendable, Equatable {
        package let weight: String
        /// True where the weight is `[out, in]`, false where it is `[in, out]`.
        package let isTransposed: Bool
        package let inputs: Int
        package let outputs: Int

        /// The weight's name without `.weight`: the module's.
        package var module: String { weight.hasSuffix(".weight") ? String(weight.dropLast(7)) : weight }
        package var a: String { module + ".lora_A.weight" }
        package var b: String { module + ".lora_B.weight" }
    }

    package let rank: Int
    package let alpha: Float
    package let sites: [Site]

    /// What the adapter's product is multiplied by.
    package var scale: Float { alpha / Float(rank) }

    package init(rank: Int, alpha: Float, sites: [Site]) {
        self.rank = rank
        self.alpha = alpha
        self.sites = sites
    }
}

extension Program {
    /// The weights that an adapter can stand beside: matrices that nothing reads but products, on their right, all in one layout.
    package var adaptableWeights: [LowRankAdapters.Site] {
        var layouts: [Int: Set<Bool>] = [:]
        var isRefused: Set<Int> = []
        for node in nodes {
            for (place, operand) in node.operands.enumerated() {
                guard case .parameter = nodes[operand.index].operation else { continue }
                if case .matmul(_, let transposeB) = node.operation, place == 1, nodes[operand.index].type.rank == 2 {
                    layouts[operand.index, default: []].insert(transposeB)
                } else {
                    isRefused.insert(operand.index)
                }
            }
        }
        let updated = Set(updates.map(\.parameter.index))
        return parameters.compactMap { value in
            guard let layout = layouts[value.index], layout.count == 1, let isTransposed = layout.first,
                !isRefused.contains(value.index), !updated.contains(value.index)
            else { return nil }
            let shape = type(value).shape
            return LowRankAdapters.Site(
                weight: node(value).name, isTransposed: isTransposed, inputs: shape[isTransposed ? 1 : 0],
                outputs: shape[isTransposed ? 0 : 1])
        }
    }

    /// The program with the adapters in it, their A and B as further parameters.
    package func adapted(_ adapters: LowRankAdapters) throws(ProgramError) -> Program {
        var sites: [String: LowRankAdapters.Site] = [:]
        for site in adapters.sites { sites[site.weight] = site }
        var pairs: [String: (a: Value, b: Value)] = [:]
        let before = self
        return try rewritten { (builder, node, operands) throws(ProgramError) in
            guard case .matmul(let transposeA, _) = node.operation,
                let site = sites[before.node(node.operands[1]).name]
            else { return nil }
            builder.scope = "lora/" + node.name
            let pair: (a: Value, b: Value)
            if let known = pairs[site.weight] {
                pair = known
            } else {
                pair = (
                    try builder.parameter(site.a, TensorType(.float32, [adapters.rank, site.inputs])),
                    try builder.parameter(site.b, TensorType(.float32, [site.outputs, adapters.rank]))
                )
                pairs[site.weight] = pair
            }
            let base = try builder.append(node.operation, operands, name: node.name)
            let low = try builder.append(.matmul(transposeA: transposeA, transposeB: true), [operands[0], pair.a])
            let high = try builder.append(.matmul(transposeA: false, transposeB: true), [low, pair.b])
            return try builder.add(base, try builder.multiply(high, builder.scalar(adapters.scale)))
        }
    }
}

extension LowRankAdapters {
    /// The weights of the sites with their adapters added in: W + B A * alpha / rank.
    ///
    /// - Throws: `ProgramError` naming a tensor that is missing or has another shape.
    package func merged(_ tensors: [String: Tensor]) throws(ProgramError) -> [String: Tensor] {
        var builder = ProgramBuilder()
        for site in sites {
            let a = try builder.parameter(site.a, TensorType(.float32, [rank, site.inputs]))
            let b = try builder.parameter(site.b, TensorType(.float32, [site.outputs, rank]))
            let shape = site.isTransposed ? [site.outputs, site.inputs] : [site.inputs, site.outputs]
            let weight = try builder.parameter(site.weight, TensorType(.float32, shape))
            let product =
                site.isTransposed
                ? try builder.append(.matmul(transposeA: false, transposeB: false), [b, a])
                : try builder.append(.matmul(transposeA: true, transposeB: true), [a, b])
            let merged = try builder.add(weight, try builder.multiply(product, builder.scalar(scale)))
            builder.output("merged/" + site.weight, merged)
        }
        var result: [String: Tensor] = [:]
        for (name, tensor) in try builder.finish().run(tensors) { result[String(name.dropFirst(7))] = tensor }
        return result
    }
}
