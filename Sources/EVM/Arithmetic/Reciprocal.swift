// Division by multiplication with a reciprocal (Möller and Granlund, "Improved division by invariant integers",
// IEEE Transactions on Computers 60 (2011)). Divisors are normalised: their highest bit is set.

/// `(2^128 - 1) / d - 2^64` for a normalised `d`.
@inline(__always)
func reciprocal(_ d: UInt64) -> UInt64 {
    let d9 = UInt32(truncatingIfNeeded: d >> 55)
    let v0 = UInt64(0x7fd00 / d9)
    let d40 = (d >> 24) &+ 1
    let v1 = (v0 << 11) &- ((v0 &* v0 &* d40) >> 40) &- 1
    let v2 = (v1 << 13) &+ ((v1 &* (0x1000_0000_0000_0000 &- v1 &* d40)) >> 47)
    let d0 = d & 1
    let d63 = (d >> 1) &+ d0
    let e = ((v2 >> 1) & (0 &- d0)) &- v2 &* d63
    let v3 = (v2.multipliedFullWidth(by: e).high >> 1) &+ (v2 << 31)
    let product = v3.multipliedFullWidth(by: d)
    let carry: UInt64 = product.low.addingReportingOverflow(d).overflow ? 1 : 0
    return v3 &- (product.high &+ carry) &- d
}

/// The reciprocal of the normalised two-limb divisor `(d1, d0)`.
@inline(__always)
func reciprocal(_ d1: UInt64, _ d0: UInt64) -> UInt64 {
    var v = reciprocal(d1)
    var p = d1 &* v &+ d0
    if p < d0 {
        v &-= 1
        if p >= d1 {
            v &-= 1
            p &-= d1
        }
        p &-= d1
    }
    let t = v.multipliedFullWidth(by: d0)
    p = p &+ t.high
    if p < t.high {
        v &-= 1
        if p > d1 || (p == d1 && t.low >= d0) { v &-= 1 }
    }
    return v
}

/// Divides `(u1, u0)` by `d` with its reciprocal `v`; `u1 < d`.
@inline(__always)
func divide2by1(_ u1: UInt64, _ u0: UInt64, _ d: UInt64, _ v: UInt64) -> (quotient: UInt64, remainder: UInt64) {
    let product = v.multipliedFullWidth(by: u1)
    let (low, carry) = product.low.addingReportingOverflow(u0)
    var q = product.high &+ u1 &+ (carry ? 1 : 0) &+ 1
    var r = u0 &- q &* d
    if r > low {
        q &-= 1
        r &+= d
    }
    if r >= d {
        q &+= 1
        r &-= d
    }
    return (q, r)
}

/// Divides `(u2, u1, u0)` by `(d1, d0)` with its reciprocal `v`; `(u2, u1) < (d1, d0)`.
@inline(__always)
func divide3by2(
    _ u2: UInt64, _ u1: UInt64, _ u0: UInt64, _ d1: UInt64, _ d0: UInt64, _ v: UInt64
) -> (quotient: UInt64, r1: UInt64, r0: UInt64) {
    let product = v.multipliedFullWidth(by: u2)
    let (low, carry) = product.low.addingReportingOverflow(u1)
    var q = product.high &+ u2 &+ (carry ? 1 : 0)
    let d = UInt128(d1) << 64 | UInt128(d0)
    let t = d0.multipliedFullWidth(by: q)
    var r = UInt128(u1 &- q &* d1) << 64 | UInt128(u0)
    r = r &- (UInt128(t.high) << 64 | UInt128(t.low)) &- d
    q &+= 1
    if UInt64(truncatingIfNeeded: r >> 64) >= low {
        q &-= 1
        r = r &+ d
    }
    if r >= d {
        q &+= 1
        r = r &- d
    }
    return (q, UInt64(truncatingIfNeeded: r >> 64), UInt64(truncatingIfNeeded: r))
}

/// Divides the `count` limbs at `u` in place by the `n >= 2` normalised limbs at `d`.
///
/// There must be one more limb at `u` than the dividend has (`count` includes it), less than the divisor's highest.
/// On return the low `n` limbs are the remainder; `quotient` (where given) has `count - n` limbs.
@inline(__always)
func divideLimbs(
    _ u: UnsafeMutablePointer<UInt64>, count: Int, by d: UnsafePointer<UInt64>, limbs n: Int,
    quotient: UnsafeMutablePointer<UInt64>?
) {
    let (d1, d0) = (d[n &- 1], d[n &- 2])
    let v = reciprocal(d1, d0)
    var j = count &- n &- 1
    while j >= 0 {
        let (u2, u1, u0) = (u[j &+ n], u[j &+ n &- 1], u[j &+ n &- 2])
        var q: UInt64
        if u2 == d1, u1 == d0 {
            q = .max
            let borrow = subtractProduct(u + j, d, n, q)
            u[j &+ n] = u2 &- borrow
        } else {
            let (estimate, r1, r0) = divide3by2(u2, u1, u0, d1, d0, v)
            q = estimate
            // The two highest limbs are known; the rest of the divisor may still borrow from them.
            let borrow = subtractProduct(u + j, d, n &- 2, q)
            let (a0, b0) = r0.subtractingReportingOverflow(borrow)
            let (a1, b1) = r1.subtractingReportingOverflow(b0 ? 1 : 0)
            (u[j &+ n &- 2], u[j &+ n &- 1], u[j &+ n]) = (a0, a1, 0)
            if b1 {
                q &-= 1
                var carry: UInt64 = 0
                var i = 0
                while i < n {
                    let (s, c) = u[j &+ i].addingReportingOverflow(d[i])
                    let (t, e) = s.addingReportingOverflow(carry)
                    u[j &+ i] = t
                    carry = c || e ? 1 : 0
                    i &+= 1
                }
            }
        }
        quotient?[j] = q
        j &-= 1
    }
}

/// Subtracts `q * d` from `n` limbs at `u` and returns what is still to borrow.
@inline(__always)
private func subtractProduct(
    _ u: UnsafeMutablePointer<UInt64>, _ d: UnsafePointer<UInt64>, _ n: Int, _ q: UInt64
) -> UInt64 {
    var borrow: UInt64 = 0
    var i = 0
    while i < n {
        let (high, low) = q.multipliedFullWidth(by: d[i])
        let (s, b) = u[i].subtractingReportingOverflow(borrow)
        let (t, c) = s.subtractingReportingOverflow(low)
        u[i] = t
        borrow = high &+ (b ? 1 : 0) &+ (c ? 1 : 0)
        i &+= 1
    }
    return borrow
}
