import Graph
import Tensor

// Rounding to formats that programs do not have.
extension ProgramBuilder {
    /// The nearest number of a binary floating-point format, ties to even, as float32.
    ///
    /// - Parameters:
    ///   - fraction: bits after the point of a normal number: 10 for binary16, 7 for bfloat16.
    ///   - least: the exponent of the least normal number.
    ///   - greatest: the greatest finite number; beyond it, rounding gives an infinity.
    mutating func rounded(
        _ x: Value, fraction: Int, least: Int, greatest: Float
    ) throws(ProgramError) -> Value {
        // The power of two at or below |x|, found as the sum of binary digits of its exponent.
        let size = try map(.minimum, try map(.absolute, x), scalar(0x1p127))
        var power = scalar(Float(sign: .plus, exponent: least, significand: 1))
        for step in least < -64 ? [64, 64, 64, 32, 16, 8, 4, 2, 1] : [16, 8, 4, 2, 1] {
            let next = try multiply(power, scalar(Float(sign: .plus, exponent: step, significand: 1)))
            power = try select(try map(.lessOrEqual, next, size), next, power)
        }
        let unit = try multiply(power, scalar(Float(sign: .plus, exponent: -fraction, significand: 1)))
        let near = try multiply(try map(.roundToEven, try divide(x, unit)), unit)
        let isTooLarge = try map(.less, scalar(greatest), try map(.absolute, near))
        return try select(isTooLarge, try multiply(near, scalar(.infinity)), near)
    }

    /// Towards zero.
    mutating func truncated(_ x: Value) throws(ProgramError) -> Value {
        let size = try map(.floor, try map(.absolute, x))
        return try select(try map(.less, x, scalar(0)), try map(.negate, size), size)
    }

    /// What is left of a / b for the whole quotient towards zero: exact while the quotient has 24 bits.
    mutating func floatRemainder(_ a: Value, _ b: Value) throws(ProgramError) -> Value {
        let (size, divisor) = (try map(.absolute, a), try map(.absolute, b))
        let quotient = try map(.floor, try divide(size, divisor))
        var rest = try map(.fusedMultiplyAdd, try map(.negate, quotient), divisor, size)
        // The quotient may have been rounded up or down to the next whole number.
        rest = try select(try map(.less, rest, scalar(0)), try add(rest, divisor), rest)
        rest = try select(try map(.lessOrEqual, divisor, rest), try subtract(rest, divisor), rest)
        let whole = try select(try map(.equal, divisor, scalar(.infinity)), size, rest)
        return try select(try map(.less, a, scalar(0)), try map(.negate, whole), whole)
    }
}
