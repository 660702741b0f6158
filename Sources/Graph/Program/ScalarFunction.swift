package import Tensor

/// The scalar functions that `map` applies to every element.
///
/// Each has one defined result to the bit (canonical arithmetic, version 1). The raw value is part of
/// the serialised program and never changes its meaning.
package enum ScalarFunction: UInt8, Sendable, Hashable, CaseIterable {
    // One float32 operand.
    case negate = 1
    case absolute = 2
    case exp = 3
    case log = 4
    case tanh = 5
    case erf = 6
    case squareRoot = 7
    case floor = 8
    case ceiling = 9
    case roundToEven = 10
    case relu = 11
    case sigmoid = 12
    case gelu = 13
    case geluTanh = 14
    case sign = 15
    case isNaN = 16
    case not = 17

    // Two operands of one type.
    case add = 32
    case subtract = 33
    case multiply = 34
    case divide = 35
    case maximum = 36
    case minimum = 37
    case remainder = 38
    case equal = 39
    case less = 40
    case lessOrEqual = 41
    case and = 42
    case or = 43
    case xor = 44
    /// `gate(y, g)`: g where y > 0, else +0 (the gradient of relu).
    case gate = 45

    // Three operands.
    case fusedMultiplyAdd = 64
    /// `select(condition, a, b)`.
    case select = 65

    package var arity: Int { rawValue < 32 ? 1 : rawValue < 64 ? 2 : 3 }

    package var name: String {
        switch self {
        case .squareRoot: "sqrt"
        case .fusedMultiplyAdd: "fma"
        case .roundToEven: "round"
        case .geluTanh: "gelu_tanh"
        case .isNaN: "is_nan"
        case .lessOrEqual: "less_or_equal"
        default: String(describing: self)
        }
    }

    /// The element type of the result for operands of these types, or nil when they do not fit.
    package func result(_ types: [ElementType]) -> ElementType? {
        guard types.count == arity, let first = types.first else { return nil }
        switch self {
        case .negate, .absolute, .sign:
            return first == .bool ? nil : first
        case .exp, .log, .tanh, .erf, .squareRoot, .floor, .ceiling, .roundToEven, .relu, .sigmoid, .gelu, .geluTanh:
            return first == .float32 ? .float32 : nil
        case .isNaN:
            return first == .float32 ? .bool : nil
        case .not:
            return first == .bool ? .bool : nil
        case .add, .subtract, .multiply, .divide, .maximum, .minimum:
            return first == types[1] && first != .bool ? first : nil
        case .remainder:
            return first == types[1] && (first == .int32 || first == .int64) ? first : nil
        case .equal, .less, .lessOrEqual:
            return first == types[1] ? .bool : nil
        case .and, .or, .xor:
            return first == .bool && types[1] == .bool ? .bool : nil
        case .gate:
            return first == .float32 && types[1] == .float32 ? .float32 : nil
        case .fusedMultiplyAdd:
            return types.allSatisfy { $0 == .float32 } ? .float32 : nil
        case .select:
            return first == .bool && types[1] == types[2] ? types[1] : nil
        }
    }
}
