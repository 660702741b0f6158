import CKernels

extension Kernels {
    /// y = conv(input, weights), then + bias per output channel, then the activation. Padding must not be negative.
    package func convolve(
        _ s: Convolution, input: In, weights: In, bias: In? = nil, activation: Activation = .none, into y: Out
    ) {
        var sizes = s.sizes
        let count = table.pointee.convolve_packed_count(&sizes)
        guard count > 0 else {
            convolve(s, input: input, arranged: weights, bias: bias, activation: activation, into: y)
            return
        }
        // Every call with a count of at least 1 returns memory, or does not return.
        let arranged = cairn_thread_scratch(Int32(CAIRN_SCRATCH_CALLER.rawValue), count)!
        split(s.outChannels, unit: s.channelUnit, work: s.weightCount) { channels in
            table.pointee.convolve_pack(&sizes, weights, arranged, channels.lowerBound, channels.count)
        }
        convolve(s, input: input, arranged: arranged, bias: bias, activation: activation, into: y)
    }

    /// The same from weights that the table has arranged, if it arranges them for this shape.
    func convolve(_ s: Convolution, input: In, arranged: In, bias: In?, activation: Activation, into y: Out) {
        var sizes = s.sizes
        if s.batch >= pool.threads {
            split(s.batch, unit: 1, work: s.multiplyAdds) { images in
                table.pointee.convolve(
                    &sizes, input, arranged, bias, activation.code, y, images.lowerBound, images.count, 0,
                    s.outChannels)
            }
        } else {
            split(s.outChannels, unit: s.channelUnit, work: s.multiplyAdds) { channels in
                table.pointee.convolve(
                    &sizes, input, arranged, bias, activation.code, y, 0, s.batch, channels.lowerBound,
                    channels.count)
            }
        }
    }

    /// The gradient of the weights: a product over (image, y, x).
    package func convolveWeightGradient(_ s: Convolution, input: In, outputGradient: In, into dw: Out) {
        var sizes = s.sizes
        let (unit, ins, outs) = (Int(CAIRN_UNIT), s.inPerGroup, s.outPerGroup)
        if s.groups > 1 {
            // Depthwise convolutions take a vector of groups at once, sixteen at most.
            split(s.groups, unit: s.isDepthwise ? 16 : 1, work: s.multiplyAdds) { groups in
                table.pointee.convolve_weight_gradient(
                    &sizes, input, outputGradient, dw, groups.lowerBound, groups.count, 0, ins, 0, outs)
            }
        } else if outs >= unit * pool.threads {
            split(outs, unit: unit, work: s.multiplyAdds) { range in
                table.pointee.convolve_weight_gradient(
                    &sizes, input, outputGradient, dw, 0, 1, 0, ins, range.lowerBound, range.count)
            }
        } else if ins >= pool.threads {
            // Whatever of one operand a piece has for itself, it arranges all of the other: one piece for each thread.
            split(ins, unit: (ins + pool.threads - 1) / pool.threads, work: s.multiplyAdds) { range in
                table.pointee.convolve_weight_gradient(
                    &sizes, input, outputGradient, dw, 0, 1, range.lowerBound, range.count, 0, outs)
            }
        } else {
            split(outs, unit: (outs + pool.threads - 1) / pool.threads, work: s.multiplyAdds) { range in
                table.pointee.convolve_weight_gradient(
                    &sizes, input, outputGradient, dw, 0, 1, 0, ins, range.lowerBound, range.count)
            }
        }
    }

    /// The gradient of the input: from +0, for (ky, kx) ascending, the product over the output channels is added.
    package func convolveInputGradient(_ s: Convolution, outputGradient: In, weights: In, into dx: Out) {
        var sizes = s.sizes
        guard
            !table.pointee.convolve_input_gradient_reads_padding(&sizes)
                || UnsafeBufferPointer(start: weights, count: s.weightCount).allSatisfy(\.isFinite)
        else {
            // The fast form multiplies by +0 where the definition has no term, which only finite weights permit.
            canonical { convolveInputGradientSlowly(s, outputGradient: outputGradient, weights: weights, into: dx) }
            return
        }
        let (groups, ins, unit) = (s.groups, s.inPerGroup, Int(CAIRN_UNIT))
        if groups == 1, s.batch < pool.threads || (ins >= unit * pool.threads && s.weightCount > s.outputCount) {
            // The weights outweigh the images: some channels of them at a time, which the nearer caches hold.
            split(ins, unit: unit, work: s.multiplyAdds) { channels in
                for first in stride(from: channels.lowerBound, to: channels.upperBound, by: unit) {
                    let count = min(unit, channels.upperBound - first)
                    let turned = turn(&sizes, weights, groups: 0..<1, channels: first..<first + count)
                    table.pointee.convolve_input_gradient(
                        &sizes, turned, outputGradient, dx, 0, s.batch, 0, 1, first, count)
                }
            }
        } else if s.batch >= pool.threads {
            let turned = turn(&sizes, weights, groups: 0..<groups, channels: 0..<ins)
            split(s.batch, unit: 1, work: s.multiplyAdds) { images in
                table.pointee.convolve_input_gradient(
                    &sizes, turned, outputGradient, dx, images.lowerBound, images.count, 0, groups, 0, ins)
            }
        } else {
            split(groups, unit: 1, work: s.multiplyAdds) { range in
                let turned = turn(&sizes, weights, groups: range, channels: 0..<ins)
                table.pointee.convolve_input_gradient(
                    &sizes, turned, outputGradient, dx, 0, s.batch, range.lowerBound, range.count, 0, ins)
            }
        }
    }

    /// The weights of some groups, and of some input channels of each, as the gradient of the input reads them, in this
    /// thread's scratch.
    private func turn(
        _ sizes: UnsafePointer<cairn_convolution>, _ weights: In, groups: Range<Int>, channels: Range<Int>
    ) -> In {
        let count = table.pointee.convolve_turned_count(sizes, groups.count, channels.count)
        let turned = cairn_thread_scratch(Int32(CAIRN_SCRATCH_CALLER.rawValue), max(count, 1))!
        table.pointee.convolve_turn_weights(
            sizes, weights, turned, groups.lowerBound, groups.count, channels.lowerBound, channels.count)
        return In(turned)
    }

    private func convolveInputGradientSlowly(_ s: Convolution, outputGradient: In, weights: In, into dx: Out) {
        let g = Array(UnsafeBufferPointer(start: outputGradient, count: s.outputCount))
        let w = Array(UnsafeBufferPointer(start: weights, count: s.weightCount))
        let result = Reference.convolveInputGradient(s, outputGradient: g, weights: w)
        result.withUnsafeBufferPointer { result in
            // An empty result has no address and nothing to copy.
            if let base = result.baseAddress { dx.update(from: base, count: result.count) }
        }
    }
}

extension Convolution {
    /// Output channels are cut at multiples of this.
    fileprivate var channelUnit: Int { groups == 1 ? Int(CAIRN_UNIT) : outPerGroup }

    /// What the kernels know it as.
    var sizes: cairn_convolution {
        precondition(padTop >= 0 && padLeft >= 0 && padBottom >= 0 && padRight >= 0, "padding must not be negative")
        var sizes = cairn_convolution()
        sizes.batch = batch
        sizes.in_channels = inChannels
        sizes.height = height
        sizes.width = width
        sizes.out_channels = outChannels
        sizes.kernel_height = kernelHeight
        sizes.kernel_width = kernelWidth
        sizes.stride_y = strideY
        sizes.stride_x = strideX
        sizes.pad_top = padTop
        sizes.pad_left = padLeft
        sizes.dilation_y = dilationY
        sizes.dilation_x = dilationX
        sizes.groups = groups
        sizes.out_height = outHeight
        sizes.out_width = outWidth
        return sizes
    }
}
