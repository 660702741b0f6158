import Graph
import Tensor

extension Operators {
    static let elementwise: [String: Lowering.Operator] = [
        "Abs": unary(.absolute), "Neg": unary(.negate), "Exp": unary(.exp), "Log": unary(.log),
        "Sqrt": unary(.squareRoot), "Floor": unary(.floor), "Ceil": unary(.ceiling), "Round": unary(.roundToEven),
        "Sign": unary(.sign), "Relu": unary(.relu), "Sigmoid": unary(.sigmoid), "Tanh": unary(.tanh),
        "Erf": unary(.erf),
        "Not": unary(.not), "IsNaN": unary(.isNaN),
        "Add": binary(.add), "Sub": binary(.subtract), "Mul": binary(.multiply), "Div": binary(.divide),
        "Equal": binary(.equal), "Less": binary(.less), "LessOrEqual": binary(.lessOrEqual), "And": binary(.and),
        "Or": binary(.or), "Xor": binary(.xor),
        "Greater": { try $0.set(0, $0.builder.map(.less, $0.input(1), $0.input(0))) },
        "GreaterOrEqual": { try $0.set(0, $0.builder.map(.lessOrEqual, $0.input(1), $0.input(0))) },
        "Where": { try $0.set(0, $0.builder.select($0.input(0), $0.input(1), $0.input(2))) },
        "Max": folded(.maximum), "Min": folded(.minimum), "Sum": folded(.add),
        "Mean": { lowering in
            try folded(.add)(lowering)
            let total = try lowering.value(named: lowering.node.outputs[0])
            let count = lowering.builder.scalar(Float(lowering.node.inputs.count))
            lowering.set(0, try lowering.builder.divide(total, count))
        },
        "ai.onnx.ml.ZipMap": { try $0.set(0, $0.input(0)) },
        "Dropout": dropout,
        "Cast": cast,
        "CastLike": { lowering in
            let element = lowering.builder.type(try lowering.input(1)).element
            let type = lowering.kind(1) ?? ONNXTensor.DataType(standing: element)
            lowering.set(0, try converted(lowering, try lowering.input(0), to: type), kind: type)
        },

        "Reciprocal": { try $0.set(0, $0.builder.divide($0.builder.scalar(1), $0.input(0))) },
        "Pow": power, "Mod": modulo, "Clip": clip,
        "Gelu": {
            try $0.set(0, $0.builder.map($0.text("approximate", "none") == "tanh" ? .geluTanh : .gelu, $0.input(0)))
        },
        "Softplus": { try $0.set(0, $0.builder.softplus($0.input(0))) },
        "Softsign": { lowering in
            let x = try lowering.input(0)
            let size = try lowering.builder.add(try lowering.builder.map(.absolute, x), lowering.builder.scalar(1))
            lowering.set(0, try lowering.builder.divide(x, size))
        },
        "LeakyRelu": { try sloped($0, $0.builder.scalar($0.float("alpha", 0.01))) },
        "PRelu": { lowering in
            // The slope has one number per channel, or aligns at the last axis.
            var slope = try lowering.input(1)
            let (shape, rank) = (lowering.shape(slope), lowering.shape(try lowering.input(0)).count)
            if shape.count == 1, rank > 2, shape[0] == lowering.shape(try lowering.input(0))[1], shape[0] != 1 {
                slope = try lowering.builder.reshape(slope, shape + [Int](repeating: 1, count: rank - 2))
            }
            try sloped(lowering, slope)
        },
        "Elu": { try exponentialLinear($0, alpha: $0.float("alpha", 1), gamma: 1) },
        "Celu": { lowering in
            let alpha = lowering.float("alpha", 1)
            let x = try lowering.input(0)
            let inner = try lowering.builder.divide(x, lowering.builder.scalar(alpha))
            try exponentialLinear(lowering, alpha: alpha, gamma: 1, inner: inner)
        },
        "Selu": {
            try exponentialLinear($0, alpha: $0.float("alpha", 1.67326319), gamma: $0.float("gamma", 1.05070102))
        },
        "ThresholdedRelu": { lowering in
            let x = try lowering.input(0)
            let above = try lowering.builder.map(.less, lowering.builder.scalar(lowering.float("alpha", 1)), x)
            lowering.set(0, try lowering.builder.select(above, x, lowering.builder.scalar(0)))
        },
        "HardSigmoid": { try $0.set(0, hardSigmoid($0, $0.input(0), $0.float("alpha", 0.2), $0.float("beta", 0.5))) },
        "HardSwish": { lowering in
            let x = try lowering.input(0)
            let gate = try hardSigmoid(lowering, x, 1 / 6, 0.5)
            lowering.set(0, try lowering.builder.multiply(x, gate))
        },
        "Mish": { lowering in
            let x = try lowering.input(0)
            let soft = try lowering.builder.map(.tanh, try lowering.builder.softplus(x))
            lowering.set(0, try lowering.builder.multiply(x, soft))
        },
        "Swish": { lowering in
            let x = try lowering.input(0)
            let alpha = lowering.float("alpha", 1)
            let inner = alpha == 1 ? x : try lowering.builder.multiply(lowering.builder.scalar(alpha), x)
            lowering.set(0, try lowering.builder.multiply(x, try lowering.builder.map(.sigmoid, inner)))
        },
        "Shrink": { lowering in
            // x < -lambd ? x + bias : x > lambd ? x - bias : 0
            let x = try lowering.input(0)
            let (lambda, bias) = (lowering.float("lambd", 0.5), lowering.builder.scalar(lowering.float("bias", 0)))
            let isLow = try lowering.builder.map(.less, x, lowering.builder.scalar(-lambda))
            let isHigh = try lowering.builder.map(.less, lowering.builder.scalar(lambda), x)
            let high = try lowering.builder.select(
                isHigh, try lowering.builder.subtract(x, bias), lowering.builder.scalar(0))
            lowering.set(0, try lowering.builder.select(isLow, try lowering.builder.add(x, bias), high))
        },
        "IsInf": { lowering in
            let x = try lowering.input(0)
            let top = try lowering.builder.map(.equal, x, lowering.builder.scalar(.infinity))
            let bottom = try lowering.builder.map(.equal, x, lowering.builder.scalar(-.infinity))
            let (positive, negative) = (
                lowering.int("detect_positive", 1) == 1, lowering.int("detect_negative", 1) == 1
            )
            if positive && negative { return lowering.set(0, try lowering.builder.map(.or, top, bottom)) }
            let none = try lowering.builder.map(.and, top, bottom)
            lowering.set(0, positive ? top : negative ? bottom : none)
        },
    ]

    /// The identity outside of training; in it, elements fall out by the numbers of a `noise/` input.
    private static func dropout(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        var rate = lowering.opset < 12 ? lowering.float("ratio", 0.5) : 0.5
        if lowering.hasInput(1) { rate = try lowering.floats(1).first ?? 0.5 }
        let isWrittenSo = lowering.hasInput(2) ? try lowering.tensor(2).values(as: Bool.self) == [true] : false
        if isWrittenSo, rate != 0, lowering.mode == .asWritten {
            throw lowering.refusal("dropout in training mode is random: it has a defined result in `cairn train` only")
        }
        if lowering.mode == .training {
            let (result, mask) = try lowering.builder.dropout(x, rate: rate)
            lowering.set(0, result)
            if let mask { return lowering.set(1, mask) }
        } else {
            lowering.set(0, x)
        }
        if lowering.wantsOutput(1) {
            try lowering.limit(lowering.builder.type(x).count)
            let mask = [Bool](repeating: true, count: lowering.builder.type(x).count)
            lowering.set(1, lowering.builder.constant(Tensor(mask, shape: lowering.shape(x))))
        }
    }

    private static func unary(_ function: ScalarFunction) -> Lowering.Operator {
        { try $0.set(0, $0.builder.map(function, $0.input(0))) }
    }

    private static func binary(_ function: ScalarFunction) -> Lowering.Operator {
        { try $0.set(0, $0.builder.map(function, $0.input(0), $0.input(1))) }
    }

    private static func folded(_ function: ScalarFunction) -> Lowering.Operator {
        { lowering in
            var result = try lowering.input(0)
            for index in 1..<max(1, lowering.node.inputs.count) {
                result = try lowering.builder.map(function, result, try lowering.input(index))
            }
            lowering.set(0, result)
        }
    }

    private static func cast(_ lowering: Lowering) throws {
        guard let type = ONNXTensor.DataType(rawValue: lowering.int("to", 0)), type != .string else {
            throw lowering.refusal("casts to the element type \(lowering.int("to", 0)), which is not supported")
        }
        lowering.set(0, try converted(lowering, try lowering.input(0), to: type), kind: type)
    }

    /// Floats round to nearest, integers wrap.
    static func converted(_ lowering: Lowering, _ x: Value, to type: ONNXTensor.DataType) throws -> Value {
        let result = try lowering.builder.cast(x, to: type.element)
        switch type {
        case .float16, .bfloat16:
            if lowering.mode == .training {
                lowering.warn("casts to 16-bit floats are left out in training, which is in float32 throughout")
                return result
            }
            return type == .float16
                ? try lowering.builder.rounded(result, fraction: 10, least: -14, greatest: 65504)
                : try lowering.builder.rounded(result, fraction: 7, least: -126, greatest: 0x1.fep127)
        default: return try lowering.wrapped(result, to: type)
        }
    }

    private static func sloped(_ lowering: Lowering, _ slope: Value) throws {
        let x = try lowering.input(0)
        let below = try lowering.builder.map(.less, x, lowering.builder.scalar(0))
        lowering.set(0, try lowering.builder.select(below, try lowering.builder.multiply(x, slope), x))
    }

    /// gamma * (x > 0 ? x : alpha * (exp(inner) - 1))
    private static func exponentialLinear(
        _ lowering: Lowering, alpha: Float, gamma: Float, inner: Value? = nil
    ) throws {
        let x = try lowering.input(0)
        var b = lowering.builder
        // exp of the negative side only, so that the other side cannot overflow into the gradient.
        let negative = try b.map(.minimum, inner ?? x, b.scalar(0))
        let bend = try b.multiply(b.scalar(alpha), try b.subtract(try b.map(.exp, negative), b.scalar(1)))
        var result = try b.select(try b.map(.less, b.scalar(0), x), x, bend)
        if gamma != 1 { result = try b.multiply(b.scalar(gamma), result) }
        lowering.builder = b
        lowering.set(0, result)
    }

    private static func hardSigmoid(
        _ lowering: Lowering, _ x: Value, _ alpha: Float, _ beta: Float
    ) throws -> Value {
        var b = lowering.builder
        let line = try b.add(try b.multiply(b.scalar(alpha), x), b.scalar(beta))
        let result = try b.map(.maximum, b.scalar(0), try b.map(.minimum, b.scalar(1), line))
        lowering.builder = b
        return result
    }

    private static func clip(_ lowering: Lowering) throws {
        var value = try lowering.input(0)
        if lowering.opset < 11 {
            if lowering.has("min") {
                value = try lowering.builder.map(.maximum, value, lowering.builder.scalar(lowering.float("min", 0)))
            }
            if lowering.has("max") {
                value = try lowering.builder.map(.minimum, value, lowering.builder.scalar(lowering.float("max", 0)))
            }
        } else {
            if let least = try lowering.optional(1) { value = try lowering.builder.map(.maximum, value, least) }
            if let most = try lowering.optional(2) { value = try lowering.builder.map(.minimum, value, most) }
        }
        lowering.set(0, value)
    }

    /// Known whole exponents by repeated products, one half by a root, any other by exponential and logarithm.
    private static func power(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        if let known = try lowering.known(try lowering.input(1)), known.count == 1, let value = number(known) {
            if value == 0.5, lowering.builder.type(x).element == .float32 {
                return lowering.set(0, try lowering.builder.map(.squareRoot, x))
            }
            if value == value.rounded(), abs(value) <= 64 {
                return lowering.set(0, try wholePower(lowering, x, Int(value)))
            }
        }
        guard lowering.builder.type(x).element == .float32 else {
            return lowering.set(0, try integerPower(lowering, x, try lowering.input(1)))
        }
        let exponent = try lowering.builder.cast(try lowering.input(1), to: .float32)
        return lowering.set(0, try realPower(lowering, x, exponent))
    }

    private static func number(_ tensor: Tensor) -> Float? {
        switch tensor.type {
        case .float32: tensor.values(as: Float.self).first
        case .int32: tensor.values(as: Int32.self).first.map { Float($0) }
        case .int64: tensor.values(as: Int64.self).first.map { Float($0) }
        default: nil
        }
    }

    private static func wholePower(_ lowering: Lowering, _ x: Value, _ exponent: Int) throws -> Value {
        let one = try lowering.builder.cast(lowering.builder.scalar(1), to: lowering.builder.type(x).element)
        guard exponent != 0 else { return try lowering.builder.broadcast(one, lowering.shape(x)) }
        var result = x
        for _ in 1..<abs(exponent) { result = try lowering.builder.multiply(result, x) }
        return exponent < 0 ? try lowering.builder.divide(one, result) : result
    }

    /// By squaring, for exponents from 0 to 63; a negative exponent gives 0 as the quotient of integers does, or 1 of 1.
    private static func integerPower(_ lowering: Lowering, _ x: Value, _ y: Value) throws -> Value {
        guard lowering.builder.type(y).element != .float32 else {
            throw lowering.refusal("fractional powers of integers are supported for one known whole exponent")
        }
        let exponent = try lowering.builder.cast(y, to: lowering.builder.type(x).element)
        let (zero, one, two) = (
            try lowering.whole(0, like: x), try lowering.whole(1, like: x), try lowering.whole(2, like: x)
        )
        var (result, square, rest) = (one, x, try lowering.builder.map(.absolute, exponent))
        for _ in 0..<6 {
            let bit = try lowering.builder.map(
                .equal, try lowering.builder.map(.remainder, rest, two), one)
            let product = try lowering.builder.multiply(result, square)
            result = try lowering.builder.select(bit, product, result)
            square = try lowering.builder.multiply(square, square)
            rest = try lowering.builder.divide(rest, two)
        }
        let isNegative = try lowering.builder.map(.less, exponent, zero)
        return try lowering.builder.select(isNegative, try lowering.builder.divide(one, result), result)
    }

    /// exp(y log |x|), with the sign that whole exponents give to negative bases; of others no power is a number. x^0 is 1.
    private static func realPower(_ lowering: Lowering, _ x: Value, _ y: Value) throws -> Value {
        let (zero, one) = (lowering.builder.scalar(0), lowering.builder.scalar(1))
        let logarithm = try lowering.builder.map(.log, try lowering.builder.map(.absolute, x))
        let size = try lowering.builder.map(.exp, try lowering.builder.multiply(y, logarithm))
        let half = try lowering.builder.multiply(y, lowering.builder.scalar(0.5))
        let isEven = try lowering.builder.map(.equal, try lowering.builder.map(.floor, half), half)
        let isWhole = try lowering.builder.map(.equal, try lowering.builder.map(.floor, y), y)
        let signed = try lowering.builder.select(isEven, size, try lowering.builder.map(.negate, size))
        let ofNegative = try lowering.builder.select(isWhole, signed, lowering.builder.scalar(.nan))
        let isNegative = try lowering.builder.map(.less, x, zero)
        let power = try lowering.builder.select(isNegative, ofNegative, size)
        return try lowering.builder.select(try lowering.builder.map(.equal, y, zero), one, power)
    }

    /// Remainder with the divisor's sign, or the dividend's when `fmod` is set.
    private static func modulo(_ lowering: Lowering) throws {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        if lowering.builder.type(a).element == .float32 {
            let rest = try lowering.builder.floatRemainder(a, b)
            if lowering.int("fmod", 0) == 1 { return lowering.set(0, rest) }
            let zero = lowering.builder.scalar(0)
            let differs = try lowering.builder.map(
                .xor, try lowering.builder.map(.less, rest, zero), try lowering.builder.map(.less, b, zero))
            let isRest = try lowering.builder.map(.not, try lowering.builder.map(.equal, rest, zero))
            let moves = try lowering.builder.map(.and, differs, isRest)
            return lowering.set(0, try lowering.builder.select(moves, try lowering.builder.add(rest, b), rest))
        }
        let remainder = try lowering.builder.map(.remainder, a, b)
        if lowering.int("fmod", 0) == 1 { return lowering.set(0, remainder) }
        let wrapped = try lowering.builder.map(.remainder, try lowering.builder.add(remainder, b), b)
        lowering.set(0, wrapped)
    }
}
