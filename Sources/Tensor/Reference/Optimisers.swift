/// One parameter's share of one optimiser step. Powers of beta are running products kept by the caller, never `pow`.
extension Reference {
    package static func sgd(_ p: Float, _ g: Float, rate: Float) -> Float { fma(-rate, g, p) }

    package static func momentum(
        _ p: Float, _ v: Float, _ g: Float, rate: Float, momentum mu: Float, nesterov: Bool
    ) -> (p: Float, v: Float) {
        let w = fma(mu, v, g)
        return (fma(-rate, nesterov ? fma(mu, w, g) : w, p), w)
    }

    /// AdamW when `weightDecay` is not 0: the decay comes first.
    package static func adam(
        _ p: Float, _ m: Float, _ v: Float, _ g: Float, rate: Float, beta1: Float, beta2: Float, epsilon: Float,
        beta1Power: Float, beta2Power: Float, weightDecay: Float
    ) -> (p: Float, m: Float, v: Float) {
        let first = fma(beta1, m, (1 - beta1) * g)
        let second = fma(beta2, v, ((1 - beta2) * g) * g)
        let decayed = weightDecay == 0 ? p : fma(-(rate * weightDecay), p, p)
        let step = (first / (1 - beta1Power)) / ((second / (1 - beta2Power)).squareRoot() + epsilon)
        return (fma(-rate, step, decayed), first, second)
    }

    package static func adagrad(
        _ p: Float, _ v: Float, _ g: Float, rate: Float, epsilon: Float
    ) -> (p: Float, v: Float) {
        let w = fma(g, g, v)
        return (fma(-rate, g / (w.squareRoot() + epsilon), p), w)
    }
}
