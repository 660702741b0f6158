import Graph
import Tensor

// Functions that the operation set does not have, spelled out in it: to about two units in the last place of float32, which the tests
// measure against double precision. Sines and cosines lose accuracy beyond |x| = 2^22.
extension ProgramBuilder {
    mutating func sine(_ x: Value) throws(ProgramError) -> Value { try quadrant(x, shift: 0) }

    mutating func cosine(_ x: Value) throws(ProgramError) -> Value { try quadrant(x, shift: 1) }

    mutating func tangent(_ x: Value) throws(ProgramError) -> Value { try divide(try sine(x), try cosine(x)) }

    /// sin(x + shift * pi/2): x = n * pi/2 + r with |r| <= pi/4, then the Taylor series of sine or cosine at r, by n modulo 4.
    private mutating func quadrant(_ x: Value, shift: Float) throws(ProgramError) -> Value {
        let n = try map(.roundToEven, try multiply(x, scalar(0x1.45f306p-1)))
        var r = x
        // pi/2 in three parts, the last of which is its rest in float32.
        for part: Float in [-0x1.921fb6p+0, 0x1.777a5cp-25, 0x1.ee59dap-50] {
            r = try map(.fusedMultiplyAdd, n, scalar(part), r)
        }
        let square = try multiply(r, r)
        let sine = try multiply(r, try polynomial(square, [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880]))
        let cosine = try polynomial(square, [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40_320, -1 / 3_628_800])
        let turned = try add(n, scalar(shift))
        let turn = try subtract(turned, try multiply(scalar(4), try map(.floor, try multiply(turned, scalar(0.25)))))
        let isOdd = try map(
            .or, try map(.equal, turn, scalar(1)), try map(.equal, turn, scalar(3)))
        let value = try select(isOdd, cosine, sine)
        return try select(try map(.lessOrEqual, scalar(2), turn), try map(.negate, value), value)
    }

    mutating func arcTangent(_ x: Value) throws(ProgramError) -> Value {
        let size = try map(.absolute, x)
        let isLarge = try map(.less, scalar(1), size)
        let inner = try select(isLarge, try divide(scalar(1), size), size)
        // atan(t) = pi/4 + atan((t - 1) / (t + 1)) beyond tan(pi/8).
        let isMiddle = try map(.less, scalar(0x1.a8279ap-2), inner)
        let moved = try divide(try subtract(inner, scalar(1)), try add(inner, scalar(1)))
        let t = try select(isMiddle, moved, inner)
        let series: [Float] = [1, -1 / 3, 1 / 5, -1 / 7, 1 / 9, -1 / 11, 1 / 13, -1 / 15, 1 / 17]
        var angle = try multiply(t, try polynomial(try multiply(t, t), series))
        angle = try select(isMiddle, try add(angle, scalar(0x1.921fb6p-1)), angle)
        angle = try select(isLarge, try subtract(scalar(0x1.921fb6p+0), angle), angle)
        return try select(try map(.less, x, scalar(0)), try map(.negate, angle), angle)
    }

    /// atan(x / sqrt((1 - x) (1 + x))).
    mutating func arcSine(_ x: Value) throws(ProgramError) -> Value {
        let rest = try multiply(try subtract(scalar(1), x), try add(scalar(1), x))
        return try arcTangent(try divide(x, try map(.squareRoot, rest)))
    }

    /// 2 atan(sqrt((1 - x) / (1 + x))).
    mutating func arcCosine(_ x: Value) throws(ProgramError) -> Value {
        let ratio = try divide(try subtract(scalar(1), x), try add(scalar(1), x))
        return try multiply(scalar(2), try arcTangent(try map(.squareRoot, ratio)))
    }

    /// The Taylor series where exponentials would cancel, (e^x - e^-x) / 2 elsewhere.
    mutating func hyperbolicSine(_ x: Value) throws(ProgramError) -> Value {
        let near = try multiply(
            x, try polynomial(try multiply(x, x), [1, 1 / 6, 1 / 120, 1 / 5040, 1 / 362_880, 1 / 39_916_800]))
        let isNear = try map(.less, try map(.absolute, x), scalar(1))
        let far = try subtract(try halfExponential(x), try halfExponential(try map(.negate, x)))
        return try select(isNear, near, far)
    }

    mutating func hyperbolicCosine(_ x: Value) throws(ProgramError) -> Value {
        try add(try halfExponential(x), try halfExponential(try map(.negate, x)))
    }

    /// e^x / 2 without overflow before its time: (e^(x/2) / 2) e^(x/2).
    private mutating func halfExponential(_ x: Value) throws(ProgramError) -> Value {
        let root = try map(.exp, try multiply(x, scalar(0.5)))
        return try multiply(try multiply(root, scalar(0.5)), root)
    }

    /// sign(x) log(1 + (s + s^2 / (1 + sqrt(s^2 + 1)))) with s = |x|; log(2 s) where s^2 would overflow.
    mutating func inverseHyperbolicSine(_ x: Value) throws(ProgramError) -> Value {
        let size = try map(.absolute, x)
        let isHuge = try map(.less, scalar(0x1p60), size)
        let s = try select(isHuge, scalar(1), size)
        let square = try multiply(s, s)
        let root = try map(.squareRoot, try add(square, scalar(1)))
        let near = try logarithmOfOnePlus(try add(s, try divide(square, try add(root, scalar(1)))))
        let far = try add(try map(.log, size), scalar(0x1.62e430p-1))
        let value = try select(isHuge, far, near)
        return try select(try map(.less, x, scalar(0)), try map(.negate, value), value)
    }

    /// log(1 + (d + sqrt(d (x + 1)))) with d = x - 1; log(2 x) where the product would overflow.
    mutating func inverseHyperbolicCosine(_ x: Value) throws(ProgramError) -> Value {
        let isHuge = try map(.less, scalar(0x1p60), x)
        let d = try subtract(try select(isHuge, scalar(1), x), scalar(1))
        let root = try map(.squareRoot, try multiply(d, try add(d, scalar(2))))
        let far = try add(try map(.log, x), scalar(0x1.62e430p-1))
        return try select(isHuge, far, try logarithmOfOnePlus(try add(d, root)))
    }

    /// sign(x) log(1 + 2 s / (1 - s)) / 2 with s = |x|.
    mutating func inverseHyperbolicTangent(_ x: Value) throws(ProgramError) -> Value {
        let s = try map(.absolute, x)
        let ratio = try divide(try add(s, s), try subtract(scalar(1), s))
        let inside = try multiply(scalar(0.5), try logarithmOfOnePlus(ratio))
        let value = try select(try map(.equal, s, scalar(1)), scalar(.infinity), inside)
        return try select(try map(.less, x, scalar(0)), try map(.negate, value), value)
    }

    /// The sum of coefficients[k] x^k, by Horner's rule.
    private mutating func polynomial(_ x: Value, _ coefficients: [Float]) throws(ProgramError) -> Value {
        var result = scalar(coefficients[coefficients.count - 1])
        for coefficient in coefficients.dropLast().reversed() {
            result = try map(.fusedMultiplyAdd, result, x, scalar(coefficient))
        }
        return result
    }
}
