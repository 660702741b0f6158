import Graph
import Tensor

/// Elements of an image at places that data give, between its own.
extension Operators {
    static let grids: [String: Lowering.Operator] = ["GridSample": sampleGrid, "AffineGrid": affineGrid]

    /// Coordinates of a grid in -1...1, turned by a matrix for each image.
    private static func affineGrid(_ lowering: Lowering) throws {
        let (theta, sizes) = (try lowering.input(0), try lowering.integers(1))
        let axes = sizes.count - 2
        guard axes == 2 || axes == 3, sizes.allSatisfy({ (1...1 << 20).contains($0) }),
            lowering.shape(theta) == [sizes[0], axes, axes + 1]
        else { throw lowering.refusal("matrices \(lowering.shape(theta)) do not fit \(sizes)") }
        let spatial = Array(sizes[2...])
        try lowering.limit(spatial + [axes + 1])
        let count = spatial.reduce(1, *)
        let isAligned = lowering.int("align_corners", 0) == 1
        // The last axis comes first among the coordinates; 1 stands for the shift.
        var points: [Float] = []
        for cell in 0..<count {
            for (place, size) in zip(TensorType.coordinates(of: cell, in: spatial), spatial).reversed() {
                let (least, most) = isAligned ? (2 * place, size - 1) : (2 * place + 1, size)
                points.append(most == 0 ? 0 : Float(least) / Float(most) - 1)
            }
            points.append(1)
        }
        let base = lowering.builder.constant(Tensor(points, shape: [1, count, axes + 1]))
        let wide = try lowering.builder.broadcast(base, [sizes[0], count, axes + 1])
        let turned = try lowering.builder.matmul(wide, theta, transposeB: true)
        lowering.set(0, try lowering.builder.reshape(turned, [sizes[0]] + spatial + [axes]))
    }

    /// A neighbour along one axis: how far from the place's floor, and what it weighs; nil for all of it.
    private typealias Tap = (offset: Int, weight: Value?)

    private static func sampleGrid(_ lowering: Lowering) throws {
        let (x, grid) = (try lowering.input(0), try lowering.input(1))
        let (shape, places) = (lowering.shape(x), lowering.shape(grid))
        let axes = shape.count - 2
        guard axes == 2 || axes == 3, places.count == shape.count, places[axes + 1] == axes, places[0] == shape[0],
            shape[2...].allSatisfy({ $0 >= 1 })
        else {
            throw lowering.refusal("an image \(shape) with places \(places): two or three spatial axes are supported")
        }
        let mode = lowering.text("mode", "linear")
        var (floors, taps): ([Value], [[Tap]]) = ([], [])
        for axis in 0..<axes {
            let value = try lowering.builder.slice(grid, axis: axes + 1, from: axes - 1 - axis, count: 1)
            let flat = try lowering.builder.reshape(value, Array(places[...axes]))
            let place = try centred(lowering, flat, size: shape[2 + axis], isBounded: !mode.hasSuffix("cubic"))
            if mode == "nearest" {
                floors.append(try lowering.builder.map(.roundToEven, place))
                taps.append([(0, nil)])
                continue
            }
            let floor = try lowering.builder.map(.floor, place)
            let rest = try lowering.builder.subtract(place, floor)
            floors.append(floor)
            switch mode {
            case "linear", "bilinear":
                taps.append([(0, try lowering.builder.subtract(lowering.builder.scalar(1), rest)), (1, rest)])
            case "cubic", "bicubic":
                taps.append(try (-1...2).map { ($0, try cubic(lowering, rest, $0)) })
            default: throw lowering.refusal("the mode '\(mode)' is not supported")
            }
        }
        var total: Value?
        for cell in 0..<taps.reduce(1, { $0 * $1.count }) {
            let choice = TensorType.coordinates(of: cell, in: taps.map(\.count))
            var (positions, weight): ([Value], Value?) = ([], nil)
            for axis in 0..<axes {
                let tap = taps[axis][choice[axis]]
                let moved = try lowering.builder.add(floors[axis], lowering.builder.scalar(Float(tap.offset)))
                positions.append(tap.offset == 0 ? floors[axis] : moved)
                if let share = tap.weight {
                    weight = try weight.map { try lowering.builder.multiply($0, share) } ?? share
                }
            }
            if mode.hasSuffix("cubic") {
                positions = try positions.indices.map {
                    try padded(lowering, positions[$0], size: shape[2 + $0], margin: isAligned(lowering) ? 0 : 0.5)
                }
            }
            var share = try looked(lowering, x, positions)
            if let weight {
                let wide = try lowering.builder.reshape(weight, [places[0], 1] + places[1...axes])
                share = try lowering.builder.multiply(share, wide)
            }
            total = try total.map { try lowering.builder.add($0, share) } ?? share
        }
        if let total { lowering.set(0, total) }
    }

    private static func isAligned(_ lowering: Lowering) -> Bool { lowering.int("align_corners", 0) == 1 }

    /// From -1...1 to the centres of the first and last element, or to their outer edges; by the padding then, if it is to be bounded.
    private static func centred(_ lowering: Lowering, _ x: Value, size: Int, isBounded: Bool) throws -> Value {
        let span = Float(size)
        let factor = isAligned(lowering) ? (span - 1) / 2 : span / 2
        let place = try lowering.builder.map(
            .fusedMultiplyAdd, x, lowering.builder.scalar(factor), lowering.builder.scalar((span - 1) / 2))
        return isBounded
            ? try padded(lowering, place, size: size, margin: isAligned(lowering) ? 0 : 0.5) : place
    }

    private static func padded(_ lowering: Lowering, _ place: Value, size: Int, margin: Float) throws -> Value {
        let last = Float(size - 1)
        switch lowering.text("padding_mode", "zeros") {
        case "zeros": return place
        case "border": return try bounded(lowering, place, 0, last)
        case "reflection":
            return try bounded(lowering, try reflected(lowering, place, -margin, last + margin), 0, last)
        case let name: throw lowering.refusal("the padding '\(name)' is not supported")
        }
    }

    /// What the neighbour at `offset` weighs at a distance `rest` behind the floor (R. Keys, 1981, a = -0.75).
    private static func cubic(_ lowering: Lowering, _ rest: Value, _ offset: Int) throws -> Value {
        let distance = try lowering.builder.map(
            .absolute, try lowering.builder.subtract(rest, lowering.builder.scalar(Float(offset))))
        // a + 2, -(a + 3), 0, 1 within one element, a, -5a, 8a, -4a within two.
        let isNear = offset == 0 || offset == 1
        let factors: [Float] = isNear ? [1.25, -2.25, 0, 1] : [-0.75, 3.75, -6, 3]
        var sum = lowering.builder.scalar(factors[0])
        for factor in factors.dropFirst() {
            sum = try lowering.builder.map(.fusedMultiplyAdd, sum, distance, lowering.builder.scalar(factor))
        }
        return sum
    }

    private static func bounded(_ lowering: Lowering, _ x: Value, _ low: Float, _ high: Float) throws -> Value {
        let least = try lowering.builder.map(.maximum, x, lowering.builder.scalar(low))
        return try lowering.builder.map(.minimum, least, lowering.builder.scalar(high))
    }

    /// Folded back into [low, high] at both ends, as often as it takes.
    private static func reflected(_ lowering: Lowering, _ x: Value, _ low: Float, _ high: Float) throws -> Value {
        let span = lowering.builder.scalar(max(high - low, 1e-6))
        let distance = try lowering.builder.map(
            .absolute, try lowering.builder.subtract(x, lowering.builder.scalar(low)))
        let turns = try lowering.builder.map(.floor, try lowering.builder.divide(distance, span))
        let rest = try lowering.builder.subtract(distance, try lowering.builder.multiply(turns, span))
        let half = try lowering.builder.multiply(turns, lowering.builder.scalar(0.5))
        let isEven = try lowering.builder.map(.equal, try lowering.builder.map(.floor, half), half)
        let back = try lowering.builder.subtract(lowering.builder.scalar(high), rest)
        return try lowering.builder.select(
            isEven, try lowering.builder.add(rest, lowering.builder.scalar(low)), back)
    }

    /// The elements of `x` `[n, c, ...]` at whole places along each axis, zero outside.
    private static func looked(_ lowering: Lowering, _ x: Value, _ positions: [Value]) throws -> Value {
        let shape = lowering.shape(x)
        let places = lowering.shape(positions[0])
        var (flat, isInside): (Value?, Value?) = (nil, nil)
        for (position, size) in zip(positions, shape[2...]) {
            let isIn = try lowering.builder.map(
                .and, try lowering.builder.map(.lessOrEqual, lowering.builder.scalar(0), position),
                try lowering.builder.map(.less, position, lowering.builder.scalar(Float(size))))
            isInside = try isInside.map { try lowering.builder.map(.and, $0, isIn) } ?? isIn
            let index = try lowering.builder.cast(try bounded(lowering, position, 0, Float(size - 1)), to: .int64)
            flat =
                try flat.map {
                    try lowering.builder.add(
                        try lowering.builder.multiply($0, try lowering.whole(size, like: index)), index)
                } ?? index
        }
        guard let flat, let isInside else { throw lowering.refusal("has no axes") }
        let (count, area) = (places[1...].reduce(1, *), shape[2...].reduce(1, *))
        let picks = try lowering.builder.broadcast(
            try lowering.builder.reshape(flat, [shape[0], 1, count]), [shape[0], shape[1], count])
        let rows = try lowering.builder.reshape(x, [shape[0], shape[1], area])
        let found = try lowering.builder.reshape(
            try lowering.builder.append(.pick(axis: 2), [rows, picks]), Array(shape[..<2]) + places[1...])
        let mask = try lowering.builder.reshape(isInside, [shape[0], 1] + places[1...])
        return try lowering.builder.select(mask, found, lowering.builder.scalar(0))
    }
}
