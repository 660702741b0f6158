import Tensor

/// One scalar function over a block: where the operands are in the pointer table, and whether they move (step 1) or stand (step 0).
struct BlockInstruction {
    /// Nil converts a bool to float32.
    let function: ScalarFunction?
    let a: Int
    let stepA: Int
    let b: Int
    let stepB: Int
    let c: Int
    let stepC: Int
    let target: Int

    private typealias Table = UnsafeMutablePointer<UnsafeMutableRawPointer>

    @inline(__always)
    func run(_ kernels: Kernels, _ table: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int) {
        guard let function else {
            let (x, y) = (bytes(table[a]), floats(table[target]))
            for i in 0..<count { y[i] = x[i &* stepA] == 0 ? 0 : 1 }
            return
        }
        switch function {
        case .exp: unary(.exp, kernels, table, count)
        case .log: unary(.log, kernels, table, count)
        case .tanh: unary(.tanh, kernels, table, count)
        case .erf: unary(.erf, kernels, table, count)
        case .sigmoid: unary(.sigmoid, kernels, table, count)
        case .gelu: unary(.gelu, kernels, table, count)
        case .geluTanh: unary(.geluTanh, kernels, table, count)
        case .relu: unary(.relu, kernels, table, count)
        case .negate: unary(.negate, kernels, table, count)
        case .absolute: unary(.abs, kernels, table, count)
        case .squareRoot: unary(.sqrt, kernels, table, count)
        case .floor: scalar(table, count) { $0.rounded(.down) }
        case .ceiling: scalar(table, count) { $0.rounded(.up) }
        case .roundToEven: scalar(table, count) { $0.rounded(.toNearestOrEven) }
        case .sign: scalar(table, count) { $0 > 0 ? 1 : ($0 < 0 ? -1 : ($0.isNaN ? $0 : 0)) }
        case .isNaN:
            let (x, y) = (floats(table[a]), bytes(table[target]))
            for i in 0..<count { y[i] = x[i &* stepA].isNaN ? 1 : 0 }
        case .add: binary(.add, kernels, table, count)
        case .subtract: binary(.subtract, kernels, table, count)
        case .multiply: binary(.multiply, kernels, table, count)
        case .divide: binary(.divide, kernels, table, count)
        case .maximum: binary(.maximum, kernels, table, count)
        case .minimum: binary(.minimum, kernels, table, count)
        case .equal: compare(table, count) { $0 == $1 }
        case .less: compare(table, count) { $0 < $1 }
        case .lessOrEqual: compare(table, count) { $0 <= $1 }
        case .not: logic(table, count) { x, _ in x ^ 1 }
        case .and: logic(table, count) { $0 & $1 }
        case .or: logic(table, count) { $0 | $1 }
        case .xor: logic(table, count) { $0 ^ $1 }
        case .gate:
            if stepA == 1, stepB == 1 {
                kernels.reluGradient(
                    y: floats(table[a]), gradient: floats(table[b]), into: floats(table[target]), count: count)
            } else {
                let (y, g, out) = (floats(table[a]), floats(table[b]), floats(table[target]))
                for i in 0..<count { out[i] = y[i &* stepA] > 0 ? Self.stored(g[i &* stepB]) : 0 }
            }
        case .fusedMultiplyAdd:
            kernels.fma(
                floats(table[a]), floats(table[b]), floats(table[c]), into: floats(table[target]), count: count,
                aStep: stepA, bStep: stepB, cStep: stepC)
        case .select:
            let (condition, out) = (bytes(table[a]), words(table[target]))
            let (x, y) = (words(table[b]), words(table[c]))
            for i in 0..<count { out[i] = condition[i &* stepA] != 0 ? x[i &* stepB] : y[i &* stepC] }
        case .remainder: break
        }
    }

    @inline(__always)
    private func unary(_ operation: UnaryOperation, _ kernels: Kernels, _ table: Table, _ count: Int) {
        let (x, y) = (floats(table[a]), floats(table[target]))
        if stepA == 1 {
            kernels.unary(operation, x, into: y, count: count)
        } else {
            kernels.unary(operation, x, into: y, count: 1)
            for i in 1..<max(1, count) { y[i] = y[0] }
        }
    }

    @inline(__always)
    private func binary(_ operation: BinaryOperation, _ kernels: Kernels, _ table: Table, _ count: Int) {
        kernels.binary(
            operation, floats(table[a]), floats(table[b]), into: floats(table[target]), count: count, aStep: stepA,
            bStep: stepB)
    }

    @inline(__always)
    private func scalar(_ table: Table, _ count: Int, _ body: (Float) -> Float) {
        let (x, y) = (floats(table[a]), floats(table[target]))
        for i in 0..<count { y[i] = Self.stored(body(x[i &* stepA])) }
    }

    @inline(__always)
    private func compare(_ table: Table, _ count: Int, _ body: (Float, Float) -> Bool) {
        let (x, y, out) = (floats(table[a]), floats(table[b]), bytes(table[target]))
        for i in 0..<count { out[i] = body(x[i &* stepA], y[i &* stepB]) ? 1 : 0 }
    }

    @inline(__always)
    private func logic(_ table: Table, _ count: Int, _ body: (UInt8, UInt8) -> UInt8) {
        let (x, y, out) = (bytes(table[a]), bytes(table[b]), bytes(table[target]))
        for i in 0..<count { out[i] = body(x[i &* stepA], y[i &* stepB]) }
    }

    @inline(__always)
    private static func stored(_ x: Float) -> Float { x.isNaN ? Float(bitPattern: 0x7fc0_0000) : x }

    @inline(__always)
    private func floats(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        pointer.assumingMemoryBound(to: Float.self)
    }

    @inline(__always)
    private func words(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
        pointer.assumingMemoryBound(to: UInt32.self)
    }

    @inline(__always)
    private func bytes(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt8> {
        pointer.assumingMemoryBound(to: UInt8.self)
    }
}
