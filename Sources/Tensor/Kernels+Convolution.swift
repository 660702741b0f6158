extension Kernels {
    /// y = conv(input, weights), then + bias per output channel, then the activation.
    package func convolve(
        _ s: Convolution, input: In, weights: In, bias: In? = nil, activation: Activation = .none, into y: Out
    ) {
        let result = Reference.convolve(s, input: array(input, s.inputCount), weights: array(weights, s.weightCount))
        let plane = s.outHeight * s.outWidth
        for i in 0..<s.outputCount {
            var v = result[i]
            if let bias { v = Reference.add(v, bias[i / plane % s.outChannels]) }
            y[i] = activation == .relu ? Reference.relu(v) : v
        }
    }

    package func convolveInputGradient(_ s: Convolution, outputGradient: In, weights: In, into dx: Out) {
        let g = array(outputGradient, s.outputCount)
        let result = Reference.convolveInputGradient(s, outputGradient: g, weights: array(weights, s.weightCount))
        for i in 0..<s.inputCount { dx[i] = result[i] }
    }

    package func convolveWeightGradient(_ s: Convolution, input: In, outputGradient: In, into dw: Out) {
        let g = array(outputGradient, s.outputCount)
        let result = Reference.convolveWeightGradient(s, input: array(input, s.inputCount), outputGradient: g)
        for i in 0..<s.weightCount { dw[i] = result[i] }
    }

    private func array(_ p: In, _ count: Int) -> [Float] { Array(UnsafeBufferPointer(start: p, count: count)) }
}
