import CKernels

extension Kernels {
    /// Copies rows of `width` elements: y[i] = x[indices[i]]. Indices must be in range.
    package func gather(_ x: In, indices: UnsafePointer<Int64>, into y: Out, count: Int, width: Int) {
        for i in 0..<count { (y + i * width).update(from: x + Int(indices[i]) * width, count: width) }
    }

    /// y = 0, then y[indices[i]] += g[i] for rows of `width`, in ascending i.
    package func scatterAdd(
        _ g: In, indices: UnsafePointer<Int64>, into y: Out, count: Int, width: Int, rows: Int
    ) {
        y.update(repeating: 0, count: rows * width)
        canonical {
            for i in 0..<count {
                let row = y + Int(indices[i]) * width
                table.pointee.binary(0, row, 1, g + i * width, 1, row, width)
            }
        }
    }

    /// y [cols, rows] = transpose of x [rows, cols], `batch` times.
    package func transpose(_ x: In, into y: Out, rows: Int, cols: Int, batch: Int = 1) {
        split(batch, unit: 1, work: batch * rows * cols) { range in
            for b in range { Self.transpose(x + b * rows * cols, y + b * rows * cols, rows, cols) }
        }
    }

    /// In squares that fit a cache line, so that both sides are read and written whole.
    private static func transpose(_ x: In, _ y: Out, _ rows: Int, _ cols: Int) {
        let side = 16
        for r in stride(from: 0, to: rows, by: side) {
            for c in stride(from: 0, to: cols, by: side) {
                for i in r..<min(r + side, rows) {
                    for j in c..<min(c + side, cols) { y[j * rows + i] = x[i * cols + j] }
                }
            }
        }
    }
}
