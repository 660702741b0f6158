import Graph
import Tensor

/// What the attributes of a convolution or a pooling say about a window, for any number of spatial axes.
struct SpatialWindow {
    var kernel: [Int]
    var stride: [Int]
    var dilation: [Int]
    var before: [Int]
    var after: [Int]

    var rank: Int { kernel.count }

    /// From the end of one tap to the end of the last, along an axis.
    func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilation[axis] + 1 }

    /// The size of the result for an axis of `size`.
    func outputSize(_ axis: Int, of size: Int) -> Int {
        let room = size + before[axis] + after[axis] - reach(axis)
        return room < 0 ? 0 : room / stride[axis] + 1
    }

    /// The window over the last axes alone.
    func suffix(from axis: Int) -> SpatialWindow {
        SpatialWindow(
            kernel: Array(kernel[axis...]), stride: Array(stride[axis...]), dilation: Array(dilation[axis...]),
            before: Array(before[axis...]), after: Array(after[axis...]))
    }

    /// One or two axes as the window of a program; one axis becomes the second of two.
    var planar: Window {
        let lead = rank == 1
        func pair(_ values: [Int], _ filler: Int) -> [Int] { (lead ? [filler] : []) + values }
        return Window(
            kernel: pair(kernel, 1), stride: pair(stride, 1), dilation: pair(dilation, 1), before: pair(before, 0),
            after: pair(after, 0))
    }

    /// One axis of the window alone, over an image of width 1.
    func column(_ axis: Int) -> Window {
        Window(
            kernel: [kernel[axis], 1], stride: [stride[axis], 1], dilation: [dilation[axis], 1],
            before: [before[axis], 0], after: [after[axis], 0])
    }
}

extension SpatialWindow {
    /// Reads `strides`, `dilations`, `pads` and `auto_pad` for an image of the spatial `sizes`.
    init(_ lowering: Lowering, kernel: [Int], sizes: [Int]) throws {
        let rank = sizes.count
        guard rank >= 1, rank <= 8, kernel.count == rank else {
            throw lowering.refusal("a kernel \(kernel) does not fit the spatial axes \(sizes)")
        }
        let ones = [Int](repeating: 1, count: rank)
        (stride, dilation) = (lowering.ints("strides") ?? ones, lowering.ints("dilations") ?? ones)
        self.kernel = kernel
        guard stride.count == rank, dilation.count == rank,
            (kernel + stride + dilation).allSatisfy({ (1...65536).contains($0) })
        else { throw lowering.refusal("kernel \(kernel), strides \(stride) or dilations \(dilation) cannot be") }
        (before, after) = (ones.map { _ in 0 }, ones.map { _ in 0 })
        switch lowering.text("auto_pad", "NOTSET") {
        case "NOTSET", "":
            let pads = lowering.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
            guard pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else {
                throw lowering.refusal("the paddings \(pads) are not supported")
            }
            (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
        case "VALID": break
        case let mode where mode == "SAME_UPPER" || mode == "SAME_LOWER":
            for axis in 0..<rank {
                let outputs = (sizes[axis] + stride[axis] - 1) / stride[axis]
                let total = max(0, (outputs - 1) * stride[axis] + reach(axis) - sizes[axis])
                before[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
                after[axis] = total - before[axis]
            }
        case let mode: throw lowering.refusal("auto_pad '\(mode)' is not supported")
        }
    }
}

extension Lowering {
    /// A tensor with one or two spatial axes as an image; one axis becomes its width.
    func image(_ value: Value) throws -> Value {
        let shape = shape(value)
        return shape.count == 4 ? value : try builder.reshape(value, [shape[0], shape[1], 1, shape[2]])
    }

    /// An image back to a tensor of `rank` axes.
    func flat(_ value: Value, rank: Int) throws -> Value {
        let shape = shape(value)
        return rank == 4 ? value : try builder.reshape(value, [shape[0], shape[1], shape[3]])
    }
}
