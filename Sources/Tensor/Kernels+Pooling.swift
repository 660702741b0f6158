import CKernels

extension Kernels {
    /// The largest of each window; `winners` are positions inside the (image, channel) plane, the first of equals.
    package func maxPool(_ s: Pooling, _ x: In, into y: Out, winners: UnsafeMutablePointer<Int32>? = nil) {
        var sizes = s.sizes
        split(s.batch * s.channels, unit: 1, work: s.outputCount * s.kernelHeight * s.kernelWidth) { planes in
            table.pointee.max_pool(&sizes, x, y, winners, planes.lowerBound, planes.count)
        }
    }

    /// Adds each output's gradient at its winner, in ascending order of output.
    package func maxPoolGradient(
        _ s: Pooling, outputGradient g: In, winners: UnsafePointer<Int32>, into dx: Out
    ) {
        var sizes = s.sizes
        split(s.batch * s.channels, unit: 1, work: s.inputCount + s.outputCount) { planes in
            table.pointee.max_pool_gradient(&sizes, g, winners, dx, planes.lowerBound, planes.count)
        }
    }

    /// The canonical sum of each window, +0 in the padding, divided by its number of elements.
    package func averagePool(_ s: Pooling, _ x: In, into y: Out) {
        var sizes = s.sizes
        split(s.batch * s.channels, unit: 1, work: s.outputCount * s.kernelHeight * s.kernelWidth) { planes in
            table.pointee.average_pool(&sizes, x, y, planes.lowerBound, planes.count)
        }
    }

    /// Adds each output's share to every element of its window, in ascending order of output.
    package func averagePoolGradient(_ s: Pooling, outputGradient g: In, into dx: Out) {
        var sizes = s.sizes
        split(s.batch * s.channels, unit: 1, work: s.outputCount * s.kernelHeight * s.kernelWidth) { planes in
            table.pointee.average_pool_gradient(&sizes, g, dx, planes.lowerBound, planes.count)
        }
    }
}

extension Pooling {
    fileprivate var sizes: cairn_pooling {
        precondition(
            padTop < kernelHeight && padBottom < kernelHeight && padLeft < kernelWidth && padRight < kernelWidth,
            "a window must not lie in the padding alone")
        var sizes = cairn_pooling()
        sizes.height = height
        sizes.width = width
        sizes.kernel_height = kernelHeight
        sizes.kernel_width = kernelWidth
        sizes.stride_y = strideY
        sizes.stride_x = strideX
        sizes.pad_top = padTop
        sizes.pad_left = padLeft
        sizes.pad_bottom = padBottom
        sizes.pad_right = padRight
        sizes.out_height = outHeight
        sizes.out_width = outWidth
        sizes.count_padding = countIncludesPadding
        return sizes
    }
}
