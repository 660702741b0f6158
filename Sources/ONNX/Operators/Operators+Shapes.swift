import Graph
import Tensor

extension Operators {
    static let shapes: [String: Lowering.Operator] = [
        "Constant": constant,
        "ConstantOfShape": { lowering in
            let shape = try lowering.integers(0)
            var fill = Tensor([0] as [Float], shape: [1])
            var kind = ONNXTensor.DataType.float
            if case .tensor(let content) = lowering.node.attributes["value"] {
                (fill, kind) = (content.tensor, content.dataType)
            }
            guard fill.count == 1 else { throw lowering.refusal("'value' must be one element") }
            let scalar = lowering.builder.constant(fill.reshaped([]))
            lowering.set(0, try lowering.builder.broadcast(scalar, shape), kind: kind)
        },
        "Shape": { lowering in
            let shape = lowering.shape(try lowering.input(0))
            func bound(_ value: Int) -> Int { min(max(value < 0 ? value + shape.count : value, 0), shape.count) }
            let start = bound(lowering.int("start", 0))
            let end = bound(lowering.int("end", shape.count))
            lowering.set(0, lowering.constant(Array(shape[start..<max(start, end)])))
        },
        "Size": { lowering in
            let count = lowering.builder.type(try lowering.input(0)).count
            lowering.set(0, lowering.builder.constant(Tensor([Int64(count)], shape: [])))
        },
        "Reshape": { lowering in
            let x = try lowering.input(0)
            let (shape, count) = (lowering.shape(x), lowering.builder.type(x).count)
            var target = lowering.opset < 5 ? lowering.ints("shape") ?? [] : try lowering.integers(1)
            for axis in target.indices where target[axis] == 0 && lowering.int("allowzero", 0) == 0 {
                guard axis < shape.count else {
                    throw lowering.refusal("axis \(axis) is to be copied, but \(shape) has none")
                }
                target[axis] = shape[axis]
            }
            guard target.allSatisfy({ $0 >= -1 && $0 < 1 << 40 }),
                target.reduce(1.0, { $0 * Double(max(1, $1)) }) < 0x1p50
            else { throw lowering.refusal("cannot reshape \(shape) to \(target)") }
            if let free = target.firstIndex(of: -1) {
                let rest = target.enumerated().filter { $0.offset != free }.reduce(1) { $0 * $1.element }
                guard rest > 0, count % rest == 0 else {
                    throw lowering.refusal("cannot reshape \(shape) to \(target)")
                }
                target[free] = count / rest
            }
            lowering.set(0, try lowering.builder.reshape(x, target))
        },
        "Flatten": { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            let stated = lowering.int("axis", 1)
            let axis = stated < 0 ? stated + shape.count : stated
            guard (0...shape.count).contains(axis) else {
                throw lowering.refusal("the axis \(stated) is outside \(shape)")
            }
            let rows = shape[..<axis].reduce(1, *)
            lowering.set(0, try lowering.builder.reshape(x, [rows, shape[axis...].reduce(1, *)]))
        },
        "Squeeze": { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            var stated = lowering.ints("axes")
            if lowering.hasInput(1) { stated = try lowering.integers(1) }
            let axes =
                try stated.map { try lowering.axes($0, rank: shape.count) } ?? shape.indices.filter { shape[$0] == 1 }
            guard axes.allSatisfy({ shape[$0] == 1 }) else {
                throw lowering.refusal("an axis of \(axes) of \(shape) is not 1")
            }
            lowering.set(
                0, try lowering.builder.reshape(x, shape.indices.filter { !axes.contains($0) }.map { shape[$0] }))
        },
        "Unsqueeze": { lowering in
            let x = try lowering.input(0)
            let stated = lowering.hasInput(1) ? try lowering.integers(1) : lowering.ints("axes") ?? []
            var shape = lowering.shape(x)
            let axes = try lowering.axes(stated, rank: shape.count + stated.count)
            for axis in axes { shape.insert(1, at: axis) }
            lowering.set(0, try lowering.builder.reshape(x, shape))
        },
        "Transpose": { lowering in
            let x = try lowering.input(0)
            let standard = Array(lowering.shape(x).indices.reversed())
            lowering.set(0, try lowering.builder.permute(x, lowering.ints("perm") ?? standard))
        },
        "Concat": { lowering in
            let values = try lowering.node.inputs.indices.map { try lowering.input($0) }
            guard let first = values.first else { throw lowering.refusal("has no inputs") }
            let axis = try lowering.axis(lowering.int("axis", 1), rank: lowering.shape(first).count)
            lowering.set(0, try lowering.builder.append(.concatenate(axis: axis), values))
        },
        "Split": split, "Slice": slice, "Pad": pad,
        "Expand": { lowering in
            let x = try lowering.input(0)
            let (shape, target) = (lowering.shape(x), try lowering.integers(1))
            let rank = max(shape.count, target.count)
            let left = [Int](repeating: 1, count: rank - shape.count) + shape
            let right = [Int](repeating: 1, count: rank - target.count) + target
            lowering.set(0, try lowering.builder.broadcast(x, zip(left, right).map { $0 == 1 ? $1 : $0 }))
        },
        "Tile": { lowering in
            let x = try lowering.input(0)
            var result = x
            for (axis, count) in try lowering.integers(1).enumerated() where count != 1 {
                guard (1...65536).contains(count), axis < lowering.shape(x).count else {
                    throw lowering.refusal("repeats \(count) times")
                }
                result = try lowering.builder.append(.concatenate(axis: axis), [Value](repeating: result, count: count))
            }
            lowering.set(0, result)
        },
        "Range": { lowering in
            let (start, limit, step) = (try lowering.tensor(0), try lowering.tensor(1), try lowering.tensor(2))
            func numbers(_ tensor: Tensor) -> Double {
                switch tensor.type {
                case .float32: tensor.count == 1 ? Double(tensor.values(as: Float.self)[0]) : .nan
                case .int32: tensor.count == 1 ? Double(tensor.values(as: Int32.self)[0]) : .nan
                case .int64: tensor.count == 1 ? Double(tensor.values(as: Int64.self)[0]) : .nan
                default: .nan
                }
            }
            let (a, b, s) = (numbers(start), numbers(limit), numbers(step))
            let size = ((b - a) / s).rounded(.up)
            guard abs(a) < 0x1p40, abs(b) < 0x1p40, abs(s) < 0x1p40, size <= 0x1p24, start.type == limit.type,
                start.type == step.type
            else { throw lowering.refusal("from \(a) to \(b) by \(s) is no range of known numbers") }
            let count = max(0, Int(size))
            if start.type == .float32 {
                let values = (0..<count).map { Float(a) + Float($0) * Float(s) }
                return lowering.set(0, lowering.builder.constant(Tensor(values, shape: [count])))
            }
            let values = lowering.constant((0..<count).map { Int(a) + $0 * Int(s) })
            lowering.set(0, try lowering.builder.cast(values, to: start.type))
        },
        "Trilu": { lowering in
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            guard shape.count >= 2 else { throw lowering.refusal("needs a matrix") }
            let stated = lowering.hasInput(1) ? try lowering.integers(1).first ?? 0 : 0
            let offset = min(max(stated, -1 << 40), 1 << 40)
            let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
            let isUpper = lowering.int("upper", 1) == 1
            try lowering.limit(rows, columns)
            var keep: [Bool] = []
            for row in 0..<rows {
                for column in 0..<columns { keep.append(isUpper ? column >= row + offset : column <= row + offset) }
            }
            let zero = lowering.builder.constant(Tensor(shape: [], type: lowering.builder.type(x).element))
            let mask = lowering.builder.constant(Tensor(keep, shape: [rows, columns]))
            lowering.set(0, try lowering.builder.select(mask, x, zero))
        },
        "CenterCropPad": { lowering in
            var x = try lowering.input(0)
            let (shape, sizes) = (lowering.shape(x), try lowering.integers(1))
            let axes =
                try lowering.ints("axes").map { try $0.map { try lowering.axis($0, rank: shape.count) } }
                ?? Array(shape.indices)
            guard axes.count == sizes.count, sizes.allSatisfy({ (0...1 << 20).contains($0) }) else {
                throw lowering.refusal("sizes \(sizes) do not fit \(axes.count) axes")
            }
            for (axis, size) in zip(axes, sizes) {
                let current = shape[axis]
                if size < current {
                    x = try lowering.builder.slice(x, axis: axis, from: (current - size) / 2, count: size)
                } else if size > current {
                    var (before, after) = (shape.map { _ in 0 }, shape.map { _ in 0 })
                    before[axis] = (size - current) / 2
                    after[axis] = size - current - before[axis]
                    x = try lowering.builder.append(.pad(before: before, after: after), [x])
                }
            }
            lowering.set(0, x)
        },
        "DepthToSpace": { lowering in
            let x = try lowering.input(0)
            let (s, b) = (lowering.shape(x), lowering.int("blocksize", 1))
            guard s.count == 4, (1...65536).contains(b), s[1] % (b * b) == 0 else {
                throw lowering.refusal("cannot rearrange \(s) by \(b)")
            }
            let c = s[1] / (b * b)
            let isColumnFirst = lowering.text("mode", "DCR") == "CRD"
            let parts = isColumnFirst ? [s[0], c, b, b, s[2], s[3]] : [s[0], b, b, c, s[2], s[3]]
            let order = isColumnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]
            let moved = try lowering.builder.permute(try lowering.builder.reshape(x, parts), order)
            lowering.set(0, try lowering.builder.reshape(moved, [s[0], c, s[2] * b, s[3] * b]))
        },
        "SpaceToDepth": { lowering in
            let x = try lowering.input(0)
            let (s, b) = (lowering.shape(x), lowering.int("blocksize", 1))
            guard s.count == 4, (1...65536).contains(b), s[2] % b == 0, s[3] % b == 0 else {
                throw lowering.refusal("cannot rearrange \(s) by \(b)")
            }
            let parts = try lowering.builder.reshape(x, [s[0], s[1], s[2] / b, b, s[3] / b, b])
            let moved = try lowering.builder.permute(parts, [0, 3, 5, 1, 2, 4])
            lowering.set(0, try lowering.builder.reshape(moved, [s[0], s[1] * b * b, s[2] / b, s[3] / b]))
        },
    ]

    private static func constant(_ lowering: Lowering) throws {
        let tensor: Tensor
        var kind: ONNXTensor.DataType?
        if case .tensor(let value) = lowering.node.attributes["value"] {
            (tensor, kind) = (value.tensor, value.dataType)
        } else if lowering.has("value_float") {
            tensor = Tensor([lowering.float("value_float", 0)], shape: [])
        } else if lowering.has("value_int") {
            tensor = Tensor([Int64(lowering.int("value_int", 0))], shape: [])
        } else if let values = lowering.ints("value_ints") {
            tensor = Tensor(values.map(Int64.init), shape: [values.count])
        } else if let values = lowering.floatList("value_floats") {
            tensor = Tensor(values, shape: [values.count])
        } else if let texts = lowering.texts("value_strings") {
            (tensor, kind) = (Tensor(texts.indices.map(Int64.init), shape: [texts.count]), .string)
        } else {
            throw lowering.refusal("has a value of a kind that is not supported")
        }
        lowering.set(0, lowering.builder.constant(tensor), kind: kind)
    }

    private static func split(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        let axis = try lowering.axis(lowering.int("axis", 0), rank: shape.count)
        var sizes = lowering.ints("split")
        if lowering.hasInput(1) { sizes = try lowering.integers(1) }
        let count = lowering.node.outputs.count
        let part = (shape[axis] + count - 1) / max(1, count)
        let parts = sizes ?? (0..<count).map { min(part, shape[axis] - min(shape[axis], $0 * part)) }
        guard parts.count == count, parts.allSatisfy({ (0...shape[axis]).contains($0) }),
            parts.reduce(0, +) == shape[axis]
        else {
            throw lowering.refusal("cannot split \(shape) on axis \(axis) into \(parts)")
        }
        var start = 0
        for (index, size) in parts.enumerated() {
            lowering.set(index, try lowering.builder.slice(x, axis: axis, from: start, count: size))
            start += size
        }
    }

    private static func slice(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let shape = lowering.shape(x)
        let old = lowering.opset < 10
        let starts = old ? lowering.ints("starts") ?? [] : try lowering.integers(1)
        let ends = old ? lowering.ints("ends") ?? [] : try lowering.integers(2)
        var axes = lowering.ints("axes") ?? Array(starts.indices)
        if !old, lowering.hasInput(3) { axes = try lowering.integers(3) }
        var steps = [Int](repeating: 1, count: starts.count)
        if !old, lowering.hasInput(4) { steps = try lowering.integers(4) }
        guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count else {
            throw lowering.refusal("starts, ends, axes and steps differ in length")
        }
        var (start, step, size) = (shape.map { _ in 0 }, shape.map { _ in 1 }, shape)
        for index in starts.indices {
            let axis = try lowering.axis(axes[index], rank: shape.count)
            let length = shape[axis]
            guard steps[index] != 0, abs(steps[index]) < 1 << 40 else { throw lowering.refusal("a step of 0") }
            func bound(_ value: Int, _ range: ClosedRange<Int>) -> Int {
                let place = value < 0 ? value &+ length : value
                return min(max(place, range.lowerBound), range.upperBound)
            }
            if steps[index] > 0 {
                let (from, to) = (bound(starts[index], 0...length), bound(ends[index], 0...length))
                start[axis] = from
                size[axis] = max(0, (to - from + steps[index] - 1) / steps[index])
            } else {
                let from = bound(starts[index], -1...max(-1, length - 1))
                // An end before the first element is given as a very negative number.
                let to = ends[index] < -length ? -1 : bound(ends[index], -1...max(-1, length - 1))
                start[axis] = max(0, from)
                size[axis] = max(0, (from - to - steps[index] - 1) / -steps[index])
            }
            step[axis] = steps[index]
        }
        lowering.set(0, try lowering.builder.slice(x, start: start, step: step, shape: size))
    }

    /// Constant padding with zeros or a number; negative padding crops; reflection and edges by gathering.
    private static func pad(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let rank = lowering.shape(x).count
        let stated = lowering.opset < 11 ? lowering.ints("pads") ?? [] : try lowering.integers(1)
        var axes = Array(0..<rank)
        if lowering.hasInput(3) { axes = try lowering.integers(3).map { try lowering.axis($0, rank: rank) } }
        guard stated.count == 2 * axes.count, stated.allSatisfy({ abs($0) < 1 << 31 }) else {
            throw lowering.refusal("needs two paddings per axis")
        }
        var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        for (index, axis) in axes.enumerated() {
            before[axis] = stated[index]
            after[axis] = stated[axes.count + index]
        }
        var result = x
        let mode = lowering.text("mode", "constant")
        for axis in 0..<rank {
            let crop = (max(0, -before[axis]), max(0, -after[axis]))
            if crop.0 + crop.1 > 0 {
                let size = lowering.shape(result)[axis] - crop.0 - crop.1
                result = try lowering.builder.slice(result, axis: axis, from: crop.0, count: size)
            }
        }
        let (low, high) = (before.map { max(0, $0) }, after.map { max(0, $0) })
        if mode != "constant" {
            for axis in 0..<rank where low[axis] + high[axis] > 0 {
                let size = lowering.shape(result)[axis]
                try lowering.limit(size + low[axis] + high[axis])
                guard size > 0 else { throw lowering.refusal("cannot pad an empty axis") }
                let places = try (-low[axis]..<size + high[axis]).map { place -> Int in
                    switch mode {
                    case "edge": return min(max(place, 0), size - 1)
                    case "wrap": return ((place % size) + size) % size
                    case "reflect":
                        let period = max(1, 2 * (size - 1))
                        let folded = ((place % period) + period) % period
                        return folded < size ? folded : period - folded
                    default: throw lowering.refusal("the mode '\(mode)' is not supported")
                    }
                }
                result = try lowering.builder.append(.gather(axis: axis), [result, lowering.constant(places)])
            }
            return lowering.set(0, result)
        }
        var fill: Value?
        if lowering.opset < 11 {
            if lowering.float("value", 0) != 0 { fill = lowering.builder.scalar(lowering.float("value", 0)) }
        } else if let value = try lowering.optional(2) {
            let isZero = (try? lowering.tensor(2)).map { $0 == Tensor(shape: $0.shape, type: $0.type) } ?? false
            if !isZero { fill = value }
        }
        let inner = lowering.shape(result)
        let padded = try lowering.builder.append(.pad(before: low, after: high), [result])
        guard let fill else { return lowering.set(0, padded) }
        // Elsewhere than in the inner part, the fill.
        let whole = lowering.builder.constant(Tensor([true], shape: [1]))
        let inside = try lowering.builder.append(
            .pad(before: low, after: high), [try lowering.builder.broadcast(whole, inner)])
        lowering.set(0, try lowering.builder.select(inside, padded, fill))
    }
}
