import Bytes

// The EVM's word operations, but for division.
//
// The loop is too large for the optimiser to inline closures or operators passed to the pieces in `Stack.swift`; it
// does inline functions that are marked so, and this is why the simplest operations have names here.

@inline(__always)
func sum(_ a: U256, _ b: U256) -> U256 { a &+ b }

@inline(__always)
func difference(_ a: U256, _ b: U256) -> U256 { a &- b }

@inline(__always)
func bitwiseAnd(_ a: U256, _ b: U256) -> U256 { a & b }

@inline(__always)
func bitwiseOr(_ a: U256, _ b: U256) -> U256 { a | b }

@inline(__always)
func bitwiseXor(_ a: U256, _ b: U256) -> U256 { a ^ b }

@inline(__always)
func complement(_ a: U256) -> U256 { ~a }

@inline(__always)
func less(_ a: U256, _ b: U256) -> Bool { a < b }

@inline(__always)
func greater(_ a: U256, _ b: U256) -> Bool { b < a }

@inline(__always)
func equal(_ a: U256, _ b: U256) -> Bool { a == b }

/// `base ^ exponent` modulo 2^256.
@inline(never)
func power(_ base: U256, _ exponent: U256) -> U256 {
    if base == 2 { return shiftedLeft(1, exponent) }
    var result = U256.one
    var square = base
    var bits = exponent.bitWidth
    /// Takes the bits of one limb, least significant first.
    @inline(__always)
    func take(_ limb: UInt64) {
        var (limb, left) = (limb, min(bits, 64))
        bits &-= left
        while left > 0 {
            if limb & 1 != 0 { result = multiply(result, square) }
            square = squared(square)
            limb &>>= 1
            left &-= 1
        }
    }
    take(exponent.l0)
    if bits > 0 { take(exponent.l1) }
    if bits > 0 { take(exponent.l2) }
    if bits > 0 { take(exponent.l3) }
    return result
}

/// The product modulo 2^256.
@inline(__always)
func multiply(_ a: U256, _ b: U256) -> U256 {
    @inline(__always)
    func wide(_ x: UInt64, _ y: UInt64) -> UInt128 {
        let (high, low) = x.multipliedFullWidth(by: y)
        return UInt128(truncatingIfNeeded: high) &<< 64 | UInt128(truncatingIfNeeded: low)
    }
    @inline(__always)
    func low(_ x: UInt128) -> UInt128 { UInt128(truncatingIfNeeded: UInt64(truncatingIfNeeded: x)) }
    let p00 = wide(a.l0, b.l0)
    let p01 = wide(a.l0, b.l1)
    let p10 = wide(a.l1, b.l0)
    let p02 = wide(a.l0, b.l2)
    let p11 = wide(a.l1, b.l1)
    let p20 = wide(a.l2, b.l0)
    let t1 = p00 &>> 64 &+ p01
    let r1 = low(t1) &+ p10
    let t2 = (t1 &>> 64) &+ (r1 &>> 64)
    let s2 = t2 &+ p02
    let u2 = low(s2) &+ p11
    let r2 = low(u2) &+ p20
    var r3 = UInt64(truncatingIfNeeded: s2 &>> 64) &+ UInt64(truncatingIfNeeded: u2 &>> 64)
    r3 = r3 &+ UInt64(truncatingIfNeeded: r2 &>> 64)
    r3 = r3 &+ a.l0 &* b.l3 &+ a.l1 &* b.l2 &+ a.l2 &* b.l1 &+ a.l3 &* b.l0
    return U256(
        l0: UInt64(truncatingIfNeeded: p00), l1: UInt64(truncatingIfNeeded: r1),
        l2: UInt64(truncatingIfNeeded: r2), l3: r3)
}

/// The square modulo 2^256: every product of two different limbs counts twice and is made once.
@inline(__always)
func squared(_ a: U256) -> U256 {
    @inline(__always)
    func wide(_ x: UInt64, _ y: UInt64) -> UInt128 {
        UInt128(truncatingIfNeeded: x) &* UInt128(truncatingIfNeeded: y)
    }
    let (p00, p11, p02) = (wide(a.l0, a.l0), wide(a.l1, a.l1), wide(a.l0, a.l2))
    let (cross, carry) = wide(a.l0, a.l1).addingReportingOverflow(p02 &<< 64)
    let top = UInt64(truncatingIfNeeded: p02 &>> 64) &+ a.l0 &* a.l3 &+ a.l1 &* a.l2 &+ (carry ? 1 : 0)
    let (doubled, over) = cross.addingReportingOverflow(cross)
    let (middle, more) = doubled.addingReportingOverflow(p00 &>> 64 | p11 &<< 64)
    let doubledTop = top &+ top &+ (over ? 1 : 0)
    return U256(
        l0: UInt64(truncatingIfNeeded: p00), l1: UInt64(truncatingIfNeeded: middle),
        l2: UInt64(truncatingIfNeeded: middle &>> 64),
        l3: doubledTop &+ UInt64(truncatingIfNeeded: p11 &>> 64) &+ (more ? 1 : 0))
}

/// The count of a shift, or nil where all bits are shifted out.
@inline(__always)
private func shiftCount(_ count: U256) -> UInt128? {
    guard count.l1 | count.l2 | count.l3 == 0, count.l0 < 256 else { return nil }
    return UInt128(truncatingIfNeeded: count.l0)
}

// Shifts by less than a limb, the usual ones, work on limbs, others on halves; `(x >> 1) >> (63 - n)` is
// `x >> (64 - n)` for `n` of zero, too.

@inline(__always)
func shiftedLeft(_ a: U256, _ count: U256) -> U256 {
    guard let n = shiftCount(count) else { return U256(0 as UInt64) }
    if n < 64 {
        let n = UInt64(truncatingIfNeeded: n)
        return U256(
            l0: a.l0 &<< n, l1: a.l1 &<< n | (a.l0 &>> 1) &>> (63 &- n), l2: a.l2 &<< n | (a.l1 &>> 1) &>> (63 &- n),
            l3: a.l3 &<< n | (a.l2 &>> 1) &>> (63 &- n))
    }
    if n < 128 {
        let carry = (a.low &>> 1) &>> (127 &- n)
        return U256(low: a.low &<< n, high: a.high &<< n | carry)
    }
    return U256(low: 0, high: a.low &<< (n &- 128))
}

@inline(__always)
func shiftedRight(_ a: U256, _ count: U256) -> U256 {
    guard let n = shiftCount(count) else { return U256(0 as UInt64) }
    if n < 64 {
        let n = UInt64(truncatingIfNeeded: n)
        return U256(
            l0: a.l0 &>> n | (a.l1 &<< 1) &<< (63 &- n), l1: a.l1 &>> n | (a.l2 &<< 1) &<< (63 &- n),
            l2: a.l2 &>> n | (a.l3 &<< 1) &<< (63 &- n), l3: a.l3 &>> n)
    }
    if n < 128 {
        let carry = (a.high &<< 1) &<< (127 &- n)
        return U256(low: a.low &>> n | carry, high: a.high &>> n)
    }
    return U256(low: a.high &>> (n &- 128), high: 0)
}

@inline(__always)
func shiftedRightSigned(_ a: U256, _ count: U256) -> U256 {
    let sign = UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: a.l3) &>> 63)
    let mask = U256(l0: sign, l1: sign, l2: sign, l3: sign)
    return shiftedRight(a ^ mask, count) ^ mask
}

@inline(__always)
func signedLess(_ a: U256, _ b: U256) -> Bool {
    let flip: UInt64 = 1 << 63
    return U256(l0: a.l0, l1: a.l1, l2: a.l2, l3: a.l3 ^ flip) < U256(l0: b.l0, l1: b.l1, l2: b.l2, l3: b.l3 ^ flip)
}

/// Byte `index` of `word`, counted from the most significant.
@inline(__always)
func byte(_ index: U256, of word: U256) -> U256 {
    guard index.l1 | index.l2 | index.l3 == 0, index.l0 < 32 else { return .zero }
    return U256(shiftedRight(word, U256(8 &* (31 &- index.l0))).l0 & 0xff)
}

/// Extends the sign of the lowest `index + 1` bytes.
@inline(__always)
func signExtended(_ index: U256, _ word: U256) -> U256 {
    guard index.l1 | index.l2 | index.l3 == 0, index.l0 < 31 else { return word }
    let shift = U256(8 &* (31 &- index.l0))
    return shiftedRightSigned(shiftedLeft(word, shift), shift)
}

/// How many zero bits lead (EIP-7939); 256 for zero.
@inline(__always)
func leadingZeros(_ word: U256) -> U256 { U256(UInt64(truncatingIfNeeded: 256 &- word.bitWidth)) }
