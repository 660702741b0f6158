import Graph
import Tensor

/// Fourier transforms as products with tables of sines and cosines; real and imaginary parts lie along the last axis.
extension Operators {
    static let signals: [String: Lowering.Operator] = [
        "DFT": transform, "STFT": shortTimeTransform, "MelWeightMatrix": melWeights,
    ]

    /// The longest transform: its table has as many rows and columns.
    private static let lengthLimit = 4096

    private static func transform(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let rank = lowering.shape(x).count
        var axis = lowering.opset < 20 ? lowering.int("axis", 1) : -2
        if lowering.opset >= 20, lowering.hasInput(2) { axis = try lowering.integers(2).first ?? -2 }
        let place = try lowering.axis(axis, rank: rank)
        guard rank >= 2, place < rank - 1 else { throw lowering.refusal("needs an axis before the last one") }
        let length = lowering.hasInput(1) ? try lowering.integers(1).first ?? 0 : lowering.shape(x)[place]
        guard (1...lengthLimit).contains(length) else {
            throw lowering.refusal("a transform of \(length) is not supported: 1...\(lengthLimit) are")
        }
        let isInverse = lowering.int("inverse", 0) == 1
        let isOneSided = lowering.int("onesided", 0) == 1
        // The axis last, before the parts.
        var order = Array(0..<rank)
        order.remove(at: place)
        order.insert(place, at: rank - 2)
        let moved = try lowering.builder.permute(x, order)
        let result = try spectrum(lowering, moved, length: length, isInverse: isInverse, isOneSided: isOneSided)
        lowering.set(0, try lowering.builder.permute(result, order.indices.map { order.firstIndex(of: $0) ?? $0 }))
    }

    private static func shortTimeTransform(_ lowering: Lowering) throws {
        var x = try lowering.input(0)
        if lowering.shape(x).count == 2 { x = try lowering.builder.reshape(x, lowering.shape(x) + [1]) }
        let shape = lowering.shape(x)
        let window = try lowering.optional(2)
        var size = window.map { lowering.builder.type($0).count } ?? 0
        if lowering.hasInput(3) { size = try lowering.integers(3).first ?? 0 }
        guard shape.count == 3, let step = try lowering.integers(1).first, step >= 1, size <= shape[1],
            (1...lengthLimit).contains(size), window.map({ lowering.builder.type($0).count <= size }) ?? true
        else { throw lowering.refusal("frames of \(size) do not fit \(shape)") }
        let count = (shape[1] - size) / step + 1
        try lowering.limit(count, size)
        let places = (0..<count * size).map { $0 / size * step + $0 % size }
        let indices = try lowering.builder.reshape(lowering.constant(places), [count, size])
        var frames = try lowering.builder.append(.gather(axis: 1), [x, indices])
        if let window {
            let own = lowering.builder.type(window).count
            let before = (size - own) / 2
            let wide = try lowering.builder.append(.pad(before: [before], after: [size - own - before]), [window])
            frames = try lowering.builder.multiply(frames, try lowering.builder.reshape(wide, [size, 1]))
        }
        let isOneSided = lowering.int("onesided", 1) == 1
        lowering.set(0, try spectrum(lowering, frames, length: size, isInverse: false, isOneSided: isOneSided))
    }

    /// The transform of the last axis but one, cut or filled with zeros to `length`.
    private static func spectrum(
        _ lowering: Lowering, _ x: Value, length: Int, isInverse: Bool, isOneSided: Bool
    ) throws -> Value {
        let shape = lowering.shape(x)
        let (rank, parts) = (shape.count, shape[shape.count - 1])
        guard parts == 1 || parts == 2 else { throw lowering.refusal("\(parts) parts are no complex numbers") }
        let taken = min(shape[rank - 2], length)
        // A one-sided inverse reads half the frequencies, the others being their mirror, and gives real numbers.
        let isReal = isInverse && isOneSided
        let outputs = isOneSided && !isInverse ? length / 2 + 1 : length
        let circle = UnitCircle(length)
        var (cosines, sines): ([Float], [Float]) = ([], [])
        let scale = isInverse ? 1 / Double(length) : 1
        for time in 0..<taken {
            let hasMirror = isReal && time > 0 && 2 * time != length
            let weight = scale * (hasMirror ? 2 : 1)
            for frequency in 0..<outputs {
                let point = circle.point(time * frequency)
                cosines.append(Float(point.cosine * weight))
                sines.append(Float((isInverse ? point.sine : -point.sine) * weight))
            }
        }
        let tables = [cosines, sines].map { lowering.builder.constant(Tensor($0, shape: [taken, outputs])) }
        let inner = Array(shape.dropLast(2))
        func part(_ index: Int) throws -> Value {
            let slice = try lowering.builder.slice(x, axis: rank - 1, from: index, count: 1)
            let flat = try lowering.builder.reshape(slice, [inner.reduce(1, *), shape[rank - 2]])
            return try lowering.builder.slice(flat, axis: 1, from: 0, count: taken)
        }
        let real = try part(0)
        var results = try tables.map { try lowering.builder.matmul(real, $0) }
        if parts == 2 {
            // (a + bi)(c + si) = ac - bs + (as + bc)i
            let imaginary = try part(1)
            results = [
                try lowering.builder.subtract(results[0], try lowering.builder.matmul(imaginary, tables[1])),
                try lowering.builder.add(results[1], try lowering.builder.matmul(imaginary, tables[0])),
            ]
        }
        let columns = try results.prefix(isReal ? 1 : 2).map {
            try lowering.builder.reshape($0, inner + [outputs, 1])
        }
        return columns.count == 1 ? columns[0] : try lowering.builder.append(.concatenate(axis: rank - 1), columns)
    }

    /// Triangles over frequencies that are evenly spaced on the mel scale, 2595 log10(1 + f / 700).
    private static func melWeights(_ lowering: Lowering) throws {
        let whole = try (0..<3).map { try lowering.integers($0).first ?? 0 }
        let (bands, length, rate) = (whole[0], whole[1], whole[2])
        guard let low = try lowering.floats(3).first, let high = try lowering.floats(4).first, low >= 0, high > low,
            high < 0x1p30,
            (1...65536).contains(bands), (2...1 << 20).contains(length), (1...1 << 30).contains(rate)
        else { throw lowering.refusal("\(bands) bands of \(length) at \(rate) cannot be") }
        let bins = length / 2 + 1
        try lowering.limit(bands, bins)
        // Even steps on the mel scale are equal ratios of 1 + f / 700.
        let (first, last) = (1 + Double(low) / 700, 1 + Double(high) / 700)
        let ratio = root(bands + 2, of: last / first)
        var edges: [Int] = []
        var place = first
        for _ in 0..<bands + 2 {
            edges.append(Int((Double(length + 1) * 700 * (place - 1) / Double(rate)).rounded(.down)))
            place *= ratio
        }
        var table = [Float](repeating: 0, count: bins * bands)
        for band in 0..<bands {
            let (lower, centre, upper) = (edges[band], edges[band + 1], edges[band + 2])
            func put(_ bin: Int, _ weight: Double) { if bin < bins { table[bin * bands + band] = Float(weight) } }
            if lower == centre { put(centre, 1) }
            if lower < centre {
                for bin in lower..<max(lower, min(centre + 1, bins)) {
                    put(bin, Double(bin - lower) / Double(centre - lower))
                }
            }
            if centre < upper {
                for bin in centre..<min(upper, max(centre, bins)) {
                    put(bin, Double(upper - bin) / Double(upper - centre))
                }
            }
        }
        let kind = ONNXTensor.DataType(rawValue: lowering.int("output_datatype", 1)) ?? .float
        let result = lowering.builder.constant(Tensor(table, shape: [bins, bands]))
        lowering.set(0, try lowering.builder.cast(result, to: kind.element), kind: kind)
    }

    /// The number from 1 on whose power `count` is `value`, by halving.
    private static func root(_ count: Int, of value: Double) -> Double {
        var (low, high) = (1.0, max(1, value))
        for _ in 0..<80 {
            let middle = low + (high - low) / 2
            var power = 1.0
            for _ in 0..<count where power <= value { power *= middle }
            if power <= value { low = middle } else { high = middle }
        }
        return low
    }
}
