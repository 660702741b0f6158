import Graph
import Tensor

/// Images at other places than their elements' own.
extension Operators {
    static let sampling: [String: Lowering.Operator] = [
        "Resize": resize, "Upsample": resize, "Col2Im": joinColumns,
        "HannWindow": window(0.5, 0.5, 0), "HammingWindow": window(25.0 / 46, 21.0 / 46, 0),
        "BlackmanWindow": window(0.42, 0.5, 0.08),
    ]

    // MARK: Resize

    private static func resize(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        var axes = Array(shape.indices)
        if let stated = lowering.ints("axes") { axes = try stated.map { try lowering.axis($0, rank: shape.count) } }
        let isOld = lowering.node.type == "Upsample" || lowering.opset < 11
        var result = x
        for (place, goal) in try targets(lowering, shape, axes, isOld).enumerated() {
            let (axis, size) = (axes[place], shape[axes[place]])
            guard goal.size >= 1, goal.size <= 1 << 20, size >= 1 else {
                throw lowering.refusal("an axis of \(goal.size) cannot be")
            }
            let sampler = Resampling(
                mode: lowering.text("mode", "nearest"),
                transform: isOld ? "asymmetric" : lowering.text("coordinate_transformation_mode", "half_pixel"),
                rounding: isOld ? "floor" : lowering.text("nearest_mode", "round_prefer_floor"), size: size,
                target: goal.size, scale: goal.scale, cubic: Double(lowering.float("cubic_coeff_a", -0.75)),
                excludesOutside: lowering.int("exclude_outside", 0) == 1,
                isAntialiased: lowering.int("antialias", 0) == 1, region: goal.region,
                isStatedByScale: goal.isStatedByScale)
            if goal.size == size, goal.scale == 1, goal.region == nil { continue }
            guard let taps = sampler.taps() else {
                throw lowering.refusal(
                    "the mode '\(sampler.mode)' with '\(sampler.transform)', '\(sampler.rounding)' is not supported")
            }
            var row = [Int](repeating: 1, count: shape.count)
            row[axis] = goal.size
            var total: Value?
            for tap in taps {
                let part = try lowering.builder.append(.gather(axis: axis), [result, lowering.constant(tap.places)])
                guard let weights = tap.weights else {
                    total = part
                    break
                }
                let share = try lowering.builder.multiply(part, lowering.builder.constant(Tensor(weights, shape: row)))
                total = try total.map { try lowering.builder.add($0, share) } ?? share
            }
            result = total ?? result
            if sampler.transform == "tf_crop_and_resize" {
                let inside = lowering.builder.constant(Tensor(sampler.isInside(), shape: row))
                let fill = lowering.builder.scalar(lowering.float("extrapolation_value", 0))
                result = try lowering.builder.select(inside, result, fill)
            }
        }
        lowering.set(0, result)
    }

    private struct Goal {
        let size: Int
        let scale: Double
        let region: (start: Double, end: Double)?
        let isStatedByScale: Bool
    }

    /// The size and scale of each resized axis.
    private static func targets(_ lowering: Lowering, _ shape: [Int], _ axes: [Int], _ isOld: Bool) throws -> [Goal] {
        var (scales, sizes): ([Float]?, [Int]?) = (nil, nil)
        var region: [Float] = []
        if let stated = lowering.floatList("scales") {
            scales = stated
        } else if isOld {
            scales = try lowering.floats(1)
        } else {
            if lowering.hasInput(2) { scales = try lowering.floats(2) }
            if lowering.hasInput(3) { sizes = try lowering.integers(3) }
            if lowering.text("coordinate_transformation_mode", "") == "tf_crop_and_resize" {
                region = try lowering.floats(1)
                guard region.count == 2 * axes.count, region.allSatisfy({ abs($0) < 1e6 }) else {
                    throw lowering.refusal("the region does not fit")
                }
            }
        }
        func part(_ index: Int) -> (start: Double, end: Double)? {
            region.isEmpty ? nil : (Double(region[index]), Double(region[axes.count + index]))
        }
        if let scales, !scales.isEmpty {
            guard scales.count == axes.count, scales.allSatisfy({ $0 > 1e-6 && $0 < 1e6 }) else {
                throw lowering.refusal("the scales \(scales) cannot be")
            }
            return axes.indices.map { index in
                // In float32, where ten times nearly 0.9 is 9.
                let width = part(index).map { Float($0.end - $0.start) } ?? 1
                let exact = Float(shape[axes[index]]) * scales[index] * width
                return Goal(
                    size: Int(min(exact.rounded(.down), 1e9)), scale: Double(scales[index]), region: part(index),
                    isStatedByScale: true)
            }
        }
        guard var sizes, sizes.count == axes.count, sizes.allSatisfy({ (0...1 << 20).contains($0) }) else {
            throw lowering.refusal("has neither scales nor sizes for its axes")
        }
        let policy = lowering.text("keep_aspect_ratio_policy", "stretch")
        var ratios = axes.indices.map { Double(sizes[$0]) / Double(max(1, shape[axes[$0]])) }
        if policy != "stretch" {
            let common = policy == "not_larger" ? ratios.min() ?? 1 : ratios.max() ?? 1
            for index in axes.indices {
                ratios[index] = common
                sizes[index] = Int((common * Double(shape[axes[index]]) + 0.5).rounded(.down))
            }
        }
        return axes.indices.map {
            Goal(size: sizes[$0], scale: ratios[$0], region: part($0), isStatedByScale: false)
        }
    }

    // MARK: Columns and windows

    /// The sum of blocks that overlap: the opposite of cutting an image into columns.
    private static func joinColumns(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let (image, block) = (try lowering.integers(1), try lowering.integers(2))
        let rank = image.count
        let shape = lowering.shape(x)
        try lowering.limit(block)
        try lowering.limit(image)
        let taps = block.reduce(1) { $0 * max(1, $1) }
        guard shape.count == 3, (1...8).contains(rank), block.count == rank, shape[1] % taps == 0,
            (image + block).allSatisfy({ (1...1 << 20).contains($0) })
        else { throw lowering.refusal("blocks \(block) of \(image) do not fit \(shape)") }
        let ones = [Int](repeating: 1, count: rank)
        let (strides, dilations) = (lowering.ints("strides") ?? ones, lowering.ints("dilations") ?? ones)
        let pads = lowering.ints("pads") ?? ones.map { _ in 0 } + ones.map { _ in 0 }
        guard strides.count == rank, dilations.count == rank, pads.count == 2 * rank,
            (strides + dilations).allSatisfy({ (1...65536).contains($0) }),
            pads.allSatisfy({ (0...1 << 20).contains($0) })
        else { throw lowering.refusal("strides, dilations or paddings cannot be") }
        let counts = image.indices.map { axis in
            (image[axis] + pads[axis] + pads[rank + axis] - dilations[axis] * (block[axis] - 1) - 1) / strides[axis] + 1
        }
        guard counts.allSatisfy({ $0 >= 1 }), counts.reduce(1, *) == shape[2] else {
            throw lowering.refusal("\(shape[2]) columns are not \(counts)")
        }
        try lowering.limit(taps, shape[2])
        let size = image.reduce(1, *)
        var (sources, targets): ([Int], [Int]) = ([], [])
        for tap in 0..<taps {
            let offset = TensorType.coordinates(of: tap, in: block)
            for column in 0..<shape[2] {
                let at = TensorType.coordinates(of: column, in: counts)
                let place = image.indices.map { at[$0] * strides[$0] + offset[$0] * dilations[$0] - pads[$0] }
                guard image.indices.allSatisfy({ place[$0] >= 0 && place[$0] < image[$0] }) else { continue }
                sources.append(tap * shape[2] + column)
                targets.append(image.indices.reduce(0) { $0 * image[$1] + place[$1] })
            }
        }
        let channels = shape[1] / taps
        let flat = try lowering.builder.reshape(x, [shape[0] * channels, taps * shape[2]])
        let kept = try lowering.builder.append(.gather(axis: 1), [flat, lowering.constant(sources)])
        let sums = try lowering.builder.append(
            .scatterAdd(axis: 1, size: size), [kept, lowering.constant(targets)])
        lowering.set(0, try lowering.builder.reshape(sums, [shape[0], channels] + image))
    }

    /// a - b cos(2 pi k / n) + c cos(4 pi k / n), of a size that is known.
    private static func window(_ a: Float, _ b: Float, _ c: Float) -> Lowering.Operator {
        { lowering in
            guard let size = try lowering.integers(0).first, (1...1 << 20).contains(size) else {
                throw lowering.refusal("its size cannot be")
            }
            let period = lowering.int("periodic", 1) == 1 ? size : max(1, size - 1)
            func wave(_ turns: Int, _ weight: Float) throws -> Value {
                let angles = (0..<size).map { Float(2 * Double.pi * Double(turns * $0) / Double(period)) }
                let cosine = try lowering.builder.cosine(lowering.builder.constant(Tensor(angles, shape: [size])))
                return try lowering.builder.multiply(lowering.builder.scalar(weight), cosine)
            }
            let difference = try lowering.builder.subtract(lowering.builder.scalar(a), try wave(1, b))
            lowering.set(0, try lowering.builder.add(difference, try wave(2, c)))
        }
    }
}
