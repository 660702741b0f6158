import CKernels

extension Kernels {
    /// The largest of each window; `winners` are positions inside the (image, channel) plane, the first of equals.
    package func maxPool(_ s: Pooling, _ x: In, into y: Out, winners: UnsafeMutablePointer<Int32>? = nil) {
        let (outHeight, outWidth) = (s.outHeight, s.outWidth)
        let work = s.outputCount * s.kernelHeight * s.kernelWidth
        split(s.batch * s.channels, unit: 1, work: work) { planes in
            for plane in planes {
                let data = x + plane * s.height * s.width
                var out = plane * outHeight * outWidth
                for oy in 0..<outHeight {
                    let rows = clip(oy * s.strideY - s.padTop, s.kernelHeight, s.height)
                    for ox in 0..<outWidth {
                        let cols = clip(ox * s.strideX - s.padLeft, s.kernelWidth, s.width)
                        let best = Self.winner(data, rows, cols, width: s.width)
                        y[out] = Reference.canonical(data[best])
                        if let winners { winners[out] = Int32(truncatingIfNeeded: best) }
                        out += 1
                    }
                }
            }
        }
    }

    /// Adds each output's gradient at its winner, in ascending order of output.
    package func maxPoolGradient(
        _ s: Pooling, outputGradient g: In, winners: UnsafePointer<Int32>, into dx: Out
    ) {
        let (out, plane) = (s.outHeight * s.outWidth, s.height * s.width)
        split(s.batch * s.channels, unit: 1, work: s.inputCount + s.outputCount) { planes in
            for p in planes {
                let target = dx + p * plane
                target.update(repeating: 0, count: plane)
                for i in p * out..<(p + 1) * out {
                    let at = Int(winners[i])
                    target[at] = Reference.canonical(target[at] + g[i])
                }
            }
        }
    }

    package func averagePool(_ s: Pooling, _ x: In, into y: Out) {
        let (outHeight, outWidth) = (s.outHeight, s.outWidth)
        let window = s.kernelHeight * s.kernelWidth
        split(s.batch * s.channels, unit: 1, work: s.outputCount * window) { planes in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: window) { values in
                for plane in planes {
                    let data = x + plane * s.height * s.width
                    var out = plane * outHeight * outWidth
                    for oy in 0..<outHeight {
                        for ox in 0..<outWidth {
                            var i = 0
                            for ky in 0..<s.kernelHeight {
                                let row = oy * s.strideY + ky - s.padTop
                                for kx in 0..<s.kernelWidth {
                                    let col = ox * s.strideX + kx - s.padLeft
                                    let inside = row >= 0 && row < s.height && col >= 0 && col < s.width
                                    values[i] = inside ? data[row * s.width + col] : 0
                                    i += 1
                                }
                            }
                            // The buffer holds `window` >= 1 elements, so it has a base address.
                            table.pointee.fold(0, values.baseAddress!, y + out, 1, window, 1)
                            y[out] = Reference.divide(y[out], Float(s.divisor(oy, ox)))
                            out += 1
                        }
                    }
                }
            }
        }
    }

    package func averagePoolGradient(_ s: Pooling, outputGradient g: In, into dx: Out) {
        let (outHeight, outWidth, plane) = (s.outHeight, s.outWidth, s.height * s.width)
        split(s.batch * s.channels, unit: 1, work: s.outputCount * s.kernelHeight * s.kernelWidth) { planes in
            for p in planes {
                let target = dx + p * plane
                target.update(repeating: 0, count: plane)
                var i = p * outHeight * outWidth
                for oy in 0..<outHeight {
                    let rows = clip(oy * s.strideY - s.padTop, s.kernelHeight, s.height)
                    for ox in 0..<outWidth {
                        let share = Reference.divide(g[i], Float(s.divisor(oy, ox)))
                        for row in rows {
                            for col in clip(ox * s.strideX - s.padLeft, s.kernelWidth, s.width) {
                                let at = row * s.width + col
                                target[at] = Reference.canonical(target[at] + share)
                            }
                        }
                        i += 1
                    }
                }
            }
        }
    }

    /// The part of `count` positions from `start` that lies in 0..<size.
    private func clip(_ start: Int, _ count: Int, _ size: Int) -> Range<Int> {
        max(start, 0)..<max(max(start, 0), min(start + count, size))
    }

    @inline(__always)
    private static func winner(_ data: In, _ rows: Range<Int>, _ cols: Range<Int>, width: Int) -> Int {
        var best = rows.lowerBound * width + cols.lowerBound
        var key = data[best].totalOrderKey
        for row in rows {
            for col in cols {
                let at = row * width + col
                let value = data[at]
                if value.isNaN { return at }
                if value.totalOrderKey > key { (best, key) = (at, value.totalOrderKey) }
            }
        }
        return best
    }
}
