/// Pooling over windows, and scatter-add.
extension Reference {
    /// The first largest element of each window; padding never wins. Winners are positions in the (image, channel) plane.
    package static func maxPool(_ s: Pooling, _ x: [Float]) -> (y: [Float], winners: [Int32]) {
        var y: [Float] = []
        var winners: [Int32] = []
        s.forEachWindow { plane, oy, ox in
            let inside = s.window(oy, ox).compactMap { $0 }
            let best = argmax(inside.map { x[plane * s.height * s.width + $0] })
            y.append(canonical(x[plane * s.height * s.width + inside[best]]))
            winners.append(Int32(inside[best]))
        }
        return (y, winners)
    }

    package static func maxPoolGradient(_ s: Pooling, outputGradient g: [Float], winners: [Int32]) -> [Float] {
        var dx = [Float](repeating: 0, count: s.inputCount)
        let out = s.outHeight * s.outWidth
        for i in g.indices {
            let target = i / out * s.height * s.width + Int(winners[i])
            dx[target] = add(dx[target], g[i])
        }
        return dx
    }

    /// The canonical sum of the window, row-major with +0 in the padding, divided by its number of elements.
    package static func averagePool(_ s: Pooling, _ x: [Float]) -> [Float] {
        var y: [Float] = []
        s.forEachWindow { plane, oy, ox in
            let values = s.window(oy, ox).map { $0.map { x[plane * s.height * s.width + $0] } ?? 0 }
            y.append(divide(sum(values), Float(s.divisor(oy, ox))))
        }
        return y
    }

    /// Each output's gradient over its divisor goes to every element of its window, in ascending order of output.
    package static func averagePoolGradient(_ s: Pooling, outputGradient g: [Float]) -> [Float] {
        var dx = [Float](repeating: 0, count: s.inputCount)
        var i = 0
        s.forEachWindow { plane, oy, ox in
            let share = divide(g[i], Float(s.divisor(oy, ox)))
            for position in s.window(oy, ox).compactMap({ $0 }) {
                let target = plane * s.height * s.width + position
                dx[target] = add(dx[target], share)
            }
            i += 1
        }
        return dx
    }

    /// y[indices[i]] += g[i] for rows of `width`, in ascending i, from +0.
    package static func scatterAdd(_ g: [Float], indices: [Int64], width: Int, rows: Int) -> [Float] {
        var y = [Float](repeating: 0, count: rows * width)
        for (i, row) in indices.enumerated() {
            for j in 0..<width { y[Int(row) * width + j] = add(y[Int(row) * width + j], g[i * width + j]) }
        }
        return y
    }
}

extension Pooling {
    /// Row-major positions of one window in its plane; nil in the padding.
    package func window(_ oy: Int, _ ox: Int) -> [Int?] {
        var positions: [Int?] = []
        for ky in 0..<kernelHeight {
            for kx in 0..<kernelWidth {
                let (y, x) = (oy * strideY + ky - padTop, ox * strideX + kx - padLeft)
                positions.append(y >= 0 && y < height && x >= 0 && x < width ? y * width + x : nil)
            }
        }
        return positions
    }

    /// What an average divides by: elements inside the data, or inside the data and its padding.
    package func divisor(_ oy: Int, _ ox: Int) -> Int {
        let (top, left) = (oy * strideY - padTop, ox * strideX - padLeft)
        let bottom = countIncludesPadding ? height + padBottom : height
        let right = countIncludesPadding ? width + padRight : width
        let rows = min(top + kernelHeight, bottom) - (countIncludesPadding ? top : max(top, 0))
        let cols = min(left + kernelWidth, right) - (countIncludesPadding ? left : max(left, 0))
        return rows * cols
    }

    func forEachWindow(_ body: (_ plane: Int, _ oy: Int, _ ox: Int) -> Void) {
        for plane in 0..<(batch * channels) {
            for oy in 0..<outHeight {
                for ox in 0..<outWidth { body(plane, oy, ox) }
            }
        }
    }
}
