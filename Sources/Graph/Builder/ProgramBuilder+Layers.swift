import Tensor

// Layers and losses, spelled out in the operation set.
extension ProgramBuilder {
    /// Softmax over the last axis: m = max; e = exp(x - m); e / sum(e).
    package mutating func softmax(_ logits: Value) throws(ProgramError) -> Value {
        let axis = shape(logits).count - 1
        let exponentials = try exponentials(logits)
        let result = try divide(exponentials, try sum(exponentials, axes: [axis]))
        derive(.softmax(result: result, logits: logits))
        return result
    }

    /// x - m - log(s) over the last axis, as (x - m) - log(s).
    package mutating func logSoftmax(_ logits: Value) throws(ProgramError) -> Value {
        let axis = shape(logits).count - 1
        let shifted = try subtract(logits, try reduce(.maximum, logits, axes: [axis]))
        let total = try sum(try map(.exp, shifted), axes: [axis])
        return try subtract(shifted, try map(.log, total))
    }

    private mutating func exponentials(_ logits: Value) throws(ProgramError) -> Value {
        let greatest = try reduce(.maximum, logits, axes: [shape(logits).count - 1])
        return try map(.exp, try subtract(logits, greatest))
    }

    /// y = fma((x - mean) * r, gamma, beta) over the last axes from `axis`.
    package mutating func layerNorm(
        _ x: Value, gamma: Value, beta: Value?, epsilon: Float, axis: Int
    ) throws(ProgramError) -> Value {
        let axes = Array(axis..<shape(x).count)
        let centred = try subtract(x, try mean(x, axes: axes))
        let variance = try mean(try multiply(centred, centred), axes: axes)
        let inverse = try inverseRoot(variance, epsilon: epsilon)
        let normal = try multiply(centred, inverse)
        guard let beta else { return try multiply(normal, gamma) }
        return try map(.fusedMultiplyAdd, normal, gamma, beta)
    }

    /// 1 / sqrt(x + epsilon).
    package mutating func inverseRoot(_ x: Value, epsilon: Float) throws(ProgramError) -> Value {
        try divide(scalar(1), try map(.squareRoot, try add(x, scalar(epsilon))))
    }

    /// Mean cross-entropy of logits `[rows, classes]` and integer labels `[rows]`: log(s) - (x_t - m), averaged.
    package mutating func crossEntropy(_ logits: Value, labels: Value) throws(ProgramError) -> Value {
        let parts = try crossEntropyParts(logits, labels: labels)
        let result = try mean(parts.losses, axes: [0, 1], keepsAxes: false)
        derive(
            .crossEntropy(
                result: result, logits: logits, labels: labels, exponentials: parts.exponentials, sums: parts.sums))
        return result
    }

    /// The cross-entropy of each row, `[rows, 1]`, with the exponentials and their sums.
    package mutating func crossEntropyParts(
        _ logits: Value, labels: Value
    ) throws(ProgramError) -> (losses: Value, exponentials: Value, sums: Value) {
        let rows = shape(logits)[0]
        let shifted = try subtract(logits, try reduce(.maximum, logits, axes: [1]))
        let exponentials = try map(.exp, shifted)
        let sums = try sum(exponentials, axes: [1])
        let targets = try append(.pick(axis: 1), [shifted, try reshape(labels, [rows, 1])])
        return (try subtract(try map(.log, sums), targets), exponentials, sums)
    }

    /// Mean of (x - t) * (x - t).
    package mutating func meanSquaredError(_ x: Value, target: Value) throws(ProgramError) -> Value {
        let difference = try subtract(x, target)
        return try mean(
            try multiply(difference, difference), axes: Array(shape(difference).indices), keepsAxes: false)
    }

    /// log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|)).
    package mutating func softplus(_ x: Value) throws(ProgramError) -> Value {
        let tail = try map(.exp, try map(.negate, try map(.absolute, x)))
        return try add(try map(.relu, x), try logarithmOfOnePlus(tail))
    }

    /// log(1 + e) for e >= 0: e * (log(u) / (u - 1)) with u = 1 + e, which loses nothing where e is small; e itself where u is 1.
    package mutating func logarithmOfOnePlus(_ e: Value) throws(ProgramError) -> Value {
        let sum = try add(e, scalar(1))
        let isOne = try map(.equal, sum, scalar(1))
        let divisor = try select(isOne, scalar(1), try subtract(sum, scalar(1)))
        return try select(isOne, e, try multiply(e, try divide(try map(.log, sum), divisor)))
    }

    /// Mean of softplus(z) - z * t over logits z and targets t in [0, 1].
    package mutating func binaryCrossEntropy(logits z: Value, target t: Value) throws(ProgramError) -> Value {
        let losses = try subtract(try softplus(z), try multiply(z, t))
        return try mean(losses, axes: Array(shape(losses).indices), keepsAxes: false)
    }

    /// Mean of d * d / 2 where |d| <= delta, else delta * (|d| - delta / 2), with d = x - t.
    package mutating func huber(_ x: Value, target: Value, delta: Float = 1) throws(ProgramError) -> Value {
        let difference = try subtract(x, target)
        let size = try map(.absolute, difference)
        let near = try multiply(try multiply(difference, difference), scalar(0.5))
        let far = try multiply(try subtract(size, scalar(0.5 * delta)), scalar(delta))
        let losses = try select(try map(.lessOrEqual, size, scalar(delta)), near, far)
        return try mean(losses, axes: Array(shape(losses).indices), keepsAxes: false)
    }
}
