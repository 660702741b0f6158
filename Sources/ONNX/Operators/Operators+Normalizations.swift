import Graph
import Tensor

extension Operators {
    static let normalizations: [String: Lowering.Operator] = [
        "BatchNormalization": batchNormalization,
        "InstanceNormalization": { lowering in
            let x = try lowering.input(0)
            let rank = lowering.shape(x).count
            let normal = try normalized(lowering, x, axes: Array(2..<max(2, rank)))
            let (scale, bias) = (try lowering.input(1), try lowering.input(2))
            lowering.set(0, try scaled(lowering, normal, scale, bias, rank: rank))
        },
        "LayerNormalization": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", -1), rank: lowering.shape(x).count)
            let axes = Array(axis..<lowering.shape(x).count)
            if lowering.wantsOutput(1) { lowering.set(1, try lowering.builder.mean(x, axes: axes)) }
            if lowering.wantsOutput(2) {
                let centred = try lowering.builder.subtract(x, try lowering.builder.mean(x, axes: axes))
                let variance = try lowering.builder.mean(try lowering.builder.multiply(centred, centred), axes: axes)
                lowering.set(2, try lowering.builder.inverseRoot(variance, epsilon: lowering.float("epsilon", 1e-5)))
            }
            lowering.set(
                0,
                try lowering.builder.layerNorm(
                    x, gamma: try lowering.input(1), beta: try lowering.optional(2),
                    epsilon: lowering.float("epsilon", 1e-5),
                    axis: axis))
        },
        "RMSNormalization": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", -1), rank: lowering.shape(x).count)
            let axes = Array(axis..<lowering.shape(x).count)
            let square = try lowering.builder.mean(try lowering.builder.multiply(x, x), axes: axes)
            let inverse = try lowering.builder.inverseRoot(square, epsilon: lowering.float("epsilon", 1e-5))
            let normal = try lowering.builder.multiply(x, inverse)
            lowering.set(0, try lowering.builder.multiply(normal, try lowering.input(1)))
        },
        "GroupNormalization": { lowering in
            let x = try lowering.input(0)
            let (shape, groups) = (lowering.shape(x), lowering.int("num_groups", 1))
            guard shape.count >= 2, groups >= 1, shape[1] % groups == 0 else {
                throw lowering.refusal("\(groups) groups do not fit \(shape)")
            }
            let parts = try lowering.builder.reshape(x, [shape[0], groups, shape[1...].reduce(1, *) / groups])
            let normal = try lowering.builder.reshape(try normalized(lowering, parts, axes: [2]), shape)
            var (scale, bias) = (try lowering.input(1), try lowering.input(2))
            if lowering.opset < 21, lowering.builder.type(scale).count == groups {
                // One number per group until version 21.
                let spread = [groups, shape[1] / groups]
                scale = try lowering.builder.broadcast(try lowering.builder.reshape(scale, [groups, 1]), spread)
                bias = try lowering.builder.broadcast(try lowering.builder.reshape(bias, [groups, 1]), spread)
            }
            lowering.set(0, try scaled(lowering, normal, scale, bias, rank: shape.count))
        },
        "MeanVarianceNormalization": { lowering in
            let x = try lowering.input(0)
            let axes = try lowering.axes(lowering.ints("axes") ?? [0, 2, 3], rank: lowering.shape(x).count)
            let centred = try lowering.builder.subtract(x, try lowering.builder.mean(x, axes: axes))
            let variance = try lowering.builder.mean(try lowering.builder.multiply(centred, centred), axes: axes)
            let deviation = try lowering.builder.add(
                try lowering.builder.map(.squareRoot, variance), lowering.builder.scalar(1e-9))
            lowering.set(0, try lowering.builder.divide(centred, deviation))
        },
        "LpNormalization": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", -1), rank: lowering.shape(x).count)
            let norm: Value
            switch lowering.int("p", 2) {
            case 1: norm = try lowering.builder.sum(try lowering.builder.map(.absolute, x), axes: [axis])
            case 2:
                let squares = try lowering.builder.sum(try lowering.builder.multiply(x, x), axes: [axis])
                norm = try lowering.builder.map(.squareRoot, squares)
            case let p: throw lowering.refusal("the norm \(p) is not supported")
            }
            lowering.set(0, try lowering.builder.divide(x, norm))
        },
    ]

    /// (x - mean) / sqrt(variance + epsilon) over some axes.
    private static func normalized(_ lowering: Lowering, _ x: Value, axes: [Int]) throws -> Value {
        let centred = try lowering.builder.subtract(x, try lowering.builder.mean(x, axes: axes))
        let variance = try lowering.builder.mean(try lowering.builder.multiply(centred, centred), axes: axes)
        let inverse = try lowering.builder.inverseRoot(variance, epsilon: lowering.float("epsilon", 1e-5))
        return try lowering.builder.multiply(centred, inverse)
    }

    /// fma(normal, scale, bias), one number per channel.
    private static func scaled(
        _ lowering: Lowering, _ normal: Value, _ scale: Value, _ bias: Value, rank: Int
    ) throws -> Value {
        let (gamma, beta) = (try perChannel(lowering, scale, rank: rank), try perChannel(lowering, bias, rank: rank))
        return try lowering.builder.map(.fusedMultiplyAdd, normal, gamma, beta)
    }

    private static func batchNormalization(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let rank = lowering.shape(x).count
        let (scale, bias) = (try lowering.input(1), try lowering.input(2))
        try lowering.freeze(3)
        try lowering.freeze(4)
        let isWrittenSo = lowering.mode == .asWritten && lowering.int("training_mode", 0) == 1
        if lowering.mode == .training {
            let statistics = [try lowering.input(3).index, try lowering.input(4).index]
            if let shared = [scale, bias].first(where: { statistics.contains($0.index) }) {
                throw lowering.refusal(
                    "'\(lowering.builder.nodes[shared.index].name)' is a weight and a running statistic at once, since the exporter wrote "
                        + "equal tensors as one: to train, export with python -m cairn_export or training=TrainingMode.TRAINING"
                )
            }
        }
        if lowering.mode == .training || isWrittenSo {
            let axes = (0..<rank).filter { $0 != 1 }
            let mean = try lowering.builder.mean(x, axes: axes)
            let centred = try lowering.builder.subtract(x, mean)
            let variance = try lowering.builder.mean(try lowering.builder.multiply(centred, centred), axes: axes)
            let inverse = try lowering.builder.inverseRoot(variance, epsilon: lowering.float("epsilon", 1e-5))
            let normal = try lowering.builder.multiply(centred, inverse)
            lowering.set(0, try scaled(lowering, normal, scale, bias, rank: rank))
            let count = axes.reduce(1) { $0 * lowering.shape(x)[$1] }
            return try runningStatistics(lowering, mean: mean, variance: variance, count: count)
        }
        let mean = try perChannel(lowering, try lowering.input(3), rank: rank)
        let variance = try perChannel(lowering, try lowering.input(4), rank: rank)
        let inverse = try lowering.builder.inverseRoot(variance, epsilon: lowering.float("epsilon", 1e-5))
        let normal = try lowering.builder.multiply(try lowering.builder.subtract(x, mean), inverse)
        lowering.set(0, try scaled(lowering, normal, scale, bias, rank: rank))
    }

    /// running * momentum + batch * (1 - momentum): given out where the node does, and kept by training.
    ///
    /// What the node gives out has the variance of the batch (ONNX); what training keeps estimates that of all data, n / (n - 1) times as
    /// much (PyTorch), which is what a network that is asked later should use.
    private static func runningStatistics(
        _ lowering: Lowering, mean: Value, variance: Value, count: Int
    ) throws {
        let isKept = lowering.mode == .training
        guard isKept || lowering.wantsOutput(1) || lowering.wantsOutput(2) else { return }
        let momentum = lowering.float("momentum", 0.9)
        let correction = lowering.builder.scalar(isKept && count > 1 ? Float(count) / Float(count - 1) : 1)
        let estimate = try lowering.builder.multiply(variance, correction)
        for (index, batch) in [(1, mean), (2, estimate)] {
            let running = try lowering.input(index + 2)
            let flat = try lowering.builder.reshape(batch, lowering.shape(running))
            let old = try lowering.builder.multiply(running, lowering.builder.scalar(momentum))
            let new = try lowering.builder.multiply(flat, lowering.builder.scalar(1 - momentum))
            let next = try lowering.builder.add(old, new)
            lowering.set(index, next)
            let node = lowering.builder.nodes[running.index]
            if isKept, case .parameter = node.operation { try lowering.builder.update(running, to: next) }
        }
    }
}
