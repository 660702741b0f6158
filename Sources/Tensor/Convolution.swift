/// The sizes of a two-dimensional convolution: images [batch, inChannels, height, width], weights
/// [outChannels, inChannels / groups, kernelHeight, kernelWidth], result [batch, outChannels, outHeight, outWidth].
package struct Convolution: Sendable, Hashable {
    package var batch, inChannels, height, width, outChannels, kernelHeight, kernelWidth: Int
    package var strideY = 1
    package var strideX = 1
    package var padTop = 0
    package var padLeft = 0
    package var padBottom = 0
    package var padRight = 0
    package var dilationY = 1
    package var dilationX = 1
    package var groups = 1

    package init(
        batch: Int, inChannels: Int, height: Int, width: Int, outChannels: Int, kernelHeight: Int, kernelWidth: Int
    ) {
        self.batch = batch
        self.inChannels = inChannels
        self.height = height
        self.width = width
        self.outChannels = outChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
    }

    package var outHeight: Int {
        max(0, (height + padTop + padBottom - dilationY * (kernelHeight - 1) - 1 + strideY) / strideY)
    }
    package var outWidth: Int {
        max(0, (width + padLeft + padRight - dilationX * (kernelWidth - 1) - 1 + strideX) / strideX)
    }
    package var inPerGroup: Int { inChannels / groups }
    package var outPerGroup: Int { outChannels / groups }
    /// Whether every group has one channel in and one out.
    package var isDepthwise: Bool { inChannels == groups && outChannels == groups }
    /// Links of the product behind one output element.
    package var links: Int { inPerGroup * kernelHeight * kernelWidth }
    package var inputCount: Int { batch * inChannels * height * width }
    package var weightCount: Int { outChannels * links }
    package var outputCount: Int { batch * outChannels * outHeight * outWidth }
    package var multiplyAdds: Int { outputCount * links }
}

/// The sizes of a two-dimensional pooling over [batch, channels, height, width].
package struct Pooling: Sendable, Hashable {
    package var batch, channels, height, width, kernelHeight, kernelWidth: Int
    package var strideY: Int
    package var strideX: Int
    package var padTop = 0
    package var padLeft = 0
    package var padBottom = 0
    package var padRight = 0
    /// Whether an average divides by the whole window, padding included.
    package var countIncludesPadding = false
    /// Whether a last window that only partly fits gives an output, too.
    package var ceiling = false

    /// Windows side by side unless strides are set.
    package init(batch: Int, channels: Int, height: Int, width: Int, kernelHeight: Int, kernelWidth: Int) {
        self.batch = batch
        self.channels = channels
        self.height = height
        self.width = width
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        strideY = kernelHeight
        strideX = kernelWidth
    }

    package var outHeight: Int { extent(height, padTop, padBottom, kernelHeight, strideY) }
    package var outWidth: Int { extent(width, padLeft, padRight, kernelWidth, strideX) }
    package var inputCount: Int { batch * channels * height * width }
    package var outputCount: Int { batch * channels * outHeight * outWidth }

    private func extent(_ size: Int, _ before: Int, _ after: Int, _ kernel: Int, _ stride: Int) -> Int {
        let room = size + before + after - kernel
        guard room >= 0 else { return 0 }
        let count = room / stride + 1
        // A window that would start in the padding after the data does not count.
        guard ceiling, room % stride != 0, count * stride < size + before else { return count }
        return count + 1
    }
}
