package import Tensor

/// Scalar functions on the bits of elements: the meaning of `map` and of the folds, one element at a time.
package enum ScalarArithmetic {
    /// Every NaN that is stored is this one.
    static let canonicalNaN = Float(bitPattern: 0x7fc0_0000)

    /// Applies a function to operand bits of the element types `types`.
    package static func apply(_ function: ScalarFunction, _ bits: [UInt64], _ types: [ElementType]) -> UInt64 {
        if function == .select { return bits[0] != 0 ? bits[1] : bits[2] }
        switch types[0] {
        case .float32: return floating(function, bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
        case .int32: return integer(function, bits.map { Int64(Int32(truncatingIfNeeded: $0)) }, narrow: true)
        case .int64: return integer(function, bits.map { Int64(bitPattern: $0) }, narrow: false)
        default: return boolean(function, bits)
        }
    }

    /// Converts one element.
    package static func convert(_ bits: UInt64, from: ElementType, to: ElementType) -> UInt64 {
        if from == .float32 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
            switch to {
            case .float32: return stored(value)
            case .int64: return UInt64(bitPattern: saturated(value))
            case .int32:
                let limited = max(Int64(Int32.min), min(Int64(Int32.max), saturated(value)))
                return UInt64(UInt32(bitPattern: Int32(limited)))
            default: return value == 0 ? 0 : 1
            }
        }
        let value = from == .int32 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
        switch to {
        case .float32: return stored(Float(value))
        case .int64: return UInt64(bitPattern: value)
        case .int32: return UInt64(UInt32(truncatingIfNeeded: value))
        default: return value == 0 ? 0 : 1
        }
    }

    /// The bits of a float as a tensor holds them.
    package static func stored(_ value: Float) -> UInt64 {
        UInt64((value.isNaN ? canonicalNaN : value).bitPattern)
    }

    /// Position of the first greatest (least) value; a NaN beats every number.
    package static func firstWinner(_ values: [Float], greatest: Bool) -> Int {
        var best = 0
        for index in values.indices.dropFirst() where !values[best].isNaN {
            let (candidate, holder) = (key(values[index]), key(values[best]))
            if values[index].isNaN || (greatest ? candidate > holder : candidate < holder) { best = index }
        }
        return best
    }

    /// Orders floats by bit pattern: -0 below +0.
    static func key(_ value: Float) -> Int32 {
        let bits = Int32(bitPattern: value.bitPattern)
        return bits ^ ((bits >> 31) & 0x7fff_ffff)
    }

    private static func saturated(_ value: Float) -> Int64 {
        if value.isNaN { return 0 }
        if value >= 0x1p63 { return .max }
        if value < -0x1p63 { return .min }
        return Int64(value)
    }

    private static func floating(_ function: ScalarFunction, _ x: [Float]) -> UInt64 {
        let a = x[0]
        switch function {
        case .negate: return stored(-a)
        case .absolute: return stored(abs(a))
        case .exp: return stored(Reference.exp(a))
        case .log: return stored(Reference.log(a))
        case .tanh: return stored(Reference.tanh(a))
        case .erf: return stored(Reference.erf(a))
        case .squareRoot: return stored(a.squareRoot())
        case .floor: return stored(a.rounded(.down))
        case .ceiling: return stored(a.rounded(.up))
        case .roundToEven: return stored(a.rounded(.toNearestOrEven))
        case .relu: return stored(a > 0 ? a : (a.isNaN ? a : 0))
        case .sigmoid: return stored(Reference.sigmoid(a))
        case .gelu: return stored(Reference.gelu(a))
        case .geluTanh: return stored(Reference.geluTanh(a))
        case .sign: return stored(a > 0 ? 1 : (a < 0 ? -1 : (a.isNaN ? a : 0)))
        case .isNaN: return a.isNaN ? 1 : 0
        case .add: return stored(a + x[1])
        case .subtract: return stored(a - x[1])
        case .multiply: return stored(a * x[1])
        case .divide: return stored(a / x[1])
        case .maximum, .minimum:
            if a.isNaN || x[1].isNaN { return stored(canonicalNaN) }
            return stored((key(a) < key(x[1])) == (function == .maximum) ? x[1] : a)
        case .equal: return a == x[1] ? 1 : 0
        case .less: return a < x[1] ? 1 : 0
        case .lessOrEqual: return a <= x[1] ? 1 : 0
        case .gate: return a > 0 ? stored(x[1]) : 0
        case .fusedMultiplyAdd: return stored(x[2].addingProduct(a, x[1]))
        case .not, .remainder, .and, .or, .xor, .select: preconditionFailure("\(function) is not a float function")
        }
    }

    private static func integer(_ function: ScalarFunction, _ x: [Int64], narrow: Bool) -> UInt64 {
        let a = x[0]
        func number(_ value: Int64) -> UInt64 {
            narrow ? UInt64(UInt32(truncatingIfNeeded: value)) : UInt64(bitPattern: value)
        }
        switch function {
        case .negate: return number(0 &- a)
        case .absolute: return number(a < 0 ? 0 &- a : a)
        case .sign: return number(a.signum())
        case .add: return number(a &+ x[1])
        case .subtract: return number(a &- x[1])
        case .multiply: return number(a &* x[1])
        case .divide: return number(x[1] == 0 ? 0 : a.dividedReportingOverflow(by: x[1]).partialValue)
        case .remainder: return number(x[1] == 0 ? 0 : a.remainderReportingOverflow(dividingBy: x[1]).partialValue)
        case .maximum: return number(max(a, x[1]))
        case .minimum: return number(min(a, x[1]))
        case .equal: return a == x[1] ? 1 : 0
        case .less: return a < x[1] ? 1 : 0
        case .lessOrEqual: return a <= x[1] ? 1 : 0
        default: preconditionFailure("\(function) is not an integer function")
        }
    }

    private static func boolean(_ function: ScalarFunction, _ x: [UInt64]) -> UInt64 {
        switch function {
        case .not: x[0] == 0 ? 1 : 0
        case .and: x[0] & x[1]
        case .or: x[0] | x[1]
        case .xor: x[0] ^ x[1]
        case .equal: x[0] == x[1] ? 1 : 0
        case .less: x[0] < x[1] ? 1 : 0
        case .lessOrEqual: x[0] <= x[1] ? 1 : 0
        default: preconditionFailure("\(function) is not a boolean function")
        }
    }
}
