import Tensor

/// An operation on integers or booleans, or a selection among them: runs alone, without fusion and without allocating.
final class IntegerStep {
    struct Operand {
        let base: UnsafeMutableRawPointer
        let element: ElementType
        /// Stride in elements per axis of the result, 0 where it stretches.
        let strides: [Int]
    }

    private let function: ScalarFunction
    private let operands: [Operand]
    private let result: UnsafeMutableRawPointer
    private let resultSize: Int
    private let sizes: [Int]
    private let strides: [[Int]]
    private var counter: [Int]

    init(
        _ function: ScalarFunction, _ operands: [Operand], result: UnsafeMutableRawPointer, resultSize: Int,
        shape: [Int]
    ) {
        self.function = function
        self.operands = operands
        self.result = result
        self.resultSize = resultSize
        (sizes, strides) = ElementwiseStep.merged(shape, operands.map(\.strides))
        counter = [Int](repeating: 0, count: sizes.count)
    }

    func run() {
        let inner = sizes.last ?? 1
        let outerAxes = max(0, sizes.count - 1)
        var outer = 1
        for axis in 0..<outerAxes {
            outer *= sizes[axis]
            counter[axis] = 0
        }
        if inner == 0 || outer == 0 { return }
        var output = result
        for _ in 0..<outer {
            row(inner, output)
            output += inner * resultSize
            var axis = outerAxes - 1
            while axis >= 0 {
                counter[axis] += 1
                if counter[axis] < sizes[axis] { break }
                counter[axis] = 0
                axis -= 1
            }
        }
    }

    /// Where an operand's part of the current row begins, and its step.
    private func place(_ number: Int) -> (UnsafeMutableRawPointer, Int) {
        var offset = 0
        for axis in 0..<max(0, sizes.count - 1) { offset += counter[axis] * strides[number][axis] }
        return (operands[number].base + offset * operands[number].element.size, strides[number].last ?? 0)
    }

    private func row(_ count: Int, _ output: UnsafeMutableRawPointer) {
        if function == .select {
            switch resultSize {
            case 8: select(UInt64.self, count, output)
            case 4: select(UInt32.self, count, output)
            default: select(UInt8.self, count, output)
            }
            return
        }
        switch operands[0].element {
        case .int64: apply(Int64.self, count, output)
        case .int32: apply(Int32.self, count, output)
        default: apply(UInt8.self, count, output)
        }
    }

    private func select<T>(_ type: T.Type, _ count: Int, _ output: UnsafeMutableRawPointer) {
        let ((c, cs), (x, xs), (y, ys)) = (place(0), place(1), place(2))
        let (a, b) = (x.assumingMemoryBound(to: type), y.assumingMemoryBound(to: type))
        let (condition, out) = (c.assumingMemoryBound(to: UInt8.self), output.assumingMemoryBound(to: type))
        for i in 0..<count { out[i] = condition[i &* cs] != 0 ? a[i &* xs] : b[i &* ys] }
    }

    private func apply<T: FixedWidthInteger>(_ type: T.Type, _ count: Int, _ output: UnsafeMutableRawPointer) {
        switch function {
        case .negate: each(type, count, output) { a, _ in 0 &- a }
        case .absolute: each(type, count, output) { a, _ in a < 0 ? 0 &- a : a }
        case .sign: each(type, count, output) { a, _ in a.signum() }
        case .add: each(type, count, output) { $0 &+ $1 }
        case .subtract: each(type, count, output) { $0 &- $1 }
        case .multiply: each(type, count, output) { $0 &* $1 }
        case .divide: each(type, count, output) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
        case .remainder:
            each(type, count, output) { $1 == 0 ? 0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue }
        case .maximum: each(type, count, output) { max($0, $1) }
        case .minimum: each(type, count, output) { min($0, $1) }
        case .equal: compare(type, count, output) { $0 == $1 }
        case .less: compare(type, count, output) { $0 < $1 }
        case .lessOrEqual: compare(type, count, output) { $0 <= $1 }
        case .and: each(type, count, output) { $0 & $1 }
        case .or: each(type, count, output) { $0 | $1 }
        case .xor: each(type, count, output) { $0 ^ $1 }
        case .not: each(type, count, output) { a, _ in a ^ 1 }
        default: preconditionFailure("\(function) is not a function of integers")
        }
    }

    @inline(__always)
    private func each<T: FixedWidthInteger>(
        _ type: T.Type, _ count: Int, _ output: UnsafeMutableRawPointer, _ body: (T, T) -> T
    ) {
        let (x, xs) = place(0)
        let (y, ys) = operands.count > 1 ? place(1) : (x, xs)
        let (a, b) = (x.assumingMemoryBound(to: type), y.assumingMemoryBound(to: type))
        let out = output.assumingMemoryBound(to: type)
        for i in 0..<count { out[i] = body(a[i &* xs], b[i &* ys]) }
    }

    @inline(__always)
    private func compare<T: FixedWidthInteger>(
        _ type: T.Type, _ count: Int, _ output: UnsafeMutableRawPointer, _ body: (T, T) -> Bool
    ) {
        let ((x, xs), (y, ys)) = (place(0), place(1))
        let (a, b) = (x.assumingMemoryBound(to: type), y.assumingMemoryBound(to: type))
        let out = output.assumingMemoryBound(to: UInt8.self)
        for i in 0..<count { out[i] = body(a[i &* xs], b[i &* ys]) ? 1 : 0 }
    }
}
