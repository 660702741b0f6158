import Graph
import Tensor

/// Where the greatest elements of windows lie, and putting elements back to such places.
extension Operators {
    /// The row-major position in the whole tensor of each window's first greatest element, int64.
    static func greatestPlaces(_ lowering: Lowering, _ x: Value, _ window: SpatialWindow) throws -> Value {
        let shape = lowering.shape(x)
        let sizes = Array(shape[2...])
        let outputs = sizes.indices.map { window.outputSize($0, of: sizes[$0]) }
        let (count, taps) = (outputs.reduce(1, *), window.kernel.reduce(1, *))
        let (images, area) = (shape[0] * shape[1], sizes.reduce(1, *))
        guard count > 0 else { throw lowering.refusal("a window \(window.kernel) does not fit \(sizes)") }
        try lowering.limit(images, count, taps)
        // Every tap of every window as a position in its image; nil in the padding.
        let cells = (0..<count * taps).map { cell -> [Int]? in
            let place = TensorType.coordinates(of: cell / taps, in: outputs)
            let tap = TensorType.coordinates(of: cell % taps, in: window.kernel)
            let at = sizes.indices.map {
                place[$0] * window.stride[$0] - window.before[$0] + tap[$0] * window.dilation[$0]
            }
            return zip(at, sizes).allSatisfy { $0 >= 0 && $0 < $1 } ? at : nil
        }
        func positions(_ strides: [Int]) -> [Int] { cells.map { $0.map { zip($0, strides).map(*).reduce(0, +) } ?? 0 } }
        let rowMajor = TensorType.strides(of: sizes)
        let table = lowering.constant(positions(rowMajor))
        let flat = try lowering.builder.reshape(try lowering.builder.cast(x, to: .float32), [images, area])
        let found = try lowering.builder.append(.gather(axis: 1), [flat, table])
        let isInside = lowering.builder.constant(Tensor(cells.map { $0 != nil }, shape: [1, count * taps]))
        let bounded = try lowering.builder.select(isInside, found, lowering.builder.scalar(-.infinity))
        let winners = try lowering.builder.reduce(
            .firstMaximum, try lowering.builder.reshape(bounded, [images, count, taps]), axes: [2])
        // Column-major order counts the places of an image from its first axis.
        let columnMajor = sizes.indices.map { sizes[..<$0].reduce(1, *) }
        let stated = lowering.int("storage_order", 0) == 1 ? lowering.constant(positions(columnMajor)) : table
        let choices = try lowering.builder.broadcast(
            try lowering.builder.reshape(stated, [1, count, taps]), [images, count, taps])
        let places = try lowering.builder.append(.pick(axis: 2), [choices, winners])
        let starts = lowering.builder.constant(Tensor((0..<images).map { Int64($0 * area) }, shape: [images, 1, 1]))
        return try lowering.builder.reshape(try lowering.builder.add(places, starts), [shape[0], shape[1]] + outputs)
    }

    /// Zeros, with the elements at the positions that a pooling gave.
    static func unpool(_ lowering: Lowering) throws {
        let (x, indices) = (try lowering.input(0), try lowering.input(1))
        let shape = lowering.shape(x)
        let kernel = lowering.ints("kernel_shape") ?? []
        guard shape.count >= 3, lowering.shape(indices) == shape else {
            throw lowering.refusal("indices \(lowering.shape(indices)) do not fit \(shape)")
        }
        let window = try SpatialWindow(lowering, kernel: kernel, sizes: Array(shape[2...]))
        let inner = kernel.indices.map {
            (shape[2 + $0] - 1) * window.stride[$0] + kernel[$0] - window.before[$0] - window.after[$0]
        }
        guard inner.allSatisfy({ $0 >= 1 }) else { throw lowering.refusal("the result \(inner) would be empty") }
        let target = Array(shape[..<2]) + inner
        try lowering.limit(target)
        let (count, size) = (lowering.builder.type(x).count, target.reduce(1, *))
        try lowering.limit(count)
        let places = try lowering.builder.reshape(try lowering.builder.cast(indices, to: .int64), [count])
        let ones = lowering.builder.constant(Tensor([Float](repeating: 1, count: count), shape: [count]))
        let sums = try lowering.builder.append(
            .scatterAdd(axis: 0, size: size), [try lowering.builder.reshape(x, [count]), places])
        // Windows that overlap give one element several times: the same one, so that its mean is itself.
        let hits = try lowering.builder.append(.scatterAdd(axis: 0, size: size), [ones, places])
        let share = try lowering.builder.map(.maximum, hits, lowering.builder.scalar(1))
        var result = try lowering.builder.reshape(try lowering.builder.divide(sums, share), target)
        if lowering.hasInput(2) {
            let whole = try lowering.integers(2)
            guard whole.count == target.count, zip(whole, target).allSatisfy({ $0 >= $1 && $0 < 1 << 31 }) else {
                throw lowering.refusal("the output shape \(whole) does not hold \(target)")
            }
            let after = zip(whole, target).map { $0 - $1 }
            result = try lowering.builder.append(.pad(before: after.map { _ in 0 }, after: after), [result])
        }
        lowering.set(0, result)
    }
}
