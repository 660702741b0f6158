import Tensor

// Derivatives of the scalar functions, before shares are summed back over stretched axes.
extension ProgramBuilder {
    mutating func scalarContribution(
        _ function: ScalarFunction, _ x: [Value], _ y: Value, _ g: Value, _ isActive: (Value) -> Bool
    ) throws(ProgramError) -> [(Value, Value)] {
        func active(_ pairs: [(Value, Value)]) -> [(Value, Value)] { pairs.filter { isActive($0.0) } }
        switch function {
        case .negate: return [(x[0], try map(.negate, g))]
        case .absolute: return [(x[0], try multiply(g, try map(.sign, x[0])))]
        case .exp: return [(x[0], try multiply(g, y))]
        case .log: return [(x[0], try divide(g, x[0]))]
        case .tanh: return [(x[0], try multiply(g, try subtract(scalar(1), try multiply(y, y))))]
        case .erf:
            let bell = try map(.exp, try map(.negate, try multiply(x[0], x[0])))
            return [(x[0], try multiply(g, try multiply(bell, scalar(0x1.20dd76p+0))))]
        case .squareRoot: return [(x[0], try divide(g, try add(y, y)))]
        case .relu: return [(x[0], try map(.gate, y, g))]
        case .sigmoid: return [(x[0], try multiply(g, try multiply(y, try subtract(scalar(1), y))))]
        case .gelu: return [(x[0], try multiply(g, try geluSlope(x[0])))]
        case .geluTanh: return [(x[0], try multiply(g, try geluTanhSlope(x[0])))]
        case .floor, .ceiling, .roundToEven, .sign: return []
        case .isNaN, .not, .remainder, .equal, .less, .lessOrEqual, .and, .or, .xor: return []
        case .add: return active([(x[0], g), (x[1], g)])
        case .subtract:
            var shares = active([(x[0], g)])
            if isActive(x[1]) { shares.append((x[1], try map(.negate, g))) }
            return shares
        case .multiply:
            var shares: [(Value, Value)] = []
            if isActive(x[0]) { shares.append((x[0], try multiply(g, x[1]))) }
            if isActive(x[1]) { shares.append((x[1], try multiply(g, x[0]))) }
            return shares
        case .divide:
            let quotient = try divide(g, x[1])
            var shares = active([(x[0], quotient)])
            if isActive(x[1]) { shares.append((x[1], try map(.negate, try multiply(quotient, y)))) }
            return shares
        case .maximum, .minimum:
            let first = function == .maximum ? try map(.lessOrEqual, x[1], x[0]) : try map(.lessOrEqual, x[0], x[1])
            return try split(first, x[0], x[1], g, isActive)
        case .gate: return isActive(x[1]) ? [(x[1], try map(.gate, x[0], g))] : []
        case .fusedMultiplyAdd:
            var shares: [(Value, Value)] = []
            if isActive(x[0]) { shares.append((x[0], try multiply(g, x[1]))) }
            if isActive(x[1]) { shares.append((x[1], try multiply(g, x[0]))) }
            if isActive(x[2]) { shares.append((x[2], g)) }
            return shares
        case .select: return try split(x[0], x[1], x[2], g, isActive)
        }
    }

    private mutating func split(
        _ condition: Value, _ a: Value, _ b: Value, _ g: Value, _ isActive: (Value) -> Bool
    ) throws(ProgramError) -> [(Value, Value)] {
        var shares: [(Value, Value)] = []
        if isActive(a) { shares.append((a, try select(condition, g, scalar(0)))) }
        if isActive(b) { shares.append((b, try select(condition, scalar(0), g))) }
        return shares
    }

    /// 0.5 * (1 + erf(x / sqrt 2)) + x * (exp(-0.5 * x * x) / sqrt(2 pi)).
    private mutating func geluSlope(_ x: Value) throws(ProgramError) -> Value {
        let distribution = try multiply(
            scalar(0.5), try add(scalar(1), try map(.erf, try multiply(x, scalar(0x1.6a09e6p-1)))))
        let bell = try map(.exp, try multiply(scalar(-0.5), try multiply(x, x)))
        return try map(.fusedMultiplyAdd, x, try multiply(bell, scalar(0x1.988454p-2)), distribution)
    }

    /// With u = c (x + k x^3): 0.5 * (1 + tanh u) + 0.5 * x * (1 - tanh(u)^2) * c (1 + 3 k x^2).
    private mutating func geluTanhSlope(_ x: Value) throws(ProgramError) -> Value {
        let square = try multiply(x, x)
        let inner = try map(.fusedMultiplyAdd, square, try multiply(x, scalar(0x1.6e4e26p-5)), x)
        let t = try map(.tanh, try multiply(inner, scalar(0x1.988454p-1)))
        let left = try multiply(scalar(0.5), try add(scalar(1), t))
        let slope = try multiply(
            try map(.fusedMultiplyAdd, square, scalar(3 * 0x1.6e4e26p-5), scalar(1)), scalar(0x1.988454p-1))
        let bend = try subtract(scalar(1), try multiply(t, t))
        return try map(.fusedMultiplyAdd, try multiply(scalar(0.5), x), try multiply(bend, slope), left)
    }
}
