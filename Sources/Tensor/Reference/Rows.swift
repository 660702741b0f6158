/// Operations on one row.
extension Reference {
    private static func exponentials(_ x: [Float]) -> (e: [Float], maximum: Float, sum: Float) {
        let m = maximum(x)
        let e = x.map { exp(subtract($0, m)) }
        return (e, m, sum(e))
    }

    package static func softmax(_ x: [Float]) -> [Float] {
        let (e, _, s) = exponentials(x)
        return e.map { divide($0, s) }
    }

    package static func logSoftmax(_ x: [Float]) -> [Float] {
        let (_, m, s) = exponentials(x)
        return x.map { subtract(subtract($0, m), log(s)) }
    }

    /// y * (g - sum(g * y))
    package static func softmaxGradient(y: [Float], gradient g: [Float]) -> [Float] {
        let s = sum(zip(g, y).map { multiply($0, $1) })
        return zip(y, g).map { multiply($0, subtract($1, s)) }
    }

    /// log(s) - (x_t - m), and (e / s, minus 1 at the target) / float(rows).
    package static func crossEntropy(_ x: [Float], target: Int, rows: Int) -> (loss: Float, gradient: [Float]) {
        let (e, m, s) = exponentials(x)
        var g = e.map { divide($0, s) }
        g[target] = subtract(g[target], 1)
        return (subtract(log(s), subtract(x[target], m)), g.map { divide($0, Float(rows)) })
    }

    /// Two passes, products rounded: r = 1 / sqrt(var + epsilon); y = fma((x - mean) * r, gamma, beta).
    package static func layerNorm(
        _ x: [Float], gamma: [Float], beta: [Float], epsilon: Float
    ) -> (y: [Float], mean: Float, inverse: Float) {
        let mu = mean(x)
        let variance = mean(x.map { multiply(subtract($0, mu), subtract($0, mu)) })
        let r = divide(1, sqrt(add(variance, epsilon)))
        let y = x.indices.map { fma(multiply(subtract(x[$0], mu), r), gamma[$0], beta[$0]) }
        return (y, mu, r)
    }
}
