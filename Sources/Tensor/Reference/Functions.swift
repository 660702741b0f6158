/// The functions: straight-line programs over the scalar operations, with exact hexadecimal constants.
extension Reference {
    /// Largest error 0.891 ulp.
    package static func exp(_ x: Float) -> Float {
        var a = x > 89 ? 89 : x
        a = a < -104 ? -104 : a
        let t = fma(a, 0x1.715476p+0, 12_582_912)
        let n = t - 12_582_912
        var r = fma(n, -0x1.62e4p-1, a)
        r = fma(n, -0x1.7f7d1cp-20, r)
        var p: Float = 0x1.6a5226p-10
        p = fma(p, r, 0x1.123b10p-7)
        p = fma(p, r, 0x1.5558aep-5)
        p = fma(p, r, 0x1.555490p-3)
        p = fma(p, r, 0x1.fffffcp-2)
        p = fma(p, r, 1)
        p = fma(p, r, 1)
        let i = Int32(bitPattern: t.bitPattern &- 0x4b40_0000)
        let i1 = i >> 1
        let i2 = i &- i1
        return canonical((p * powerOfTwo(i1)) * powerOfTwo(i2))
    }

    private static func powerOfTwo(_ i: Int32) -> Float {
        Float(bitPattern: UInt32(bitPattern: i &+ 127) << 23)
    }

    /// Largest error 0.934 ulp.
    package static func log(_ x: Float) -> Float {
        let small = x < 0x1p-126
        let a = small ? x * 0x1p23 : x
        let e = (a.bitPattern &- 0x3f2a_aaab) & 0xff80_0000
        let m = Float(bitPattern: a.bitPattern &- e)
        var n = Float(Int32(bitPattern: e) >> 23)
        n = small ? n - 23 : n
        let f = m - 1
        var p: Float = -0x1.07e5fep-3
        p = fma(p, f, 0x1.1e73a2p-3)
        p = fma(p, f, -0x1.f32076p-4)
        p = fma(p, f, 0x1.1ed424p-3)
        p = fma(p, f, -0x1.559d36p-3)
        p = fma(p, f, 0x1.99d05ep-3)
        p = fma(p, f, -0x1.fffef4p-3)
        p = fma(p, f, 0x1.555506p-2)
        p = fma(p, f, -0.5)
        let r = fma(n, 0x1.62e430p-1, fma(p, f * f, f))
        if x.isNaN || x < 0 { return nan }
        if x == 0 { return -.infinity }
        return x == .infinity ? x : r
    }

    /// Largest error 1.590 ulp.
    package static func tanh(_ x: Float) -> Float {
        let a = x.magnitude
        let s = x * x
        var p: Float = -0x1.9921a0p-8
        p = fma(p, s, 0x1.58e518p-6)
        p = fma(p, s, -0x1.b91e7ep-5)
        p = fma(p, s, 0x1.110ceep-3)
        p = fma(p, s, -0x1.55554ap-2)
        let low = fma(p * s, a, a)
        let b = a > 10 ? 10 : a
        let high = 1 - 2 / (exp(b + b) + 1)
        return withSign(of: x, a < 0.55 ? low : high)
    }

    /// Largest error 1.078 ulp.
    package static func erf(_ x: Float) -> Float {
        let a = x.magnitude
        let s = x * x
        var p: Float = 0x1.4f675ep-14
        p = fma(p, s, -0x1.a60a2ep-11)
        p = fma(p, s, 0x1.544a1ap-8)
        p = fma(p, s, -0x1.b8011ap-6)
        p = fma(p, s, 0x1.ce2d64p-4)
        p = fma(p, s, -0x1.812740p-2)
        p = fma(p, s, 0x1.06eba8p-3)
        let low = fma(p, a, a)
        let t = a > 4 ? 4 : a
        var q: Float = -0x1.78e138p-17
        q = fma(q, t, 0x1.527e5ep-12)
        q = fma(q, t, -0x1.dd6e38p-9)
        q = fma(q, t, 0x1.8551d2p-6)
        q = fma(q, t, -0x1.b3259cp-4)
        q = fma(q, t, -0x1.45328ap-1)
        q = fma(q, t, -0x1.20ef1cp+0)
        let high = 1 - exp(q * t)
        return withSign(of: x, a < 0.93 ? low : high)
    }

    private static func withSign(of x: Float, _ y: Float) -> Float {
        canonical(Float(bitPattern: (y.bitPattern & 0x7fff_ffff) | (x.bitPattern & 0x8000_0000)))
    }

    /// Largest error 2.402 ulp.
    package static func sigmoid(_ x: Float) -> Float {
        let t = exp(-x.magnitude)
        return canonical((x < 0 ? t : 1) / (1 + t))
    }

    package static func gelu(_ x: Float) -> Float {
        canonical((0.5 * x) * (1 + erf(x * 0x1.6a09e6p-1)))
    }

    package static func geluTanh(_ x: Float) -> Float {
        canonical((0.5 * x) * (1 + tanh(fma(x * x, x * 0x1.6e4e26p-5, x) * 0x1.988454p-1)))
    }
}
