import CKernels

extension Kernels {
    package func softmax(_ x: In, into y: Out, rows: Int, cols: Int) {
        split(rows, unit: 1, work: rows * cols * 8) { range in
            let i = range.lowerBound * cols
            table.pointee.softmax(x + i, y + i, range.count, cols)
        }
    }

    /// (x - max) - log(sum(exp(x - max)))
    package func logSoftmax(_ x: In, into y: Out, rows: Int, cols: Int) {
        split(rows, unit: 1, work: rows * cols * 8) { range in
            let i = range.lowerBound * cols
            table.pointee.log_softmax(x + i, y + i, range.count, cols)
        }
    }

    /// y * (gradient - sum(gradient * y)), where y is the softmax.
    package func softmaxGradient(y: In, gradient: In, into out: Out, rows: Int, cols: Int) {
        split(rows, unit: 1, work: rows * cols * 4) { range in
            let i = range.lowerBound * cols
            table.pointee.softmax_gradient(y + i, gradient + i, out + i, range.count, cols)
        }
    }

    /// The loss of each row and the gradient of their mean; a target must be below `cols`.
    package func crossEntropy(
        _ logits: In, targets: UnsafePointer<Int32>, loss: Out?, gradient: Out?, rows: Int, cols: Int
    ) {
        split(rows, unit: 1, work: rows * cols * 8) { range in
            let row = range.lowerBound
            table.pointee.cross_entropy(
                logits + row * cols, targets + row, loss.map { $0 + row }, gradient.map { $0 + row * cols },
                range.count, cols, Float(rows))
        }
    }

    /// fma((x - mean) / sqrt(variance + epsilon), gamma, beta) on each row; optionally keeps mean and 1 / sqrt.
    package func layerNorm(
        _ x: In, gamma: In, beta: In, epsilon: Float, into y: Out, mean: Out? = nil, inverse: Out? = nil, rows: Int,
        cols: Int
    ) {
        split(rows, unit: 1, work: rows * cols * 4) { range in
            let row = range.lowerBound
            table.pointee.layer_norm(
                x + row * cols, gamma, beta, epsilon, y + row * cols, mean.map { $0 + row }, inverse.map { $0 + row },
                range.count, cols)
        }
    }
}
