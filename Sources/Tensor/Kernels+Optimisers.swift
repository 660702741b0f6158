import CKernels

extension Kernels {
    /// p = fma(-rate, g, p)
    package func sgd(p: Out, g: In, count: Int, rate: Float) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            table.pointee.sgd(p + range.lowerBound, g + range.lowerBound, range.count, rate)
        }
    }

    /// v = fma(mu, v, g); p = fma(-rate, v, p), or with Nesterov's look-ahead p = fma(-rate, fma(mu, v, g), p).
    package func momentum(p: Out, velocity v: Out, g: In, count: Int, rate: Float, momentum mu: Float, nesterov: Bool) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            let i = range.lowerBound
            table.pointee.momentum(p + i, v + i, g + i, range.count, rate, mu, nesterov)
        }
    }

    /// One step of Adam, or of AdamW when `weightDecay` is not 0; the powers are running products of this step.
    package func adam(
        p: Out, m: Out, v: Out, g: In, count: Int, rate: Float, beta1: Float, beta2: Float, epsilon: Float,
        beta1Power: Float, beta2Power: Float, weightDecay: Float = 0
    ) {
        var step = cairn_adam()
        step.rate = rate
        step.beta1 = beta1
        step.beta2 = beta2
        step.epsilon = epsilon
        step.power1 = beta1Power
        step.power2 = beta2Power
        step.weight_decay = weightDecay
        withUnsafePointer(to: step) { step in
            split(count, unit: 1024, work: count * 8) { range in
                let i = range.lowerBound
                table.pointee.adam(p + i, m + i, v + i, g + i, range.count, step)
            }
        }
    }

    /// v = fma(g, g, v); p = fma(-rate, g / (sqrt(v) + epsilon), p)
    package func adagrad(p: Out, v: Out, g: In, count: Int, rate: Float, epsilon: Float) {
        split(count, unit: 1024, work: count * 8) { range in
            let i = range.lowerBound
            table.pointee.adagrad(p + i, v + i, g + i, range.count, rate, epsilon)
        }
    }
}
