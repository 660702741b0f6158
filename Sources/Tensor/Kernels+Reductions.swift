import CKernels

extension Kernels {
    /// Sums over the middle axis of x [outer, n, inner].
    package func sum(_ x: In, into y: Out, outer: Int, n: Int, inner: Int = 1) {
        fold(0, x, into: y, outer: outer, n: n, inner: inner)
    }

    /// Sum / float(n).
    package func mean(_ x: In, into y: Out, outer: Int, n: Int, inner: Int = 1) {
        sum(x, into: y, outer: outer, n: n, inner: inner)
        withUnsafePointer(to: Float(n)) { divisor in
            binary(.divide, y, divisor, into: y, count: outer * inner, bStep: 0)
        }
    }

    /// The largest over the middle axis, in the total order of bit patterns; n must be at least 1.
    package func maximum(_ x: In, into y: Out, outer: Int, n: Int, inner: Int = 1) {
        fold(1, x, into: y, outer: outer, n: n, inner: inner)
    }

    package func minimum(_ x: In, into y: Out, outer: Int, n: Int, inner: Int = 1) {
        fold(2, x, into: y, outer: outer, n: n, inner: inner)
    }

    private func fold(_ fold: Int32, _ x: In, into y: Out, outer: Int, n: Int, inner: Int) {
        let work = outer * n * inner
        if outer == 1 && inner > 1 {
            // Columns of one matrix: one thread reads its rows from end to end.
            canonical { table.pointee.fold(fold, x, y, outer, n, inner) }
            return
        }
        split(outer, unit: 1, work: work) { range in
            let o = range.lowerBound
            table.pointee.fold(fold, x + o * n * inner, y + o * inner, range.count, n, inner)
        }
    }

    /// The position of the first largest element over the middle axis; the first NaN if there is one.
    package func argmax(_ x: In, into y: UnsafeMutablePointer<Int64>, outer: Int, n: Int, inner: Int = 1) {
        winner(x, into: y, outer: outer, n: n, inner: inner) { $0 > $1 }
    }

    package func argmin(_ x: In, into y: UnsafeMutablePointer<Int64>, outer: Int, n: Int, inner: Int = 1) {
        winner(x, into: y, outer: outer, n: n, inner: inner) { $0 < $1 }
    }

    @inline(__always)
    private func winner(
        _ x: In, into y: UnsafeMutablePointer<Int64>, outer: Int, n: Int, inner: Int, _ beats: (Int32, Int32) -> Bool
    ) {
        for o in 0..<outer {
            for i in 0..<inner {
                var best = 0
                for j in 0..<n {
                    let value = x[(o * n + j) * inner + i]
                    if value.isNaN {
                        best = j
                        break
                    }
                    if beats(value.totalOrderKey, x[(o * n + best) * inner + i].totalOrderKey) { best = j }
                }
                y[o * inner + i] = Int64(best)
            }
        }
    }
}

extension Float {
    /// Orders bit patterns as the numbers they are, with -0 below +0.
    @inline(__always)
    var totalOrderKey: Int32 {
        let bits = Int32(bitPattern: bitPattern)
        return bits ^ ((bits >> 31) & 0x7fff_ffff)
    }
}
