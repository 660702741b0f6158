/// BLS12-381: `y^2 = x^3 + 4` with embedding degree 12, from the number `z = -0xd201000000010000`.
enum BLS12Curve: PairingCurve {
    /// The magnitude of z, which is negative.
    static let z: UInt64 = 0xd201_0000_0001_0000

    static let b = (BLS12Field.one.doubled()).doubled()
    static let twistB = BLS12Field.timesXi(Field2(b, .zero))
    static let order: [UInt64] = [
        0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48,
    ]
    static let twist = Twist.multiplicative
    static let loop = (0..<63).map { z >> UInt64(62 - $0) & 1 == 1 }

    /// z is negative, so the loop's value is inverted; up to the final power that is a conjugation.
    static func finish(_ loop: inout MillerLoop<BLS12Curve>) { loop.conjugate() }

    /// Three times `(p^4 - p^2 + 1) / r` is `(z - 1)^2 (z + p) (z^2 + p^2 - 1) + 3`; r does not divide 3.
    static func hardPart(_ f: Field12<BLS12Field>) -> Field12<BLS12Field> {
        func powerZ(_ g: Field12<BLS12Field>) -> Field12<BLS12Field> { g.cyclotomicPower(z).conjugate }
        var t = powerZ(f) * f.conjugate
        t = powerZ(t) * t.conjugate
        t = powerZ(t) * t.frobenius()
        t = powerZ(powerZ(t)) * t.frobenius().frobenius() * t.conjugate
        return t * f.cyclotomicSquared() * f
    }
}
