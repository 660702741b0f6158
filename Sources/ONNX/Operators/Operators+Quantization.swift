import Graph
import Tensor

/// Integers of few bits for floats, and products of them: exact, since float products of small integers are.
extension Operators {
    static let quantization: [String: Lowering.Operator] = [
        "QuantizeLinear": { lowering in
            let x = try lowering.builder.cast(try lowering.input(0), to: .float32)
            let kind = try resultKind(lowering)
            let scale = try spread(lowering, try lowering.input(1), like: x)
            let zero = try lowering.optional(2).map { try spread(lowering, $0, like: x) }
            try lowering.set(0, quantized(lowering, x, scale, zero, kind), kind: kind)
        },
        "DequantizeLinear": { lowering in
            let x = try lowering.input(0)
            let scale = try spread(lowering, try lowering.input(1), like: x)
            let zero = try lowering.optional(2).map { try spread(lowering, $0, like: x) }
            lowering.set(0, try dequantized(lowering, x, scale, zero), kind: lowering.kind(1))
        },
        "DynamicQuantizeLinear": { lowering in
            // The range of the data, zero in it, over 0...255.
            let x = try lowering.input(0)
            let axes = Array(lowering.shape(x).indices)
            let most = try lowering.builder.reduce(.maximum, x, axes: axes, keepsAxes: false)
            let least = try lowering.builder.reduce(.minimum, x, axes: axes, keepsAxes: false)
            let high = try lowering.builder.map(.maximum, most, lowering.builder.scalar(0))
            let low = try lowering.builder.map(.minimum, least, lowering.builder.scalar(0))
            let scale = try lowering.builder.divide(
                try lowering.builder.subtract(high, low), lowering.builder.scalar(255))
            let place = try lowering.builder.divide(try lowering.builder.map(.negate, low), scale)
            let zero = try saturated(lowering, try lowering.builder.map(.roundToEven, place), 0...255)
            try lowering.set(0, quantized(lowering, x, scale, zero, .uint8), kind: .uint8)
            lowering.set(1, scale, kind: .float)
            lowering.set(2, zero, kind: .uint8)
        },
        "MatMulInteger": { lowering in
            let a = try centred(lowering, 0, zero: 2, rowAxis: -2)
            let b = try centred(lowering, 1, zero: 3, rowAxis: -1)
            lowering.set(0, try lowering.builder.cast(try exactProduct(lowering, a, b), to: .int32), kind: .int32)
        },
        "QLinearMatMul": { lowering in
            // a, its scale and zero point; b, its scale and zero point; scale and zero point of the result.
            let a = try centred(lowering, 0, zero: 2, rowAxis: -2)
            let b = try centred(lowering, 3, zero: 5, rowAxis: -1)
            let sums = try exactProduct(lowering, a, b)
            let rank = lowering.shape(sums).count
            let scaleA = try aligned(lowering, try lowering.input(1), rowAxis: -2, rank: rank)
            let scaleB = try aligned(lowering, try lowering.input(4), rowAxis: -1, rank: rank)
            let scale = try lowering.builder.divide(
                try lowering.builder.multiply(scaleA, scaleB), try lowering.input(6))
            let kind = lowering.kind(7) ?? .uint8
            let result = try lowering.builder.multiply(try lowering.builder.cast(sums, to: .float32), scale)
            try lowering.set(
                0, quantized(lowering, result, lowering.builder.scalar(1), try lowering.input(7), kind), kind: kind)
        },
        "ConvInteger": { lowering in
            let image = try centred(lowering, 0, zero: 2, rowAxis: nil)
            let weights = try centred(lowering, 1, zero: 3, rowAxis: nil)
            let sums = try exactConvolution(lowering, image, weights)
            lowering.set(0, try lowering.builder.cast(sums, to: .int32), kind: .int32)
        },
        "QLinearConv": { lowering in
            let image = try centred(lowering, 0, zero: 2, rowAxis: nil)
            let weights = try centred(lowering, 3, zero: 5, rowAxis: nil)
            var sums = try exactConvolution(lowering, image, weights)
            let rank = lowering.shape(sums).count
            if let bias = try lowering.optional(8) {
                sums = try lowering.builder.add(
                    sums, try perChannel(lowering, try lowering.builder.cast(bias, to: .int64), rank: rank))
            }
            let weightScale = try perChannel(lowering, try lowering.input(4), rank: rank)
            let scale = try lowering.builder.divide(
                try lowering.builder.multiply(try lowering.input(1), weightScale), try lowering.input(6))
            let kind = lowering.kind(7) ?? .uint8
            let result = try lowering.builder.multiply(try lowering.builder.cast(sums, to: .float32), scale)
            try lowering.set(
                0, quantized(lowering, result, lowering.builder.scalar(1), try lowering.input(7), kind), kind: kind)
        },
    ]

    /// What a QuantizeLinear gives: the type of its zero point, or the stated one.
    private static func resultKind(_ lowering: Lowering) throws -> ONNXTensor.DataType {
        let stated = lowering.int("output_dtype", 0)
        guard let kind = lowering.kind(2) ?? (stated == 0 ? .uint8 : ONNXTensor.DataType(rawValue: stated)),
            kind.range != nil
        else { throw lowering.refusal("gives the element type \(stated), which is not supported") }
        return kind
    }

    /// A scale or zero point for every element: one for all, one for each place of an axis, or one for each block of it.
    private static func spread(_ lowering: Lowering, _ value: Value, like x: Value) throws -> Value {
        let (shape, own) = (lowering.shape(x), lowering.shape(value))
        if lowering.builder.type(value).count == 1 { return try lowering.builder.reshape(value, []) }
        let axis = try lowering.axis(lowering.int("axis", 1), rank: shape.count)
        if own.count == 1 {
            guard own[0] == shape[axis] else { throw lowering.refusal("\(own[0]) scales do not fit \(shape)") }
            var row = [Int](repeating: 1, count: shape.count)
            row[axis] = own[0]
            return try lowering.builder.reshape(value, row)
        }
        let block = lowering.int("block_size", 0)
        guard own.count == shape.count, (1...1 << 31).contains(block), own[axis] == (shape[axis] + block - 1) / block
        else {
            throw lowering.refusal("scales \(own) do not fit \(shape)")
        }
        let places = lowering.constant((0..<shape[axis]).map { $0 / block })
        return try lowering.builder.append(.gather(axis: axis), [value, places])
    }

    private static func saturated(_ lowering: Lowering, _ x: Value, _ range: ClosedRange<Int>) throws -> Value {
        let least = lowering.builder.scalar(Float(range.lowerBound))
        let most = lowering.builder.scalar(Float(range.upperBound))
        let bounded = try lowering.builder.map(.minimum, try lowering.builder.map(.maximum, x, least), most)
        return try lowering.builder.cast(bounded, to: .int32)
    }

    /// saturate(round(x / scale) + zero).
    private static func quantized(
        _ lowering: Lowering, _ x: Value, _ scale: Value, _ zero: Value?, _ kind: ONNXTensor.DataType
    ) throws -> Value {
        guard let range = kind.range else { throw lowering.refusal("gives an element type that is not supported") }
        var result = try lowering.builder.map(.roundToEven, try lowering.builder.divide(x, scale))
        if let zero { result = try lowering.builder.add(result, try lowering.builder.cast(zero, to: .float32)) }
        return try saturated(lowering, result, range)
    }

    /// (x - zero) * scale.
    private static func dequantized(_ lowering: Lowering, _ x: Value, _ scale: Value, _ zero: Value?) throws -> Value {
        var wide = x
        if let zero { wide = try lowering.builder.subtract(x, zero) }
        return try lowering.builder.multiply(try lowering.builder.cast(wide, to: .float32), scale)
    }

    /// An operand less its zero point, int64; per row or column where there are several.
    private static func centred(_ lowering: Lowering, _ index: Int, zero: Int, rowAxis: Int?) throws -> Value {
        let x = try lowering.builder.cast(try lowering.input(index), to: .int64)
        guard let point = try lowering.optional(zero) else { return x }
        let rank = lowering.shape(x).count
        let wide = try lowering.builder.cast(point, to: .int64)
        guard let rowAxis else {
            // Of weights: one, or one for each output channel, the first axis.
            let count = lowering.builder.type(wide).count
            let shape = [count] + [Int](repeating: 1, count: max(0, rank - 1))
            return try lowering.builder.subtract(x, try lowering.builder.reshape(wide, shape))
        }
        return try lowering.builder.subtract(x, try aligned(lowering, wide, rowAxis: rowAxis, rank: rank))
    }

    /// One number, or a list along the rows (-2) or columns (-1), for a matrix of `rank` axes.
    private static func aligned(_ lowering: Lowering, _ value: Value, rowAxis: Int, rank: Int) throws -> Value {
        let shape = lowering.shape(value)
        guard shape.count == 1, shape[0] > 1, rank >= 2, rowAxis == -2 else {
            return lowering.builder.type(value).count == 1 ? try lowering.builder.reshape(value, []) : value
        }
        return try lowering.builder.reshape(value, [shape[0], 1])
    }

    /// An integer of at most eight bits and a sign in two parts, the low five bits first, as floats.
    private static func halves(_ lowering: Lowering, _ x: Value) throws -> (low: Value, high: Value) {
        let size = try lowering.whole(32, like: x)
        let low = try lowering.builder.map(.remainder, x, size)
        let high = try lowering.builder.map(.divide, x, size)
        return (try lowering.builder.cast(low, to: .float32), try lowering.builder.cast(high, to: .float32))
    }

    /// Links of a sum of products of numbers below 2^5 and 2^8: it stays below 2^24, where float32 is exact. Longer ones go in parts.
    private static let exactLinks = 1024

    private static func exactProduct(_ lowering: Lowering, _ a: Value, _ b: Value) throws -> Value {
        let (left, right) = (lowering.shape(a), lowering.shape(b))
        guard left.count >= 2, right.count >= 2 else { throw lowering.refusal("needs matrices") }
        let inner = left[left.count - 1]
        let factor = try lowering.builder.cast(b, to: .float32)
        let parts = try halves(lowering, a)
        var total: Value?
        for start in stride(from: 0, to: max(1, inner), by: exactLinks) {
            let count = min(exactLinks, inner - start)
            let rows = try lowering.builder.slice(factor, axis: right.count - 2, from: start, count: count)
            for (part, weight) in [(parts.low, 1), (parts.high, 32)] {
                let columns = try lowering.builder.slice(part, axis: left.count - 1, from: start, count: count)
                let product = try lowering.builder.cast(try lowering.builder.matmul(columns, rows), to: .int64)
                let share = try lowering.builder.multiply(product, try lowering.whole(weight, like: product))
                total = try total.map { try lowering.builder.add($0, share) } ?? share
            }
        }
        guard let total else { throw lowering.refusal("has nothing to multiply") }
        return total
    }

    private static func exactConvolution(_ lowering: Lowering, _ image: Value, _ weights: Value) throws -> Value {
        let shape = lowering.shape(weights)
        guard shape.count >= 3, lowering.shape(image).count == shape.count else {
            throw lowering.refusal("an image \(lowering.shape(image)) and weights \(shape) do not fit")
        }
        let taps = shape[2...].reduce(1, *)
        guard taps <= exactLinks else { throw lowering.refusal("a kernel of \(taps) taps is too large") }
        let factor = try lowering.builder.cast(weights, to: .float32)
        let parts = try halves(lowering, image)
        let groups = lowering.int("group", 1)
        guard (1...65536).contains(groups) else { throw lowering.refusal("\(groups) groups cannot be") }
        guard shape[1] * taps <= exactLinks || groups == 1 else {
            throw lowering.refusal("\(shape[1] * taps) products an element in groups are too many")
        }
        let channels = max(1, exactLinks / taps)
        var total: Value?
        for start in stride(from: 0, to: shape[1], by: groups == 1 ? channels : shape[1]) {
            let count = groups == 1 ? min(channels, shape[1] - start) : shape[1]
            let kernel = try lowering.builder.slice(factor, axis: 1, from: start, count: count)
            for (part, weight) in [(parts.low, 1), (parts.high, 32)] {
                let input = try lowering.builder.slice(part, axis: 1, from: start, count: groups * count)
                let sums = try lowering.builder.cast(try convolved(lowering, input, kernel), to: .int64)
                let share = try lowering.builder.multiply(sums, try lowering.whole(weight, like: sums))
                total = try total.map { try lowering.builder.add($0, share) } ?? share
            }
        }
        guard let total else { throw lowering.refusal("has no channels") }
        return total
    }
}
