/// The prime field of bn254 (alt_bn128).
///
/// 4 limbs, least significant first, in Montgomery form: the stored number is the value times 2^256 modulo p.
struct Bn254Field: TowerBase {
    var l0, l1, l2, l3: UInt64

    @inline(__always)
    init(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64) {
        (self.l0, self.l1, self.l2, self.l3) = (l0, l1, l2, l3)
    }

    static let zero = Bn254Field(0, 0, 0, 0)
    static let one = Bn254Field(
        0xd35d_438d_c58f_0d9d, 0x0a78_eb28_f5c7_0b3d, 0x666e_a36f_7879_462c, 0x0e0a_77c1_9a07_df2f)
    /// 2^512 modulo p, which brings a number into Montgomery form.
    private static let square = Bn254Field(
        0xf32c_fc5b_538a_fa89, 0xb5e7_1911_d445_01fb, 0x47ab_1eff_0a41_7ff6, 0x06d8_9f71_cab8_351f)
    static let half = Bn254Field(
        0x87be_e7d2_4f06_0572, 0xd0fd_2add_2f1c_6ae5, 0x8f5f_7492_fcfd_4f44, 0x1f37_631a_3d9c_bfac)

    @inline(__always) private static var p0: UInt64 { 0x3c20_8c16_d87c_fd47 }
    @inline(__always) private static var p1: UInt64 { 0x9781_6a91_6871_ca8d }
    @inline(__always) private static var p2: UInt64 { 0xb850_45b6_8181_585d }
    @inline(__always) private static var p3: UInt64 { 0x3064_4e72_e131_a029 }
    /// `-p^-1` modulo 2^64.
    @inline(__always) private static var factor: UInt64 { 0x87d2_0782_e486_6389 }

    static let modulus: [UInt64] = [p0, p1, p2, p3]
    static let frobeniusCoefficients = computedFrobeniusCoefficients()

    static func timesXi(_ x: Field2<Bn254Field>) -> Field2<Bn254Field> {
        // xi is 9 + u.
        let (a, b) = (x.c0.doubled().doubled().doubled() + x.c0, x.c1.doubled().doubled().doubled() + x.c1)
        return Field2(a - x.c1, b + x.c0)
    }
}

// MARK: - Arithmetic

extension Bn254Field {
    /// The value less p, where it is not below p; it is below 2p.
    @inline(__always)
    private func reduced() -> Bn254Field {
        var borrow: UInt64 = 0
        let r0 = subtract(l0, Self.p0, &borrow)
        let r1 = subtract(l1, Self.p1, &borrow)
        let r2 = subtract(l2, Self.p2, &borrow)
        let r3 = subtract(l3, Self.p3, &borrow)
        return borrow == 0 ? Bn254Field(r0, r1, r2, r3) : self
    }

    @inline(__always)
    static func + (a: Bn254Field, b: Bn254Field) -> Bn254Field {
        // Both are below p, whose top bits are free: no carry leaves the last limb.
        var carry: UInt64 = 0
        let s0 = add(a.l0, b.l0, &carry)
        let s1 = add(a.l1, b.l1, &carry)
        let s2 = add(a.l2, b.l2, &carry)
        let s3 = add(a.l3, b.l3, &carry)
        return Bn254Field(s0, s1, s2, s3).reduced()
    }

    @inline(__always)
    static func - (a: Bn254Field, b: Bn254Field) -> Bn254Field {
        var borrow: UInt64 = 0
        let d0 = subtract(a.l0, b.l0, &borrow)
        let d1 = subtract(a.l1, b.l1, &borrow)
        let d2 = subtract(a.l2, b.l2, &borrow)
        let d3 = subtract(a.l3, b.l3, &borrow)
        // Adds p back where the difference was negative.
        let mask = 0 &- borrow
        var carry: UInt64 = 0
        let r0 = add(d0, p0 & mask, &carry)
        let r1 = add(d1, p1 & mask, &carry)
        let r2 = add(d2, p2 & mask, &carry)
        let r3 = add(d3, p3 & mask, &carry)
        return Bn254Field(r0, r1, r2, r3)
    }

    @inline(__always)
    static prefix func - (a: Bn254Field) -> Bn254Field { zero - a }

    /// One limb of a Montgomery product: `(t + a * b + m * p) / 2^64` with the `m` that makes it exact.
    @inline(__always)
    private static func round(_ t: inout Bn254Field, _ a: UInt64, _ b: Bn254Field) {
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
        t.l3 = high &+ carry
    }

    static func * (a: Bn254Field, b: Bn254Field) -> Bn254Field {
        var t = Bn254Field(0, 0, 0, 0)
        round(&t, a.l0, b)
        round(&t, a.l1, b)
        round(&t, a.l2, b)
        round(&t, a.l3, b)
        return t.reduced()
    }

    @inline(__always)
    func squared() -> Bn254Field { self * self }

    /// By Fermat: `x ^ (p - 2)`.
    func inverse() -> Bn254Field { power(Self.modulus.subtracting(2)) }
}

// MARK: - Bytes

extension Bn254Field {
    static var byteCount: Int { 32 }

    init?(bigEndian bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var limbs = [UInt64](repeating: 0, count: 4)
        for (index, byte) in bytes.reversed().enumerated() {
            limbs[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
        }
        let value = Bn254Field(limbs[0], limbs[1], limbs[2], limbs[3])
        // A number that a subtraction of p would change is too large.
        guard value.reduced() == value else { return nil }
        self = value * Self.square
    }

    /// The big-endian bytes of the value itself.
    var bytes: [UInt8] {
        let value = self * Bn254Field(1, 0, 0, 0)
        return [value.l3, value.l2, value.l1, value.l0].flatMap { limb in
            (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * $0)) }
        }
    }
}
