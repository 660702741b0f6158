import Graph
import Tensor

/// Losses as nodes of a graph.
extension Operators {
    static let losses: [String: Lowering.Operator] = [
        "SoftmaxCrossEntropyLoss": { lowering in
            let scores = try lastClasses(lowering, try lowering.input(0))
            let logarithms = try lowering.builder.logSoftmax(scores)
            try likelihood(lowering, logarithms)
            guard lowering.wantsOutput(1) else { return }
            let shape = lowering.shape(try lowering.input(0))
            let order = [0, shape.count - 1] + Array(1..<shape.count - 1)
            lowering.set(1, try lowering.builder.permute(logarithms, order))
        },
        "NegativeLogLikelihoodLoss": { lowering in
            try likelihood(lowering, try lastClasses(lowering, try lowering.input(0)))
        },
    ]

    /// `[n, classes, ...]` as `[n, ..., classes]`.
    private static func lastClasses(_ lowering: Lowering, _ x: Value) throws -> Value {
        let rank = lowering.shape(x).count
        guard rank >= 2 else { throw lowering.refusal("needs rows of classes") }
        return try lowering.builder.permute(x, [0] + Array(2..<rank) + [1])
    }

    /// -log p of the right class, weighted; classes that are ignored count nothing.
    private static func likelihood(_ lowering: Lowering, _ logarithms: Value) throws {
        let labels = try lowering.builder.cast(try lowering.input(1), to: .int64)
        let shape = lowering.shape(labels)
        let (rows, classes) = (shape.reduce(1, *), lowering.shape(logarithms).last ?? 1)
        guard lowering.builder.type(logarithms).count == rows * classes else {
            throw lowering.refusal("labels \(shape) do not fit the scores")
        }
        var label = try lowering.builder.reshape(labels, [rows, 1])
        var weight: Value?
        if let weights = try lowering.optional(2) { weight = weights }
        var kept: Value?
        if lowering.has("ignore_index") {
            let ignored = try lowering.builder.map(
                .equal, label, try lowering.whole(lowering.int("ignore_index", 0), like: label))
            label = try lowering.builder.select(ignored, try lowering.whole(0, like: label), label)
            kept = try lowering.builder.map(.not, ignored)
        }
        let table = try lowering.builder.reshape(logarithms, [rows, classes])
        var loss = try lowering.builder.map(.negate, try lowering.builder.append(.pick(axis: 1), [table, label]))
        var share: Value?
        if let weight {
            let flat = try lowering.builder.reshape(label, [rows])
            let each = try lowering.builder.append(.gather(axis: 0), [weight, flat])
            share = try lowering.builder.reshape(each, [rows, 1])
        }
        if let kept {
            let own = share ?? lowering.builder.scalar(1)
            share = try lowering.builder.select(kept, own, lowering.builder.scalar(0))
        }
        if let share { loss = try lowering.builder.multiply(loss, share) }
        switch lowering.text("reduction", "mean") {
        case "none": lowering.set(0, try lowering.builder.reshape(loss, shape))
        case "sum": lowering.set(0, try lowering.builder.sum(loss, axes: [0, 1], keepsAxes: false))
        case "mean":
            guard let share else {
                return lowering.set(0, try lowering.builder.mean(loss, axes: [0, 1], keepsAxes: false))
            }
            let total = try lowering.builder.sum(loss, axes: [0, 1], keepsAxes: false)
            let weights = try lowering.builder.sum(
                try lowering.builder.broadcast(share, [rows, 1]), axes: [0, 1], keepsAxes: false)
            lowering.set(0, try lowering.builder.divide(total, weights))
        case let name: throw lowering.refusal("the reduction '\(name)' is not supported")
        }
    }
}
