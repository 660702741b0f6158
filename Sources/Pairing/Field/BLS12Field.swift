/// The prime field of BLS12-381.
///
/// 6 limbs, least significant first, in Montgomery form: the stored number is the value times 2^384 modulo p.
struct BLS12Field: TowerBase {
    var l0, l1, l2, l3, l4, l5: UInt64

    @inline(__always)
    init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64, _ l4: UInt64, _ l5: UInt64) {
        (self.l0, self.l1, self.l2, self.l3, self.l4, self.l5) = (l0, l1, l2, l3, l4, l5)
    }

    static let zero = BLS12Field(0, 0, 0, 0, 0, 0)
    static let one = BLS12Field(
        0x7609_0000_0002_fffd, 0xebf4_000b_c40c_0002, 0x5f48_9857_53c7_58ba, 0x77ce_5853_7052_5745,
        0x5c07_1a97_a256_ec6d, 0x15f6_5ec3_fa80_e493)
    /// 2^768 modulo p, which brings a number into Montgomery form.
    private static let square = BLS12Field(
        0xf4df_1f34_1c34_1746, 0x0a76_e6a6_09d1_04f1, 0x8de5_476c_4c95_b6d5, 0x67eb_88a9_939d_83c0,
        0x9a79_3e85_b519_952d, 0x1198_8fe5_92ca_e3aa)
    static let half = BLS12Field(
        0x1804_0000_0001_5554, 0x8550_0005_3ab0_0001, 0x633c_b57c_253c_276f, 0x6e22_d1ec_31eb_b502,
        0xd391_6126_f2d1_4ca2, 0x17fb_b857_1a00_6596)

    @inline(__always) private static var p0: UInt64 { 0xb9fe_ffff_ffff_aaab }
    @inline(__always) private static var p1: UInt64 { 0x1eab_fffe_b153_ffff }
    @inline(__always) private static var p2: UInt64 { 0x6730_d2a0_f6b0_f624 }
    @inline(__always) private static var p3: UInt64 { 0x6477_4b84_f385_12bf }
    @inline(__always) private static var p4: UInt64 { 0x4b1b_a7b6_434b_acd7 }
    @inline(__always) private static var p5: UInt64 { 0x1a01_11ea_397f_e69a }
    /// `-p^-1` modulo 2^64.
    @inline(__always) private static var factor: UInt64 { 0x89f3_fffc_fffc_fffd }

    static let modulus: [UInt64] = [p0, p1, p2, p3, p4, p5]
    static let frobeniusCoefficients = computedFrobeniusCoefficients()

    static func timesXi(_ x: Field2<BLS12Field>) -> Field2<BLS12Field> {
        // xi is 1 + u.
        Field2(x.c0 - x.c1, x.c0 + x.c1)
    }
}

// MARK: - Arithmetic

extension BLS12Field {
    /// The value less p, where it is not below p; it is below 2p.
    @inline(__always)
    private func reduced() -> BLS12Field {
        var borrow: UInt64 = 0
        let r0 = subtract(l0, Self.p0, &borrow)
        let r1 = subtract(l1, Self.p1, &borrow)
        let r2 = subtract(l2, Self.p2, &borrow)
        let r3 = subtract(l3, Self.p3, &borrow)
        let r4 = subtract(l4, Self.p4, &borrow)
        let r5 = subtract(l5, Self.p5, &borrow)
        return borrow == 0 ? BLS12Field(r0, r1, r2, r3, r4, r5) : self
    }

    @inline(__always)
    static func + (a: BLS12Field, b: BLS12Field) -> BLS12Field {
        // Both are below p, whose top bits are free: no carry leaves the last limb.
        var carry: UInt64 = 0
        let s0 = add(a.l0, b.l0, &carry)
        let s1 = add(a.l1, b.l1, &carry)
        let s2 = add(a.l2, b.l2, &carry)
        let s3 = add(a.l3, b.l3, &carry)
        let s4 = add(a.l4, b.l4, &carry)
        let s5 = add(a.l5, b.l5, &carry)
        return BLS12Field(s0, s1, s2, s3, s4, s5).reduced()
    }

    @inline(__always)
    static func - (a: BLS12Field, b: BLS12Field) -> BLS12Field {
        var borrow: UInt64 = 0
        let d0 = subtract(a.l0, b.l0, &borrow)
        let d1 = subtract(a.l1, b.l1, &borrow)
        let d2 = subtract(a.l2, b.l2, &borrow)
        let d3 = subtract(a.l3, b.l3, &borrow)
        let d4 = subtract(a.l4, b.l4, &borrow)
        let d5 = subtract(a.l5, b.l5, &borrow)
        // Adds p back where the difference was negative.
        let mask = 0 &- borrow
        var carry: UInt64 = 0
        let r0 = add(d0, p0 & mask, &carry)
        let r1 = add(d1, p1 & mask, &carry)
        let r2 = add(d2, p2 & mask, &carry)
        let r3 = add(d3, p3 & mask, &carry)
        let r4 = add(d4, p4 & mask, &carry)
        let r5 = add(d5, p5 & mask, &carry)
        return BLS12Field(r0, r1, r2, r3, r4, r5)
    }

    @inline(__always)
    static prefix func - (a: BLS12Field) -> BLS12Field { zero - a }

    /// One limb of a Montgomery product: `(t + a * b + m * p) / 2^64` with the `m` that makes it exact.
    @inline(__always)
    private static func round(_ t: inout BLS12Field, _ a: UInt64, _ b: BLS12Field) {
        var (high, carry): (UInt64, UInt64) = (0, 0)
        var word = multiplyAdd(t.l0, a, b.l0, &high)
        let m = word &* factor
        _ = multiplyAdd(word, m, p0, &carry)
        word = multiplyAdd(t.l1, a, b.l1, &high)
        t.l0 = multiplyAdd(word, m, p1, &carry)
        word = multiplyAdd(t.l2, a, b.l2, &high)
        t.l1 = multiplyAdd(word, m, p2, &carry)
        word = multiplyAdd(t.l3, a, b.l3, &high)
        t.l2 = multiplyAdd(word, m, p3, &carry)
        word = multiplyAdd(t.l4, a, b.l4, &high)
        t.l3 = multiplyAdd(word, m, p4, &carry)
        word = multiplyAdd(t.l5, a, b.l5, &high)
        t.l4 = multiplyAdd(word, m, p5, &carry)
        t.l5 = high &+ carry
    }

    static func * (a: BLS12Field, b: BLS12Field) -> BLS12Field {
        var t = BLS12Field(0, 0, 0, 0, 0, 0)
        round(&t, a.l0, b)
        round(&t, a.l1, b)
        round(&t, a.l2, b)
        round(&t, a.l3, b)
        round(&t, a.l4, b)
        round(&t, a.l5, b)
        return t.reduced()
    }

    @inline(__always)
    func squared() -> BLS12Field { self * self }

    /// By Fermat: `x ^ (p - 2)`.
    func inverse() -> BLS12Field { power(Self.modulus.subtracting(2)) }
}

// MARK: - Bytes

extension BLS12Field {
    static var byteCount: Int { 48 }

    init?(bigEndian bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var limbs = [UInt64](repeating: 0, count: 6)
        for (index, byte) in bytes.reversed().enumerated() {
            limbs[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
        }
        let value = BLS12Field(limbs[0], limbs[1], limbs[2], limbs[3], limbs[4], limbs[5])
        // A number that a subtraction of p would change is too large.
        guard value.reduced() == value else { return nil }
        self = value * Self.square
    }

    /// The big-endian bytes of the value itself.
    var bytes: [UInt8] {
        let value = self * BLS12Field(1, 0, 0, 0, 0, 0)
        return [value.l5, value.l4, value.l3, value.l2, value.l1, value.l0].flatMap { limb in
            (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * $0)) }
        }
    }
}
