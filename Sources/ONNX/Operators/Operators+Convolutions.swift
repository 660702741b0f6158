import Graph
import Tensor

/// Convolutions over any number of spatial axes: two at once; further ones tap by tap, as sums of convolutions of slices.
extension Operators {
    /// The convolution that the node's attributes describe, without a bias.
    static func convolved(_ lowering: Lowering, _ x: Value, _ w: Value) throws -> Value {
        let (shape, weights) = (lowering.shape(x), lowering.shape(w))
        guard shape.count == weights.count, shape.count >= 3 else {
            throw lowering.refusal("an image \(shape) and weights \(weights) do not fit")
        }
        let window = try SpatialWindow(lowering, kernel: Array(weights[2...]), sizes: Array(shape[2...]))
        try limitTaps(lowering, window)
        return try convolved(lowering, x, w, window, groups: lowering.int("group", 1))
    }

    private static func convolved(
        _ lowering: Lowering, _ x: Value, _ w: Value, _ window: SpatialWindow, groups: Int
    ) throws -> Value {
        let (shape, weights) = (lowering.shape(x), lowering.shape(w))
        guard window.rank > 2 else {
            let operands = [try lowering.image(x), try lowering.image(w)]
            let result = try lowering.builder.append(.convolve(window.planar, groups: groups), operands)
            return try lowering.flat(result, rank: shape.count)
        }
        let padded = try paddedFront(lowering, x, window)
        let count = window.outputSize(0, of: shape[2])
        var total: Value?
        for tap in 0..<window.kernel[0] {
            var (start, step, size) = (shape.map { _ in 0 }, shape.map { _ in 1 }, lowering.shape(padded))
            (start[2], step[2], size[2]) = (tap * window.dilation[0], window.stride[0], count)
            let slices = try folded(lowering, try lowering.builder.slice(padded, start: start, step: step, shape: size))
            let kernel = try lowering.builder.reshape(
                try lowering.builder.slice(w, axis: 2, from: tap, count: 1), Array(weights[..<2] + weights[3...]))
            let part = try convolved(lowering, slices, kernel, window.suffix(from: 1), groups: groups)
            total = try total.map { try lowering.builder.add($0, part) } ?? part
        }
        guard let total else { throw lowering.refusal("has an empty kernel") }
        return try unfolded(lowering, total, batch: shape[0])
    }

    /// Every tap of the axes before the last two is a convolution of its own.
    private static func limitTaps(_ lowering: Lowering, _ window: SpatialWindow) throws {
        let taps = window.kernel.dropLast(2).reduce(1.0) { $0 * Double($1) }
        guard taps <= 4096, (1...65536).contains(lowering.int("group", 1)) else {
            throw lowering.refusal("a kernel \(window.kernel) in \(lowering.int("group", 1)) groups cannot be")
        }
    }

    /// Zeros before and after the first spatial axis.
    private static func paddedFront(_ lowering: Lowering, _ x: Value, _ window: SpatialWindow) throws -> Value {
        guard window.before[0] + window.after[0] > 0 else { return x }
        var (before, after) = (lowering.shape(x).map { _ in 0 }, lowering.shape(x).map { _ in 0 })
        (before[2], after[2]) = (window.before[0], window.after[0])
        return try lowering.builder.append(.pad(before: before, after: after), [x])
    }

    /// `[n, c, d, ...]` as `[n * d, c, ...]`.
    private static func folded(_ lowering: Lowering, _ x: Value) throws -> Value {
        let shape = lowering.shape(x)
        let order = [0, 2, 1] + Array(3..<shape.count)
        let moved = try lowering.builder.permute(x, order)
        return try lowering.builder.reshape(moved, [shape[0] * shape[2], shape[1]] + shape[3...])
    }

    private static func unfolded(_ lowering: Lowering, _ x: Value, batch: Int) throws -> Value {
        let shape = lowering.shape(x)
        let depth = shape[0] / max(1, batch)
        let split = try lowering.builder.reshape(x, [batch, depth, shape[1]] + shape[2...])
        return try lowering.builder.permute(split, [0, 2, 1] + Array(3..<shape.count + 1))
    }

    /// The gradient of a convolution with respect to its image, used forwards.
    static func transposedConvolution(_ lowering: Lowering) throws {
        let (x, w) = (try lowering.input(0), try lowering.input(1))
        let (shape, weights) = (lowering.shape(x), lowering.shape(w))
        guard shape.count == weights.count, (3...10).contains(shape.count) else {
            throw lowering.refusal("an image \(shape) and weights \(weights) do not fit")
        }
        let rank = shape.count - 2
        func list(_ name: String, _ standard: Int) -> [Int] {
            lowering.ints(name) ?? [Int](repeating: standard, count: rank)
        }
        let (strides, dilations, extra) = (list("strides", 1), list("dilations", 1), list("output_padding", 0))
        guard
            [strides, dilations, extra].allSatisfy({ $0.count == rank && $0.allSatisfy { (0...65536).contains($0) } }),
            (strides + dilations).allSatisfy({ $0 >= 1 })
        else { throw lowering.refusal("strides, dilations or output padding cannot be") }
        let zeros = [Int](repeating: 0, count: rank)
        var window = SpatialWindow(
            kernel: Array(weights[2...]), stride: strides, dilation: dilations, before: zeros, after: zeros)
        try limitTaps(lowering, window)
        let mode = lowering.text("auto_pad", "NOTSET")
        var size = zeros
        if let stated = lowering.ints("output_shape")
            ?? (mode.hasPrefix("SAME") ? zip(shape[2...], strides).map(*) : nil)
        {
            guard stated.count >= rank else { throw lowering.refusal("the output shape \(stated) cannot be") }
            size = Array(stated.suffix(rank))
            for axis in 0..<rank {
                let full = strides[axis] * (shape[2 + axis] - 1) + extra[axis] + window.reach(axis)
                let total = max(0, full - size[axis])
                window.before[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
                window.after[axis] = total - window.before[axis]
            }
        } else {
            let pads = lowering.ints("pads") ?? zeros + zeros
            guard pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else {
                throw lowering.refusal("the paddings \(pads) cannot be")
            }
            (window.before, window.after) = (Array(pads[..<rank]), Array(pads[rank...]))
            for axis in 0..<rank {
                let full = strides[axis] * (shape[2 + axis] - 1) + extra[axis] + window.reach(axis)
                size[axis] = full - window.before[axis] - window.after[axis]
            }
        }
        guard size.allSatisfy({ $0 >= 1 }) else { throw lowering.refusal("the result \(size) would be empty") }
        var result = try spread(lowering, x, w, window, size, groups: lowering.int("group", 1))
        if let bias = try lowering.optional(2) {
            result = try lowering.builder.add(result, try perChannel(lowering, bias, rank: shape.count))
        }
        lowering.set(0, result)
    }

    private static func spread(
        _ lowering: Lowering, _ x: Value, _ w: Value, _ window: SpatialWindow, _ size: [Int], groups: Int
    ) throws -> Value {
        let (shape, weights) = (lowering.shape(x), lowering.shape(w))
        guard window.rank > 2 else {
            let (image, kernel) = (try lowering.image(x), try lowering.image(w))
            let target = [shape[0], weights[1] * groups] + (window.rank == 1 ? [1] : []) + size
            let operation = Operation.convolveInputGradient(window.planar, groups: groups, shape: target)
            return try lowering.flat(try lowering.builder.append(operation, [image, kernel]), rank: shape.count)
        }
        let slices = try folded(lowering, x)
        var (parts, places): ([Value], [Int]) = ([], [])
        for tap in 0..<window.kernel[0] {
            let kernel = try lowering.builder.reshape(
                try lowering.builder.slice(w, axis: 2, from: tap, count: 1), Array(weights[..<2] + weights[3...]))
            let part = try spread(
                lowering, slices, kernel, window.suffix(from: 1), Array(size.dropFirst()), groups: groups)
            parts.append(try unfolded(lowering, part, batch: shape[0]))
            places += (0..<shape[2]).map { $0 * window.stride[0] + tap * window.dilation[0] - window.before[0] }
        }
        let all = try lowering.builder.append(.concatenate(axis: 2), parts)
        // What falls into the padding is left out.
        let inside = places.indices.filter { places[$0] >= 0 && places[$0] < size[0] }
        let kept = try lowering.builder.append(.gather(axis: 2), [all, lowering.constant(inside)])
        let targets = lowering.constant(inside.map { places[$0] })
        return try lowering.builder.append(.scatterAdd(axis: 2, size: size[0]), [kept, targets])
    }
}
