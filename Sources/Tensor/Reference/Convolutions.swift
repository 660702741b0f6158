/// Convolution and its gradients, for one image layout: NCHW.
extension Reference {
    /// A product with k = (input channel, ky, kx), where padding is +0 and takes part.
    package static func convolve(_ s: Convolution, input x: [Float], weights w: [Float]) -> [Float] {
        var y: [Float] = []
        y.reserveCapacity(s.outputCount)
        s.forEachOutput { image, channel, oy, ox in
            let group = channel / s.outPerGroup
            y.append(
                dot(count: s.links, { w[channel * s.links + $0] }) { k in
                    let (c, ky, kx) = s.tap(k)
                    return s.inputIndex(image, group * s.inPerGroup + c, oy, ox, ky, kx).map { x[$0] } ?? 0
                })
        }
        return y
    }

    /// A product with k = (image, y, x) over the output's positions.
    package static func convolveWeightGradient(
        _ s: Convolution, input x: [Float], outputGradient g: [Float]
    ) -> [Float] {
        var dw: [Float] = []
        let plane = s.outHeight * s.outWidth
        for channel in 0..<s.outChannels {
            let group = channel / s.outPerGroup
            for tap in 0..<s.links {
                let (c, ky, kx) = s.tap(tap)
                dw.append(
                    dot(count: s.batch * plane, { g[($0 / plane * s.outChannels + channel) * plane + $0 % plane] }) {
                        k in
                        let position = k % plane
                        let (oy, ox) = (position / s.outWidth, position % s.outWidth)
                        return s.inputIndex(k / plane, group * s.inPerGroup + c, oy, ox, ky, kx).map { x[$0] } ?? 0
                    })
            }
        }
        return dw
    }

    /// From +0, for (ky, kx) ascending, the chain over the group's output channels is added where the tap meets an output.
    package static func convolveInputGradient(
        _ s: Convolution, outputGradient g: [Float], weights w: [Float]
    ) -> [Float] {
        var dx = [Float](repeating: 0, count: s.inputCount)
        let plane = s.outHeight * s.outWidth
        for ky in 0..<s.kernelHeight {
            for kx in 0..<s.kernelWidth {
                for image in 0..<s.batch {
                    for channel in 0..<s.inChannels {
                        let (group, c) = (channel / s.inPerGroup, channel % s.inPerGroup)
                        let tap = (c * s.kernelHeight + ky) * s.kernelWidth + kx
                        for position in 0..<plane {
                            let (oy, ox) = (position / s.outWidth, position % s.outWidth)
                            guard let target = s.inputIndex(image, channel, oy, ox, ky, kx) else { continue }
                            let first = group * s.outPerGroup
                            let part = dot(
                                count: s.outPerGroup, { w[(first + $0) * s.links + tap] },
                                { g[(image * s.outChannels + first + $0) * plane + position] })
                            dx[target] = add(dx[target], part)
                        }
                    }
                }
            }
        }
        return dx
    }
}

extension Convolution {
    /// Link k of the product as (input channel within the group, ky, kx).
    package func tap(_ k: Int) -> (channel: Int, ky: Int, kx: Int) {
        (k / (kernelHeight * kernelWidth), k / kernelWidth % kernelHeight, k % kernelWidth)
    }

    /// Where the input of one tap lies, or nil in the padding.
    package func inputIndex(_ image: Int, _ channel: Int, _ oy: Int, _ ox: Int, _ ky: Int, _ kx: Int) -> Int? {
        let y = oy * strideY + ky * dilationY - padTop
        let x = ox * strideX + kx * dilationX - padLeft
        guard y >= 0, y < height, x >= 0, x < width else { return nil }
        return ((image * inChannels + channel) * height + y) * width + x
    }

    func forEachOutput(_ body: (_ image: Int, _ channel: Int, _ y: Int, _ x: Int) -> Void) {
        for image in 0..<batch {
            for channel in 0..<outChannels {
                for y in 0..<outHeight {
                    for x in 0..<outWidth { body(image, channel, y, x) }
                }
            }
        }
    }
}
