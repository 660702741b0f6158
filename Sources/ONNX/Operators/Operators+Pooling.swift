import Graph
import Tensor

/// Pooling over any number of spatial axes: the last two at once, further ones each by itself.
extension Operators {
    static let pooling: [String: Lowering.Operator] = [
        "MaxPool": { lowering in
            let x = try lowering.input(0)
            let element = lowering.builder.type(x).element
            let (window, _) = try poolingWindow(lowering, lowering.shape(x))
            if lowering.wantsOutput(1) { lowering.set(1, try greatestPlaces(lowering, x, window), kind: .int64) }
            let result = try pooled(lowering, try lowering.builder.cast(x, to: .float32), window) { .maxPool($0) }
            lowering.set(0, try lowering.builder.cast(result, to: element))
        },
        "MaxUnpool": unpool,
        "AveragePool": { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            let (window, stated) = try poolingWindow(lowering, shape)
            let sums = try pooled(lowering, x, window) { .sumPool($0) }
            // How many elements each window averages: with padding those of the stated padding too, never those of a last partial one.
            let padding = lowering.int("count_include_pad", 0) == 1
            var counts = lowering.builder.scalar(1)
            for axis in 0..<window.rank {
                try lowering.limit(window.outputSize(axis, of: shape[2 + axis]), window.kernel[axis])
                let limit = shape[2 + axis] + (padding ? stated.after[axis] : 0)
                let first = padding ? -window.before[axis] : 0
                let row = (0..<window.outputSize(axis, of: shape[2 + axis])).map { place -> Float in
                    let taps = (0..<window.kernel[axis]).count { tap in
                        let at = place * window.stride[axis] - window.before[axis] + tap * window.dilation[axis]
                        return at >= first && at < limit
                    }
                    return Float(max(1, taps))
                }
                var target = [Int](repeating: 1, count: shape.count)
                target[2 + axis] = row.count
                counts = try lowering.builder.multiply(counts, lowering.builder.constant(Tensor(row, shape: target)))
            }
            lowering.set(0, try lowering.builder.divide(sums, counts))
        },
        "LpPool": { lowering in
            let x = try lowering.input(0)
            let (window, _) = try poolingWindow(lowering, lowering.shape(x))
            let p = lowering.int("p", 2)
            let sums = try pooled(lowering, try powered(lowering, x, p), window) { .sumPool($0) }
            lowering.set(0, try rooted(lowering, sums, p))
        },
        "GlobalAveragePool": { lowering in
            let x = try lowering.input(0)
            lowering.set(0, try lowering.builder.mean(x, axes: Array(2..<max(2, lowering.shape(x).count))))
        },
        "GlobalMaxPool": { lowering in
            let x = try lowering.input(0)
            lowering.set(0, try lowering.builder.reduce(.maximum, x, axes: Array(2..<max(2, lowering.shape(x).count))))
        },
        "GlobalLpPool": { lowering in
            let x = try lowering.input(0)
            let p = lowering.int("p", 2)
            let sums = try lowering.builder.sum(
                try powered(lowering, x, p), axes: Array(2..<max(2, lowering.shape(x).count)))
            lowering.set(0, try rooted(lowering, sums, p))
        },
        "LRN": { lowering in
            // x / (bias + alpha / size * sum of squares of the neighbouring channels)^beta
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            let size = lowering.int("size", 1)
            guard shape.count >= 2, (1...4096).contains(size) else { throw lowering.refusal("its size cannot be") }
            let window = Window(
                kernel: [size, 1], before: [(size - 1) / 2, 0], after: [size - 1 - (size - 1) / 2, 0])
            let flat = try lowering.builder.reshape(x, [shape[0], 1, shape[1], shape[2...].reduce(1, *)])
            let squares = try lowering.builder.multiply(flat, flat)
            let sums = try lowering.builder.append(.sumPool(window), [squares])
            let alpha = lowering.builder.scalar(lowering.float("alpha", 1e-4) / Float(size))
            let base = try lowering.builder.map(
                .fusedMultiplyAdd, alpha, sums, lowering.builder.scalar(lowering.float("bias", 1)))
            let exponent = lowering.builder.scalar(-lowering.float("beta", 0.75))
            let logarithm = try lowering.builder.multiply(exponent, try lowering.builder.map(.log, base))
            let factor = try lowering.builder.map(.exp, logarithm)
            lowering.set(0, try lowering.builder.reshape(try lowering.builder.multiply(flat, factor), shape))
        },
    ]

    /// The window, and the one that the node states before `ceil_mode` lets a last window reach over the end.
    static func poolingWindow(
        _ lowering: Lowering, _ shape: [Int]
    ) throws -> (window: SpatialWindow, stated: SpatialWindow) {
        guard shape.count >= 3 else { throw lowering.refusal("needs an image, not \(shape)") }
        let stated = try SpatialWindow(
            lowering, kernel: lowering.ints("kernel_shape") ?? [], sizes: Array(shape[2...]))
        var window = stated
        if lowering.int("ceil_mode", 0) == 1 {
            for axis in 0..<window.rank {
                let room = shape[2 + axis] + window.before[axis] + window.after[axis] - window.reach(axis)
                let count = room < 0 ? 0 : room / window.stride[axis] + 1
                let startsInside = count * window.stride[axis] < shape[2 + axis] + window.before[axis]
                if room >= 0, room % window.stride[axis] != 0, startsInside {
                    window.after[axis] += window.stride[axis] - room % window.stride[axis]
                }
            }
        }
        return (window, stated)
    }

    private static func pooled(
        _ lowering: Lowering, _ x: Value, _ window: SpatialWindow, _ operation: (Window) -> Operation
    ) throws -> Value {
        let shape = lowering.shape(x)
        guard window.rank > 2 else {
            let result = try lowering.builder.append(operation(window.planar), [try lowering.image(x)])
            return try lowering.flat(result, rank: shape.count)
        }
        var (result, sizes) = (x, shape)
        let last = window.rank - 2
        let planar = try lowering.builder.reshape(
            x, [sizes[0], sizes[1...(1 + last)].reduce(1, *), sizes[sizes.count - 2], sizes[sizes.count - 1]])
        result = try lowering.builder.append(operation(window.suffix(from: last).planar), [planar])
        sizes.replaceSubrange((2 + last)..., with: lowering.shape(result)[2...])
        for axis in 0..<last {
            let rows = sizes[..<(2 + axis)].reduce(1, *)
            let flat = try lowering.builder.reshape(
                result, [rows, 1, sizes[2 + axis], sizes[(3 + axis)...].reduce(1, *)])
            result = try lowering.builder.append(operation(window.column(axis)), [flat])
            sizes[2 + axis] = lowering.shape(result)[2]
        }
        return try lowering.builder.reshape(result, sizes)
    }

    /// |x|^p for a whole p.
    static func powered(_ lowering: Lowering, _ x: Value, _ p: Int) throws -> Value {
        guard (1...64).contains(p) else { throw lowering.refusal("the norm \(p) is not supported: 1...64 are") }
        let size = try lowering.builder.map(.absolute, x)
        var result = size
        for _ in 1..<p { result = try lowering.builder.multiply(result, size) }
        return result
    }

    /// The p-th root of what is not negative.
    static func rooted(_ lowering: Lowering, _ x: Value, _ p: Int) throws -> Value {
        if p == 1 { return x }
        if p == 2 { return try lowering.builder.map(.squareRoot, x) }
        let share = try lowering.builder.divide(try lowering.builder.map(.log, x), lowering.builder.scalar(Float(p)))
        return try lowering.builder.map(.exp, share)
    }
}
