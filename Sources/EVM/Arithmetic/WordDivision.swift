import Bytes

// The EVM's division family on 256-bit words. Division by zero gives zero.

/// Quotient and remainder.
@inline(never)
func divide(_ a: U256, _ b: U256) -> (quotient: U256, remainder: U256) {
    if b.l3 | b.l2 | b.l1 == 0 {
        if b.l0 == 0 { return (.zero, .zero) }
        if a.l3 | a.l2 | a.l1 == 0 { return (U256(a.l0 / b.l0), U256(a.l0 % b.l0)) }
        return divideByLimb(a, b.l0)
    }
    if a < b { return (.zero, a) }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 13) { scratch in
        let u = scratch.baseAddress!  // 13 words were asked for: 5 of dividend, 4 of divisor, 4 of quotient
        let (d, q) = (u + 5, u + 9)
        let (n, shift) = normalise(b, into: d)
        shiftLeft(a, shift, into: u)
        (q[0], q[1], q[2], q[3]) = (0, 0, 0, 0)
        divideLimbs(u, count: 5, by: d, limbs: n, quotient: q)
        let remainder = U256(l0: u[0], l1: u[1], l2: n > 2 ? u[2] : 0, l3: n > 3 ? u[3] : 0)
        return (U256(l0: q[0], l1: q[1], l2: q[2], l3: q[3]), remainder >> shift)
    }
}

@inline(__always)
private func divideByLimb(_ a: U256, _ b: UInt64) -> (quotient: U256, remainder: U256) {
    let shift = UInt64(b.leadingZeroBitCount)
    let d = b << shift
    let v = reciprocal(d)
    let n = a << Int(shift)
    var r = shift == 0 ? 0 : a.l3 >> (64 &- shift)
    var q = U256.zero
    (q.l3, r) = divide2by1(r, n.l3, d, v)
    (q.l2, r) = divide2by1(r, n.l2, d, v)
    (q.l1, r) = divide2by1(r, n.l1, d, v)
    (q.l0, r) = divide2by1(r, n.l0, d, v)
    return (q, U256(r >> shift))
}

/// Writes `b` shifted so that its highest used limb is normalised; returns its limbs (2 to 4) and the shift.
@inline(__always)
private func normalise(_ b: U256, into d: UnsafeMutablePointer<UInt64>) -> (limbs: Int, shift: Int) {
    let n = b.l3 != 0 ? 4 : b.l2 != 0 ? 3 : 2
    let top = n == 4 ? b.l3 : n == 3 ? b.l2 : b.l1
    let shift = top.leadingZeroBitCount
    let shifted = b << shift
    (d[0], d[1], d[2], d[3]) = (shifted.l0, shifted.l1, shifted.l2, shifted.l3)
    return (n, shift)
}

/// Writes the five limbs of `a << shift`, `shift < 64`.
@inline(__always)
private func shiftLeft(_ a: U256, _ shift: Int, into u: UnsafeMutablePointer<UInt64>) {
    let shifted = a << shift
    (u[0], u[1], u[2], u[3]) = (shifted.l0, shifted.l1, shifted.l2, shifted.l3)
    u[4] = shift == 0 ? 0 : a.l3 >> UInt64(64 &- shift)
}

/// `a / b`.
@inline(__always)
func quotient(_ a: U256, _ b: U256) -> U256 { divide(a, b).quotient }

/// `a % b`.
@inline(__always)
func remainder(_ a: U256, _ b: U256) -> U256 { divide(a, b).remainder }

@inline(never)
func signedDivide(_ a: U256, _ b: U256) -> U256 {
    let (negativeA, negativeB) = (a.l3 >> 63 != 0, b.l3 >> 63 != 0)
    let q = divide(negativeA ? .zero &- a : a, negativeB ? .zero &- b : b).quotient
    return negativeA != negativeB ? .zero &- q : q
}

/// The remainder with the sign of `a`.
@inline(never)
func signedModulo(_ a: U256, _ b: U256) -> U256 {
    let (negativeA, negativeB) = (a.l3 >> 63 != 0, b.l3 >> 63 != 0)
    let r = divide(negativeA ? .zero &- a : a, negativeB ? .zero &- b : b).remainder
    return negativeA ? .zero &- r : r
}

/// `(a + b) % m` without losing the carry.
@inline(never)
func addModulo(_ a: U256, _ b: U256, _ m: U256) -> U256 {
    if m.l3 != 0, a < m, b < m {
        let (sum, carry) = a.addingReportingOverflow(b)
        let (less, borrow) = sum.subtractingReportingOverflow(m)
        return carry || !borrow ? less : sum
    }
    let (sum, carry) = a.addingReportingOverflow(b)
    if !carry { return divide(sum, m).remainder }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { n in
        (n[0], n[1], n[2], n[3], n[4]) = (sum.l0, sum.l1, sum.l2, sum.l3, 1)
        return wideModulo(n.baseAddress!, 5, m)  // 8 words were asked for
    }
}

/// `(a * b) % m` with all 512 bits of the product.
@inline(never)
func mulModulo(_ a: U256, _ b: U256, _ m: U256) -> U256 {
    let (high, low) = a.multipliedFullWidth(by: b)
    if m.l3 != 0 { return remainder(high, low, m) }
    if high.isZero { return divide(low, m).remainder }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { product in
        let p = product.baseAddress!  // 8 words were asked for
        (p[0], p[1], p[2], p[3]) = (low.l0, low.l1, low.l2, low.l3)
        (p[4], p[5], p[6], p[7]) = (high.l0, high.l1, high.l2, high.l3)
        return wideModulo(p, 8, m)
    }
}

/// The remainder of 512 bits by a modulus of four limbs, all in registers.
@inline(__always)
private func remainder(_ high: U256, _ low: U256, _ m: U256) -> U256 {
    let shift = UInt64(truncatingIfNeeded: m.l3.leadingZeroBitCount)
    @inline(__always)
    func shifted(_ limb: UInt64, _ below: UInt64) -> UInt64 { limb &<< shift | (below &>> 1) &>> (63 &- shift) }
    let d = U256(l0: m.l0 &<< shift, l1: shifted(m.l1, m.l0), l2: shifted(m.l2, m.l1), l3: shifted(m.l3, m.l2))
    let v = reciprocal(d.l3, d.l2)
    let top = (high.l3 &>> 1) &>> (63 &- shift)
    var r = U256(
        l0: shifted(high.l0, low.l3), l1: shifted(high.l1, high.l0), l2: shifted(high.l2, high.l1),
        l3: shifted(high.l3, high.l2))
    if top != 0 || !(r < d) {
        // Only where a factor is not below the modulus: the quotient has a fifth limb.
        r = remainderStep(U256(l0: r.l1, l1: r.l2, l2: r.l3, l3: top), r.l0, d, v)
    }
    r = remainderStep(r, shifted(low.l3, low.l2), d, v)
    r = remainderStep(r, shifted(low.l2, low.l1), d, v)
    r = remainderStep(r, shifted(low.l1, low.l0), d, v)
    r = remainderStep(r, low.l0 &<< shift, d, v)
    @inline(__always)
    func restored(_ limb: UInt64, _ above: UInt64) -> UInt64 { limb &>> shift | (above &<< 1) &<< (63 &- shift) }
    return U256(l0: restored(r.l0, r.l1), l1: restored(r.l1, r.l2), l2: restored(r.l2, r.l3), l3: r.l3 &>> shift)
}

/// `(r * 2^64 + next) % d` for a normalised `d` with the reciprocal `v` of its two highest limbs; `r < d`.
@inline(__always)
private func remainderStep(_ r: U256, _ next: UInt64, _ d: U256, _ v: UInt64) -> U256 {
    let u = U256(l0: next, l1: r.l0, l2: r.l1, l3: r.l2)
    if r.l3 == d.l3, r.l2 == d.l2 {
        // The quotient's limb is 2^64 - 1: subtract d * 2^64 and add d, modulo 2^256.
        return u &- U256(l0: 0, l1: d.l0, l2: d.l1, l3: d.l2) &+ d
    }
    let (q, r1, r0) = divide3by2(r.l3, r.l2, r.l1, d.l3, d.l2, v)
    // What the lower half of the divisor still takes away.
    let p0 = UInt128(truncatingIfNeeded: q) &* UInt128(truncatingIfNeeded: d.l0)
    let p1 = UInt128(truncatingIfNeeded: q) &* UInt128(truncatingIfNeeded: d.l1) &+ p0 &>> 64
    let product = p1 &<< 64 | UInt128(truncatingIfNeeded: UInt64(truncatingIfNeeded: p0))
    let (low, borrow) = u.low.subtractingReportingOverflow(product)
    let take = (p1 &>> 64) &+ (borrow ? 1 : 0)
    let (high, under) = (UInt128(truncatingIfNeeded: r1) &<< 64 | UInt128(truncatingIfNeeded: r0))
        .subtractingReportingOverflow(take)
    let result = U256(low: low, high: high)
    return under ? result &+ d : result
}

/// The remainder of `count` limbs (at most 8) by `m`.
@inline(__always)
private func wideModulo(_ p: UnsafeMutablePointer<UInt64>, _ count: Int, _ m: U256) -> U256 {
    if m.l3 | m.l2 | m.l1 == 0 {
        if m.l0 == 0 { return .zero }
        let shift = UInt64(m.l0.leadingZeroBitCount)
        let d = m.l0 << shift
        let v = reciprocal(d)
        var r = shift == 0 ? 0 : p[count &- 1] >> (64 &- shift)
        var i = count &- 1
        while i >= 0 {
            let low = i > 0 && shift != 0 ? p[i &- 1] >> (64 &- shift) : 0
            r = divide2by1(r, p[i] << shift | low, d, v).remainder
            i &-= 1
        }
        return U256(r >> shift)
    }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 13) { scratch in
        let u = scratch.baseAddress!  // 13 words were asked for: 9 of dividend, 4 of divisor
        let d = u + 9
        let (n, shift) = normalise(m, into: d)
        let s = UInt64(shift)
        u[count] = s == 0 ? 0 : p[count &- 1] >> (64 &- s)
        var i = count &- 1
        while i >= 0 {
            let low = i > 0 && s != 0 ? p[i &- 1] >> (64 &- s) : 0
            u[i] = p[i] << s | low
            i &-= 1
        }
        divideLimbs(u, count: count &+ 1, by: d, limbs: n, quotient: nil)
        return U256(l0: u[0], l1: u[1], l2: n > 2 ? u[2] : 0, l3: n > 3 ? u[3] : 0) >> shift
    }
}
