import Graph
import Tensor

extension Operators {
    static let contractions: [String: Lowering.Operator] = [
        "MatMul": matmul, "Gemm": gemm, "Conv": convolution, "ConvTranspose": transposedConvolution,
        "MaxPool": { lowering in
            guard !lowering.wantsOutput(1) else { throw lowering.refusal("the indices of MaxPool are not supported") }
            let (image, window, restore) = try pooling(lowering)
            lowering.set(0, try restore(try lowering.builder.append(.maxPool(window), [image])))
        },
        "AveragePool": { lowering in
            let (image, window, restore) = try pooling(lowering)
            let sums = try lowering.builder.append(.sumPool(window), [image])
            try lowering.limit(lowering.shape(sums)[2], lowering.shape(sums)[3])
            let shape = lowering.shape(image)
            let counts = counts(
                window, shape, lowering.shape(sums), padding: lowering.int("count_include_pad", 0) == 1, lowering)
            lowering.set(0, try restore(try lowering.builder.divide(sums, lowering.builder.constant(counts))))
        },
        "GlobalAveragePool": { lowering in
            let x = try lowering.input(0)
            lowering.set(0, try lowering.builder.mean(x, axes: Array(2..<max(2, lowering.shape(x).count))))
        },
        "GlobalMaxPool": { lowering in
            let x = try lowering.input(0)
            lowering.set(0, try lowering.builder.reduce(.maximum, x, axes: Array(2..<max(2, lowering.shape(x).count))))
        },
    ]

    private static func matmul(_ lowering: Lowering) throws {
        var (a, b) = (try lowering.input(0), try lowering.input(1))
        let (left, right) = (lowering.shape(a), lowering.shape(b))
        guard !left.isEmpty, !right.isEmpty else { throw lowering.refusal("needs vectors or matrices") }
        if left.count == 1 { a = try lowering.builder.reshape(a, [1] + left) }
        if right.count == 1 { b = try lowering.builder.reshape(b, right + [1]) }
        var result = try lowering.builder.matmul(a, b)
        var shape = lowering.shape(result)
        if right.count == 1 { shape.removeLast() }
        if left.count == 1 { shape.remove(at: right.count == 1 ? shape.count - 1 : shape.count - 2) }
        result = try lowering.builder.reshape(result, shape)
        lowering.set(0, result)
    }

    private static func gemm(_ lowering: Lowering) throws {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        var result = try lowering.builder.matmul(
            a, b, transposeA: lowering.int("transA", 0) == 1, transposeB: lowering.int("transB", 0) == 1)
        let (alpha, beta) = (lowering.float("alpha", 1), lowering.float("beta", 1))
        if alpha != 1 { result = try lowering.builder.multiply(lowering.builder.scalar(alpha), result) }
        if var bias = try lowering.optional(2) {
            if beta != 1 { bias = try lowering.builder.multiply(lowering.builder.scalar(beta), bias) }
            result = try lowering.builder.add(result, bias)
        }
        lowering.set(0, result)
    }

    /// Per axis: the paddings that the attributes ask for, for a kernel that reaches over `reach` elements.
    static func paddings(
        _ lowering: Lowering, sizes: [Int], reach: [Int], strides: [Int]
    ) throws -> (before: [Int], after: [Int]) {
        let rank = sizes.count
        switch lowering.text("auto_pad", "NOTSET") {
        case "NOTSET", "":
            let pads = lowering.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
            guard pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else {
                throw lowering.refusal("the paddings \(pads) are not supported")
            }
            return (Array(pads[..<rank]), Array(pads[rank...]))
        case "VALID": return ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        case let mode where mode == "SAME_UPPER" || mode == "SAME_LOWER":
            let totals = (0..<rank).map { axis -> Int in
                let outputs = (sizes[axis] + strides[axis] - 1) / strides[axis]
                return max(0, (outputs - 1) * strides[axis] + reach[axis] - sizes[axis])
            }
            let less = totals.map { $0 / 2 }
            let more = totals.map { $0 - $0 / 2 }
            return mode == "SAME_UPPER" ? (less, more) : (more, less)
        case let mode: throw lowering.refusal("auto_pad '\(mode)' is not supported")
        }
    }

    /// The attributes of one or two spatial axes as a window; one axis becomes the second of two.
    static func window(
        _ lowering: Lowering, kernel: [Int], sizes: [Int]
    ) throws -> Window {
        let rank = sizes.count
        guard rank == 1 || rank == 2, kernel.count == rank else {
            throw lowering.refusal("\(rank) spatial axes are not supported, only 1 and 2")
        }
        let ones = [Int](repeating: 1, count: rank)
        let (strides, dilations) = (lowering.ints("strides") ?? ones, lowering.ints("dilations") ?? ones)
        guard strides.count == rank, dilations.count == rank,
            (kernel + strides + dilations).allSatisfy({ (1...65536).contains($0) })
        else { throw lowering.refusal("kernel \(kernel), strides \(strides) or dilations \(dilations) cannot be") }
        let reach = zip(kernel, dilations).map { ($0 - 1) * $1 + 1 }
        let (before, after) = try paddings(lowering, sizes: sizes, reach: reach, strides: strides)
        let lead = rank == 1
        return Window(
            kernel: (lead ? [1] : []) + kernel, stride: (lead ? [1] : []) + strides,
            dilation: (lead ? [1] : []) + dilations, before: (lead ? [0] : []) + before,
            after: (lead ? [0] : []) + after)
    }

    /// A tensor with one spatial axis as an image of height 1.
    static func image(_ lowering: Lowering, _ value: Value) throws -> Value {
        let shape = lowering.shape(value)
        guard shape.count == 3 || shape.count == 4 else {
            throw lowering.refusal("a tensor of \(shape.count) axes is not supported: 1 or 2 spatial axes are")
        }
        return shape.count == 4 ? value : try lowering.builder.reshape(value, [shape[0], shape[1], 1, shape[2]])
    }

    static func flat(_ lowering: Lowering, _ value: Value, rank: Int) throws -> Value {
        let shape = lowering.shape(value)
        return rank == 4 ? value : try lowering.builder.reshape(value, [shape[0], shape[1], shape[3]])
    }

    static func perChannel(_ lowering: Lowering, _ value: Value, rank: Int) throws -> Value {
        let count = lowering.builder.type(value).count
        return try lowering.builder.reshape(value, [1, count] + [Int](repeating: 1, count: max(0, rank - 2)))
    }

    private static func convolution(_ lowering: Lowering) throws {
        let (x, w) = (try lowering.input(0), try lowering.input(1))
        let rank = lowering.shape(x).count
        guard rank == lowering.shape(w).count else { throw lowering.refusal("image and weights differ in rank") }
        let window = try window(
            lowering, kernel: Array(lowering.shape(w)[2...]), sizes: Array(lowering.shape(x)[2...]))
        let operation = Operation.convolve(window, groups: lowering.int("group", 1))
        var result = try lowering.builder.append(operation, [try image(lowering, x), try image(lowering, w)])
        if let bias = try lowering.optional(2) {
            result = try lowering.builder.add(result, try perChannel(lowering, bias, rank: 4))
        }
        lowering.set(0, try flat(lowering, result, rank: rank))
    }

    /// The gradient of a convolution with respect to its image, used forwards.
    private static func transposedConvolution(_ lowering: Lowering) throws {
        let (x, w) = (try lowering.input(0), try lowering.input(1))
        let rank = lowering.shape(x).count
        guard rank == lowering.shape(w).count, rank == 3 || rank == 4 else {
            throw lowering.refusal("1 or 2 spatial axes are supported")
        }
        let (image, weights) = (try image(lowering, x), try image(lowering, w))
        let (shape, kernel) = (lowering.shape(image), Array(lowering.shape(weights)[2...]))
        let groups = lowering.int("group", 1)
        let lead = rank == 3
        func pair(_ name: String, _ standard: Int) -> [Int] {
            let stated = lowering.ints(name) ?? [Int](repeating: standard, count: rank - 2)
            return lead ? [standard] + stated : stated
        }
        let (strides, dilations, extra) = (pair("strides", 1), pair("dilations", 1), pair("output_padding", 0))
        guard [strides, dilations, extra].allSatisfy({ $0.count == 2 && $0.allSatisfy { (0...65536).contains($0) } })
        else {
            throw lowering.refusal("strides, dilations or output padding cannot be")
        }
        let reach = zip(kernel, dilations).map { ($0 - 1) * $1 + 1 }
        var pads = (before: [0, 0], after: [0, 0])
        var size = [0, 0]
        if let stated = lowering.ints("output_shape") {
            size = (lead ? [1] : []) + Array(stated.suffix(rank - 2))
            guard size.count == 2 else { throw lowering.refusal("the output shape cannot be") }
            for axis in 0..<2 {
                let total = max(0, strides[axis] * (shape[2 + axis] - 1) + extra[axis] + reach[axis] - size[axis])
                let less = total / 2
                let isUpper = lowering.text("auto_pad", "NOTSET") == "SAME_UPPER"
                (pads.before[axis], pads.after[axis]) = isUpper ? (less, total - less) : (total - less, less)
            }
        } else if lowering.text("auto_pad", "NOTSET").hasPrefix("SAME") {
            for axis in 0..<2 {
                size[axis] = shape[2 + axis] * strides[axis]
                let total = max(0, strides[axis] * (shape[2 + axis] - 1) + extra[axis] + reach[axis] - size[axis])
                let less = total / 2
                let isUpper = lowering.text("auto_pad", "NOTSET") == "SAME_UPPER"
                (pads.before[axis], pads.after[axis]) = isUpper ? (less, total - less) : (total - less, less)
            }
        } else {
            let stated = lowering.ints("pads") ?? [Int](repeating: 0, count: 2 * (rank - 2))
            guard stated.count == 2 * (rank - 2) else { throw lowering.refusal("the paddings \(stated) cannot be") }
            pads = lead ? ([0, stated[0]], [0, stated[1]]) : (Array(stated[..<2]), Array(stated[2...]))
            for axis in 0..<2 {
                size[axis] =
                    strides[axis] * (shape[2 + axis] - 1) + extra[axis] + reach[axis] - pads.before[axis]
                    - pads.after[axis]
            }
        }
        let window = Window(
            kernel: kernel, stride: strides, dilation: dilations, before: pads.before, after: pads.after)
        let channels = lowering.shape(weights)[1] * groups
        let operation = Operation.convolveInputGradient(window, groups: groups, shape: [shape[0], channels] + size)
        var result = try lowering.builder.append(operation, [image, weights])
        if let bias = try lowering.optional(2) {
            result = try lowering.builder.add(result, try perChannel(lowering, bias, rank: 4))
        }
        lowering.set(0, try flat(lowering, result, rank: rank))
    }

    /// Image, window and the way back to the rank of the input; a last partial window becomes padding.
    private static func pooling(_ lowering: Lowering) throws -> (Value, Window, (Value) throws -> Value) {
        let x = try lowering.input(0)
        let rank = lowering.shape(x).count
        let image = try image(lowering, x)
        let sizes = Array(lowering.shape(image)[2...])
        var window = try window(
            lowering, kernel: lowering.ints("kernel_shape") ?? [], sizes: Array(lowering.shape(x)[2...]))
        if lowering.int("ceil_mode", 0) == 1 {
            for axis in 0..<2 {
                let reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
                let room = sizes[axis] + window.before[axis] + window.after[axis] - reach
                let count = room < 0 ? 0 : room / window.stride[axis] + 1
                let startsInside = count * window.stride[axis] < sizes[axis] + window.before[axis]
                if room >= 0, room % window.stride[axis] != 0, startsInside {
                    window.after[axis] += window.stride[axis] - room % window.stride[axis]
                }
            }
        }
        return (image, window, { try flat(lowering, $0, rank: rank) })
    }

    /// How many elements each window averages: with `padding`, those of the stated padding too, never those of a last partial window.
    private static func counts(
        _ window: Window, _ image: [Int], _ output: [Int], padding: Bool, _ lowering: Lowering
    ) -> Tensor {
        let stated = lowering.ints("pads") ?? []
        let rank = stated.count / 2
        var counts: [Float] = []
        func count(_ axis: Int, _ place: Int) -> Int {
            // The padding that the node states at the end, without what rounding up added.
            let after = rank == 0 ? window.after[axis] : (rank == 1 ? (axis == 1 ? stated[1] : 0) : stated[2 + axis])
            let limit = padding ? image[2 + axis] + after : image[2 + axis]
            let first = padding ? -window.before[axis] : 0
            return (0..<window.kernel[axis]).count { tap in
                let at = place * window.stride[axis] - window.before[axis] + tap * window.dilation[axis]
                return at >= first && at < limit
            }
        }
        for y in 0..<output[2] { for x in 0..<output[3] { counts.append(Float(max(1, count(0, y) * count(1, x)))) } }
        return Tensor(counts, shape: [1, 1, output[2], output[3]])
    }
}
