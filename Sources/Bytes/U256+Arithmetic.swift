extension U256 {
    @inlinable @inline(__always)
    package func addingReportingOverflow(_ b: U256) -> (partialValue: U256, overflow: Bool) {
        let (low, carry) = self.low.addingReportingOverflow(b.low)
        let (high, overflow) = self.high.addingReportingOverflow(b.high)
        let (sum, more) = high.addingReportingOverflow(carry ? 1 : 0)
        return (U256(low: low, high: sum), overflow != more)
    }

    @inlinable @inline(__always)
    package func subtractingReportingOverflow(_ b: U256) -> (partialValue: U256, overflow: Bool) {
        let (low, borrow) = self.low.subtractingReportingOverflow(b.low)
        let (high, overflow) = self.high.subtractingReportingOverflow(b.high)
        let (difference, more) = high.subtractingReportingOverflow(borrow ? 1 : 0)
        return (U256(low: low, high: difference), overflow != more)
    }

    @inlinable @inline(__always)
    package static func &+ (a: U256, b: U256) -> U256 {
        let (low, carry) = a.low.addingReportingOverflow(b.low)
        return U256(low: low, high: a.high &+ b.high &+ (carry ? 1 : 0))
    }

    @inlinable @inline(__always)
    package static func &- (a: U256, b: U256) -> U256 {
        let (low, borrow) = a.low.subtractingReportingOverflow(b.low)
        return U256(low: low, high: a.high &- b.high &- (borrow ? 1 : 0))
    }

    /// The sum.
    ///
    /// - Precondition: the sum fits into 256 bits.
    @inlinable
    package static func + (a: U256, b: U256) -> U256 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        precondition(!overflow, "U256 addition overflows")
        return sum
    }

    /// The difference.
    ///
    /// - Precondition: `a >= b`.
    @inlinable
    package static func - (a: U256, b: U256) -> U256 {
        let (difference, overflow) = a.subtractingReportingOverflow(b)
        precondition(!overflow, "U256 subtraction underflows")
        return difference
    }

    @inlinable package static func += (a: inout U256, b: U256) { a = a + b }
    @inlinable package static func -= (a: inout U256, b: U256) { a = a - b }

    /// The product modulo 2^256.
    @inlinable
    package static func &* (a: U256, b: U256) -> U256 {
        let p00 = a.l0.multipliedFullWidth(by: b.l0)
        let p01 = a.l0.multipliedFullWidth(by: b.l1)
        let p10 = a.l1.multipliedFullWidth(by: b.l0)
        let p02 = a.l0.multipliedFullWidth(by: b.l2)
        let p11 = a.l1.multipliedFullWidth(by: b.l1)
        let p20 = a.l2.multipliedFullWidth(by: b.l0)
        let r1 = UInt128(p00.high) + UInt128(p01.low) + UInt128(p10.low)
        let r2 =
            (r1 >> 64) + UInt128(p01.high) + UInt128(p10.high) + UInt128(p02.low) + UInt128(p11.low)
            + UInt128(p20.low)
        var r3 = UInt64(truncatingIfNeeded: r2 >> 64) &+ p02.high &+ p11.high &+ p20.high
        r3 = r3 &+ a.l0 &* b.l3 &+ a.l1 &* b.l2 &+ a.l2 &* b.l1 &+ a.l3 &* b.l0
        return U256(
            l0: p00.low, l1: UInt64(truncatingIfNeeded: r1), l2: UInt64(truncatingIfNeeded: r2), l3: r3)
    }

    /// The whole product.
    @inlinable @inline(__always)
    package func multipliedFullWidth(by b: U256) -> (high: U256, low: U256) {
        let (p0, s0) = b.multiplied(by: l0, adding: U256(0 as UInt64))
        let (p1, s1) = b.multiplied(by: l1, adding: s0)
        let (p2, s2) = b.multiplied(by: l2, adding: s1)
        let (p3, s3) = b.multiplied(by: l3, adding: s2)
        return (s3, U256(l0: p0, l1: p1, l2: p2, l3: p3))
    }

    /// `self * digit + sum`: the lowest of five limbs, and the others.
    @inlinable @inline(__always)
    func multiplied(by digit: UInt64, adding sum: U256) -> (lowest: UInt64, rest: U256) {
        let digit = UInt128(truncatingIfNeeded: digit)
        var carry = digit &* UInt128(truncatingIfNeeded: l0) &+ UInt128(truncatingIfNeeded: sum.l0)
        let lowest = UInt64(truncatingIfNeeded: carry)
        carry = digit &* UInt128(truncatingIfNeeded: l1) &+ UInt128(truncatingIfNeeded: sum.l1) &+ carry &>> 64
        let r0 = UInt64(truncatingIfNeeded: carry)
        carry = digit &* UInt128(truncatingIfNeeded: l2) &+ UInt128(truncatingIfNeeded: sum.l2) &+ carry &>> 64
        let r1 = UInt64(truncatingIfNeeded: carry)
        carry = digit &* UInt128(truncatingIfNeeded: l3) &+ UInt128(truncatingIfNeeded: sum.l3) &+ carry &>> 64
        let r2 = UInt64(truncatingIfNeeded: carry)
        return (lowest, U256(l0: r0, l1: r1, l2: r2, l3: UInt64(truncatingIfNeeded: carry &>> 64)))
    }

    /// The product and whether it needed more than 256 bits.
    package func multipliedReportingOverflow(by b: U256) -> (partialValue: U256, overflow: Bool) {
        let (high, low) = multipliedFullWidth(by: b)
        return (low, !high.isZero)
    }

    /// The product.
    ///
    /// - Precondition: the product fits into 256 bits.
    package static func * (a: U256, b: U256) -> U256 {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        precondition(!overflow, "U256 multiplication overflows")
        return product
    }

    @inlinable @inline(__always)
    package static func & (a: U256, b: U256) -> U256 {
        U256(l0: a.l0 & b.l0, l1: a.l1 & b.l1, l2: a.l2 & b.l2, l3: a.l3 & b.l3)
    }
    @inlinable @inline(__always)
    package static func | (a: U256, b: U256) -> U256 {
        U256(l0: a.l0 | b.l0, l1: a.l1 | b.l1, l2: a.l2 | b.l2, l3: a.l3 | b.l3)
    }
    @inlinable @inline(__always)
    package static func ^ (a: U256, b: U256) -> U256 {
        U256(l0: a.l0 ^ b.l0, l1: a.l1 ^ b.l1, l2: a.l2 ^ b.l2, l3: a.l3 ^ b.l3)
    }
    @inlinable @inline(__always)
    package static prefix func ~ (a: U256) -> U256 { U256(l0: ~a.l0, l1: ~a.l1, l2: ~a.l2, l3: ~a.l3) }

    /// Shifts left; 256 and more give zero.
    ///
    /// - Precondition: `count >= 0`.
    @inlinable
    package static func << (a: U256, count: Int) -> U256 {
        precondition(count >= 0, "U256 shifts by no negative count")
        guard count < 256 else { return .zero }
        let (limbs, bits) = (count >> 6, UInt64(count & 63))
        var (r0, r1, r2, r3) = (a.l0, a.l1, a.l2, a.l3)
        switch limbs {
        case 1: (r0, r1, r2, r3) = (0, a.l0, a.l1, a.l2)
        case 2: (r0, r1, r2, r3) = (0, 0, a.l0, a.l1)
        case 3: (r0, r1, r2, r3) = (0, 0, 0, a.l0)
        default: break
        }
        guard bits != 0 else { return U256(l0: r0, l1: r1, l2: r2, l3: r3) }
        let rest = 64 - bits
        return U256(
            l0: r0 << bits, l1: r1 << bits | r0 >> rest, l2: r2 << bits | r1 >> rest, l3: r3 << bits | r2 >> rest)
    }

    /// Shifts right, filling with zeros; 256 and more give zero.
    ///
    /// - Precondition: `count >= 0`.
    @inlinable
    package static func >> (a: U256, count: Int) -> U256 {
        precondition(count >= 0, "U256 shifts by no negative count")
        guard count < 256 else { return .zero }
        let (limbs, bits) = (count >> 6, UInt64(count & 63))
        var (r0, r1, r2, r3) = (a.l0, a.l1, a.l2, a.l3)
        switch limbs {
        case 1: (r0, r1, r2, r3) = (a.l1, a.l2, a.l3, 0)
        case 2: (r0, r1, r2, r3) = (a.l2, a.l3, 0, 0)
        case 3: (r0, r1, r2, r3) = (a.l3, 0, 0, 0)
        default: break
        }
        guard bits != 0 else { return U256(l0: r0, l1: r1, l2: r2, l3: r3) }
        let rest = 64 - bits
        return U256(
            l0: r0 >> bits | r1 << rest, l1: r1 >> bits | r2 << rest, l2: r2 >> bits | r3 << rest, l3: r3 >> bits)
    }
}
