import Graph
import Tensor

/// Functions of single numbers that are derived from the operation set.
extension Operators {
    static let mathematics: [String: Lowering.Operator] = [
        "Sin": function { try $0.sine($1) }, "Cos": function { try $0.cosine($1) },
        "Tan": function { try $0.tangent($1) },
        "Asin": function { try $0.arcSine($1) }, "Acos": function { try $0.arcCosine($1) },
        "Atan": function { try $0.arcTangent($1) },
        "Sinh": function { try $0.hyperbolicSine($1) }, "Cosh": function { try $0.hyperbolicCosine($1) },
        "Asinh": function { try $0.inverseHyperbolicSine($1) },
        "Acosh": function { try $0.inverseHyperbolicCosine($1) },
        "Atanh": function { try $0.inverseHyperbolicTangent($1) },
        "BitwiseAnd": bitwise { try $0.map(.and, $1, $2) }, "BitwiseOr": bitwise { try $0.map(.or, $1, $2) },
        "BitwiseXor": bitwise { try $0.map(.xor, $1, $2) },
        "BitwiseNot": { lowering in
            // -1 - x in two's complement, whatever the width.
            let x = try lowering.input(0)
            lowering.set(0, try lowering.builder.subtract(try lowering.whole(-1, like: x), x))
        },
        "BitShift": shift,
    ]

    private static func function(
        _ body: @escaping @Sendable (inout ProgramBuilder, Value) throws -> Value
    ) -> Lowering.Operator {
        { lowering in
            let x = try lowering.input(0)
            lowering.set(0, try body(&lowering.builder, x))
        }
    }

    /// Both operands as bits along a new last axis, the function on bits, and the sum of what bits stand for.
    private static func bitwise(
        _ body: @escaping @Sendable (inout ProgramBuilder, Value, Value) throws -> Value
    ) -> Lowering.Operator {
        { lowering in
            let kind = lowering.kind(0)
            let bits = try (0..<2).map { try digits(lowering, try lowering.input($0), kind) }
            let result = try body(&lowering.builder, bits[0], bits[1])
            let element = lowering.builder.type(try lowering.input(0)).element
            let numbers = try lowering.builder.cast(result, to: element)
            let weighted = try lowering.builder.multiply(numbers, weights(lowering, element, kind))
            let axis = lowering.shape(weighted).count - 1
            lowering.set(0, try lowering.builder.sum(weighted, axes: [axis], keepsAxes: false))
        }
    }

    private static func width(_ element: ElementType, _ kind: ONNXTensor.DataType?) -> Int {
        switch kind {
        case .uint4, .int4: 4
        case .uint8, .int8: 8
        case .uint16, .int16: 16
        case .uint32: 32
        default: element == .int32 ? 32 : 64
        }
    }

    /// What the bits of an integer stand for: the last one of a signed integer is negative.
    private static func weights(_ lowering: Lowering, _ element: ElementType, _ kind: ONNXTensor.DataType?) -> Value {
        let width = width(element, kind)
        let isSigned = kind?.range.map { $0.lowerBound < 0 } ?? true
        let values = (0..<width).map { bit -> Int64 in
            let value = Int64(bitPattern: 1 << UInt64(bit))
            return bit == width - 1 && isSigned ? 0 &- value : value
        }
        guard element == .int32 else { return lowering.builder.constant(Tensor(values, shape: [width])) }
        return lowering.builder.constant(Tensor(values.map { Int32(truncatingIfNeeded: $0) }, shape: [width]))
    }

    private static func digits(_ lowering: Lowering, _ x: Value, _ kind: ONNXTensor.DataType?) throws -> Value {
        let wide = try lowering.builder.cast(x, to: .int64)
        let count = width(lowering.builder.type(x).element, kind)
        let column = try lowering.builder.reshape(wide, lowering.shape(x) + [1])
        // Without its sign bit a number is not negative, and digits come by division.
        let zero = try lowering.whole(0, like: column)
        let isNegative = try lowering.builder.map(.less, column, zero)
        let positive = try lowering.builder.select(
            isNegative, try lowering.builder.add(column, try lowering.whole(.min, like: column)), column)
        let places = min(count, 63)
        let powers = (0..<places).map { Int64(1) << Int64($0) }
        let shifted = try lowering.builder.map(
            .divide, positive, lowering.builder.constant(Tensor(powers, shape: [places])))
        let two = try lowering.whole(2, like: shifted)
        var bits = try lowering.builder.cast(try lowering.builder.map(.remainder, shifted, two), to: .bool)
        if count == 64 {
            let axis = lowering.shape(bits).count - 1
            bits = try lowering.builder.append(.concatenate(axis: axis), [bits, isNegative])
        }
        return bits
    }

    /// By multiplication or division with a power of two; the operands are unsigned.
    private static func shift(_ lowering: Lowering) throws {
        let (x, places) = (try lowering.input(0), try lowering.input(1))
        let element = lowering.builder.type(x).element
        let width = width(element, lowering.kind(0))
        // A table of powers; shifting out every bit multiplies by zero, or divides by more than any number.
        let powers = (0...64).map { $0 < min(63, width) ? Int64(1) << Int64($0) : 0 }
        let table = lowering.builder.constant(Tensor(powers, shape: [65]))
        let bounded = try lowering.builder.map(
            .minimum, try lowering.builder.cast(places, to: .int64),
            lowering.builder.constant(Tensor([Int64(64)], shape: [])))
        let factor = try lowering.builder.cast(
            try lowering.builder.append(.gather(axis: 0), [table, bounded]), to: element)
        // Division by zero gives zero.
        switch lowering.text("direction", "") {
        case "LEFT": lowering.set(0, try lowering.builder.multiply(x, factor))
        case "RIGHT": lowering.set(0, try lowering.builder.divide(x, factor))
        case let direction: throw lowering.refusal("the direction '\(direction)' is not supported")
        }
    }
}
