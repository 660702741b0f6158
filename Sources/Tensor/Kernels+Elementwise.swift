import CKernels

/// A function of one number, applied to every element.
package enum UnaryOperation: Int32, Sendable, CaseIterable {
    case exp, log, tanh, erf, sigmoid, gelu, geluTanh, relu, negate, abs, sqrt, reciprocal, square
    /// A copy in which every NaN is the canonical one.
    case copy

    /// Rough cost of one element, in multiply-adds.
    var cost: Int {
        switch self {
        case .tanh, .erf, .gelu, .geluTanh: 32
        case .exp, .log, .sigmoid: 16
        case .sqrt, .reciprocal, .relu, .negate, .abs, .square, .copy: Kernels.movingWork
        }
    }
}

/// A function of two numbers, applied to every pair.
package enum BinaryOperation: Int32, Sendable, CaseIterable {
    case add, subtract, multiply, divide, maximum, minimum
}

extension Kernels {
    package func unary(_ operation: UnaryOperation, _ x: In, into y: Out, count: Int) {
        split(count, unit: 1024, work: count * operation.cost) { range in
            let start = range.lowerBound
            table.pointee.unary(operation.rawValue, x + start, y + start, range.count)
        }
    }

    /// A step of 0 repeats the operand's first element.
    package func binary(
        _ operation: BinaryOperation, _ a: In, _ b: In, into y: Out, count: Int, aStep: Int = 1, bStep: Int = 1
    ) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            let i = range.lowerBound
            table.pointee.binary(
                operation.rawValue, a + i * aStep, aStep, b + i * bStep, bStep, y + i, range.count)
        }
    }

    /// Combines every row of `a` [rows, cols] with `b` [cols].
    package func binaryRows(_ operation: BinaryOperation, _ a: In, _ b: In, into y: Out, rows: Int, cols: Int) {
        split(rows, unit: max(1, 4096 / max(cols, 1)), work: rows * cols * Self.movingWork) { range in
            for row in range {
                table.pointee.binary(operation.rawValue, a + row * cols, 1, b, 1, y + row * cols, cols)
            }
        }
    }

    /// Combines every column of `a` [rows, cols] with `b` [rows].
    package func binaryColumns(_ operation: BinaryOperation, _ a: In, _ b: In, into y: Out, rows: Int, cols: Int) {
        split(rows, unit: max(1, 4096 / max(cols, 1)), work: rows * cols * Self.movingWork) { range in
            for row in range {
                table.pointee.binary(operation.rawValue, a + row * cols, 1, b + row, 0, y + row * cols, cols)
            }
        }
    }

    /// y = fma(a, b, c), rounded once.
    package func fma(
        _ a: In, _ b: In, _ c: In, into y: Out, count: Int, aStep: Int = 1, bStep: Int = 1, cStep: Int = 1
    ) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            let i = range.lowerBound
            table.pointee.fma(
                a + i * aStep, aStep, b + i * bStep, bStep, c + i * cStep, cStep, y + i, range.count)
        }
    }

    /// The gradient of relu: `gradient` where y > 0, else +0.
    package func reluGradient(y: In, gradient: In, into out: Out, count: Int) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            let i = range.lowerBound
            table.pointee.relu_gradient(y + i, gradient + i, out + i, range.count)
        }
    }

    /// Rounds to bfloat16 storage, to nearest even.
    package func narrow(_ x: In, into y: UnsafeMutablePointer<UInt16>, count: Int) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            table.pointee.narrow(x + range.lowerBound, y + range.lowerBound, range.count)
        }
    }

    /// The exact binary32 of bfloat16 storage.
    package func widen(_ x: UnsafePointer<UInt16>, into y: Out, count: Int) {
        split(count, unit: 1024, work: count * Self.movingWork) { range in
            table.pointee.widen(x + range.lowerBound, y + range.lowerBound, range.count)
        }
    }
}
