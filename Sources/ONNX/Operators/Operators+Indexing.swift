import Graph
import Tensor

extension Operators {
    static let indexing: [String: Lowering.Operator] = [
        "Gather": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            let indices = try wrapped(lowering, 1, size: lowering.shape(x)[axis])
            lowering.set(0, try lowering.builder.append(.gather(axis: axis), [x, indices]))
        },
        "GatherElements": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            let indices = try wrapped(lowering, 1, size: lowering.shape(x)[axis])
            lowering.set(0, try lowering.builder.append(.pick(axis: axis), [x, indices]))
        },
        "ai.onnx.ml.ArrayFeatureExtractor": { lowering in
            // Columns of the last axis; the result always has at least two axes.
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            guard let last = shape.indices.last else { throw lowering.refusal("needs an array") }
            let indices = try wrapped(lowering, 1, size: shape[last])
            let flat = try lowering.builder.reshape(indices, [lowering.builder.type(indices).count])
            let result = try lowering.builder.append(.gather(axis: last), [x, flat])
            let width = lowering.builder.type(flat).count
            lowering.set(0, shape.count == 1 ? try lowering.builder.reshape(result, [1, width]) : result)
        },
        "OneHot": { lowering in
            let indices = try lowering.input(0)
            let shape = lowering.shape(indices)
            guard
                let depth = try lowering.tensor(1).type == .float32
                    ? lowering.floats(1).first.map({ Int($0) }) : lowering.integers(1).first,
                (1...1 << 20).contains(depth)
            else { throw lowering.refusal("the depth must be known and in 1...2^20") }
            let values = try lowering.input(2)
            let stated = lowering.int("axis", -1)
            let axis = stated < 0 ? stated + shape.count + 1 : stated
            guard (0...shape.count).contains(axis) else {
                throw lowering.refusal("the axis \(stated) is outside the result")
            }
            let whole = try lowering.builder.cast(indices, to: .int64)
            let n = lowering.builder.constant(Tensor([Int64(depth)], shape: []))
            let negative = try lowering.builder.map(
                .less, whole, lowering.builder.constant(Tensor([Int64(0)], shape: [])))
            let places = try lowering.builder.select(negative, try lowering.builder.add(whole, n), whole)
            var spread = shape
            spread.insert(1, at: axis)
            var row = [Int](repeating: 1, count: spread.count)
            row[axis] = depth
            let hit = try lowering.builder.map(
                .equal, try lowering.builder.reshape(places, spread),
                try lowering.builder.reshape(lowering.constant(Array(0..<depth)), row))
            let off = try lowering.builder.slice(values, axis: 0, from: 0, count: 1)
            let on = try lowering.builder.slice(values, axis: 0, from: 1, count: 1)
            lowering.set(0, try lowering.builder.select(hit, on, off))
        },
        "Resize": resize, "Upsample": resize,
    ]

    /// An index operand with negative indices counted from the end.
    private static func wrapped(_ lowering: Lowering, _ index: Int, size: Int) throws -> Value {
        let indices = try lowering.input(index)
        if let known = lowering.builder.constant(indices), known.type == .int64 {
            let values = known.values(as: Int64.self)
            guard values.allSatisfy({ $0 >= -size && $0 < size }) else {
                throw lowering.refusal("an index is outside an axis of \(size)")
            }
            if values.allSatisfy({ $0 >= 0 }) { return indices }
            return lowering.builder.constant(Tensor(values.map { $0 < 0 ? $0 + Int64(size) : $0 }, shape: known.shape))
        }
        let whole = try lowering.builder.cast(indices, to: .int64)
        let zero = lowering.builder.constant(Tensor([Int64(0)], shape: []))
        let shift = lowering.builder.constant(Tensor([Int64(size)], shape: []))
        let negative = try lowering.builder.map(.less, whole, zero)
        return try lowering.builder.select(negative, try lowering.builder.add(whole, shift), whole)
    }

    private static func resize(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        let isOld = lowering.node.type == "Upsample" || lowering.opset < 11
        var scales: [Float]?
        var sizes: [Int]?
        if let stated = lowering.floatList("scales") {
            scales = stated
        } else if isOld {
            scales = try lowering.floats(1)
        } else {
            if lowering.hasInput(2) { scales = try lowering.floats(2) }
            if lowering.hasInput(3) { sizes = try lowering.integers(3) }
        }
        var axes = Array(shape.indices)
        if let stated = lowering.ints("axes") { axes = try stated.map { try lowering.axis($0, rank: shape.count) } }
        if scales?.isEmpty == true { scales = nil }
        guard lowering.text("keep_aspect_ratio_policy", "stretch") == "stretch", lowering.int("antialias", 0) == 0
        else {
            throw lowering.refusal("keeping the aspect ratio and antialiasing are not supported")
        }
        let mode = lowering.text("mode", "nearest")
        let transform = isOld ? "asymmetric" : lowering.text("coordinate_transformation_mode", "half_pixel")
        let rounding = isOld ? "floor" : lowering.text("nearest_mode", "round_prefer_floor")
        var result = x
        for (index, axis) in axes.enumerated() {
            let size = shape[axis]
            let target: Int
            let scale: Double
            if let sizes, index < sizes.count {
                target = sizes[index]
                scale = Double(target) / Double(max(1, size))
            } else if let scales, index < scales.count {
                scale = Double(scales[index])
                guard scale > 0, scale < 1e6 else { throw lowering.refusal("the scale \(scale) cannot be") }
                target = Int((Double(size) * scale).rounded(.down))
            } else {
                throw lowering.refusal("has neither scales nor sizes")
            }
            guard target >= 1, target <= 1 << 20, size >= 1 else {
                throw lowering.refusal("an axis of \(target) cannot be")
            }
            if target == size { continue }
            let places = try (0..<target).map { out -> Double in
                switch transform {
                case "half_pixel": return (Double(out) + 0.5) / scale - 0.5
                case "pytorch_half_pixel": return target > 1 ? (Double(out) + 0.5) / scale - 0.5 : 0
                case "asymmetric": return Double(out) / scale
                case "align_corners":
                    // By the exact scaled size, which need not be whole.
                    let exact = sizes == nil ? Double(size) * scale : Double(target)
                    return exact == 1 ? 0 : Double(out) * Double(size - 1) / (exact - 1)
                default: throw lowering.refusal("the coordinates '\(transform)' are not supported")
                }
            }
            func bounded(_ place: Double) -> Int { min(max(Int(place), 0), size - 1) }
            switch mode {
            case "nearest":
                let indices = try places.map { place -> Int in
                    switch rounding {
                    case "floor": return bounded(place.rounded(.down))
                    case "ceil": return bounded(place.rounded(.up))
                    case "round_prefer_floor": return bounded((place - 0.5).rounded(.up))
                    case "round_prefer_ceil": return bounded((place + 0.5).rounded(.down))
                    default: throw lowering.refusal("the rounding '\(rounding)' is not supported")
                    }
                }
                result = try lowering.builder.append(.gather(axis: axis), [result, lowering.constant(indices)])
            case "linear":
                // low * (1 - t) + high * t
                let low = try lowering.builder.append(
                    .gather(axis: axis), [result, lowering.constant(places.map { bounded($0.rounded(.down)) })])
                let high = try lowering.builder.append(
                    .gather(axis: axis), [result, lowering.constant(places.map { bounded($0.rounded(.down) + 1) })])
                var row = [Int](repeating: 1, count: shape.count)
                row[axis] = target
                let shares = places.map { place -> Float in place < 0 ? 0 : Float(place - place.rounded(.down)) }
                let t = lowering.builder.constant(Tensor(shares, shape: row))
                let rest = lowering.builder.constant(Tensor(shares.map { 1 - $0 }, shape: row))
                result = try lowering.builder.add(
                    try lowering.builder.multiply(low, rest), try lowering.builder.multiply(high, t))
            default: throw lowering.refusal("the mode '\(mode)' is not supported")
            }
        }
        lowering.set(0, result)
    }
}
