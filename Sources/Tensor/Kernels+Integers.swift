import CKernels

extension Kernels {
    /// C [m, n] = A [m, k] B [k, n] in int32, exact (sums wrap).
    package func matmulInt8(
        _ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, into c: UnsafeMutablePointer<Int32>, m: Int, n: Int, k: Int
    ) {
        split(m, unit: 4, work: m * n * k) { range in
            let i = range.lowerBound
            table.pointee.product_int8(a + i * k, b, c + i * n, range.count, n, k)
        }
    }

    /// clamp(round-half-even(float(x) * scale) + zeroPoint) to int8.
    package func requantise(
        _ x: UnsafePointer<Int32>, scale: Float, zeroPoint: Int32, into y: UnsafeMutablePointer<Int8>, count: Int
    ) {
        split(count, unit: 1024, work: count) { range in
            let i = range.lowerBound
            table.pointee.requantise(x + i, scale, zeroPoint, y + i, range.count)
        }
    }
}
