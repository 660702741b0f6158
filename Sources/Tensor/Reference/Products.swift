/// Products of matrices.
extension Reference {
    /// Sum of a[i] * b[i]: chunks of 256, each a chain c = fma(a, b, c) from +0; chunk results are added left to right.
    package static func dot(count: Int, _ a: (Int) -> Float, _ b: (Int) -> Float) -> Float {
        var total: Float = 0
        var start = 0
        while start < count {
            var c: Float = 0
            for i in start..<min(start + chain, count) { c = c.addingProduct(a(i), b(i)) }
            total = start == 0 ? c : total + c
            start += chain
        }
        return canonical(total)
    }

    /// C[m, n] = op(A) op(B): A is [m, k], or stored [k, m]; B is [k, n], or stored [n, k].
    package static func matmul(
        _ a: [Float], _ b: [Float], m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false
    ) -> [Float] {
        var c: [Float] = []
        c.reserveCapacity(m * n)
        for i in 0..<m {
            for j in 0..<n {
                c.append(
                    dot(
                        count: k, { transposeA ? a[$0 * m + i] : a[i * k + $0] },
                        { transposeB ? b[j * k + $0] : b[$0 * n + j] }))
            }
        }
        return c
    }

    /// Exact; sums wrap at 32 bits.
    package static func matmulInt8(_ a: [Int8], _ b: [Int8], m: Int, n: Int, k: Int) -> [Int32] {
        var c: [Int32] = []
        for i in 0..<m {
            for j in 0..<n {
                c.append((0..<k).reduce(Int32(0)) { $0 &+ Int32(a[i * k + $1]) * Int32(b[$1 * n + j]) })
            }
        }
        return c
    }

    /// One binary32 product, rounded to the nearest even integer, then the zero point, within int8.
    package static func requantise(_ x: Int32, scale: Float, zeroPoint: Int32) -> Int8 {
        var v = Float(x) * scale
        if v.isNaN { v = 0 }
        v = v > 1024 ? 1024 : v
        v = v < -1024 ? -1024 : v
        let r = Int32(v.rounded(.toNearestOrEven)) &+ zeroPoint
        return Int8(max(-128, min(127, r)))
    }

    /// bfloat16 storage: nearest even, in integers.
    package static func narrow(_ x: Float) -> UInt16 {
        if x.isNaN { return 0x7fc0 }
        let b = x.bitPattern
        return UInt16((b &+ 0x7fff &+ ((b >> 16) & 1)) >> 16)
    }

    package static func widen(_ x: UInt16) -> Float { canonical(Float(bitPattern: UInt32(x) << 16)) }
}
