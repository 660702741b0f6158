import CKernels

/// How an operation folds a row into one number.
package enum RowFold: Int32, Sendable {
    case sum, maximum, minimum
}

// Operations over a few rows that lie in the cache, for one thread: who calls these shares out the rows.
extension Kernels {
    /// An operand over rows: element (r, c) is `base[r * row + c * step]`, with a step of 0 or 1.
    package struct RowOperand {
        let operand: cairn_row_operand

        @inline(__always)
        package init(_ base: In, row: Int, step: Int) {
            operand = cairn_row_operand(p: base, row: row, step: step)
        }
    }

    /// y [rows, cols] = a op b.
    @inline(__always)
    package func binaryRows(
        _ operation: BinaryOperation, _ a: RowOperand, _ b: RowOperand, into y: Out, rows: Int, cols: Int
    ) {
        withUnsafePointer(to: a.operand) { a in
            withUnsafePointer(to: b.operand) { b in
                canonical { table.pointee.binary_rows(operation.rawValue, a, b, y, rows, cols) }
            }
        }
    }

    /// y [rows, cols] = fma(a, b, c).
    @inline(__always)
    package func fmaRows(
        _ a: RowOperand, _ b: RowOperand, _ c: RowOperand, into y: Out, rows: Int, cols: Int
    ) {
        withUnsafePointer(to: a.operand) { a in
            withUnsafePointer(to: b.operand) { b in
                withUnsafePointer(to: c.operand) { c in
                    canonical { table.pointee.fma_rows(a, b, c, y, rows, cols) }
                }
            }
        }
    }

    /// y [rows, cols] = the softmax of each row of x; x and y may be the same.
    @inline(__always)
    package func softmaxRows(_ x: In, into y: Out, rows: Int, cols: Int) {
        canonical { table.pointee.softmax(x, y, rows, cols) }
    }

    /// y [rows] = each row of x [rows, cols], folded.
    @inline(__always)
    package func foldRows(_ fold: RowFold, _ x: In, into y: Out, rows: Int, cols: Int) {
        canonical { table.pointee.fold(fold.rawValue, x, y, rows, cols, 1) }
    }
}
