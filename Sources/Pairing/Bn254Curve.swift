/// `y^2 = x^3 + 3` with embedding degree 12, from the number `x = 4965661367192848881`.
enum Bn254Curve: PairingCurve {
    static let x: UInt64 = 4_965_661_367_192_848_881

    static let b = Bn254Field.one + .one + .one
    static let twistB = Field2(b, .zero) * Bn254Field.timesXi(.one).inverse()
    static let order: [UInt64] = [
        0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029,
    ]
    static let twist = Twist.divisive

    /// `6x + 2` has 65 bits.
    static let loop: [Bool] = {
        let number = UInt128(x) * 6 + 2
        return (0..<64).map { number >> UInt128(63 - $0) & 1 == 1 }
    }()

    /// The optimal ate pairing adds the images of the point under the first two powers of Frobenius.
    static func finish(_ loop: inout MillerLoop<Bn254Curve>) {
        loop.addAll(frobenius)
        loop.addAll { q in
            let twice = frobenius(frobenius(q))
            return AffinePoint(x: twice.x, y: -twice.y)
        }
    }

    private static func frobenius(_ q: G2) -> G2 {
        let g = Bn254Field.frobeniusCoefficients
        return AffinePoint(x: q.x.conjugate * g[2], y: q.y.conjugate * g[3])
    }

    /// `(p^4 - p^2 + 1) / r` is `l0 + l1 p + l2 p^2 + p^3` with `l0 = -36x^3 - 30x^2 - 18x - 2`,
    /// `l1 = -36x^3 - 18x^2 - 12x + 1` and `l2 = 6x^2 + 1`.
    static func hardPart(_ f: Field12<Bn254Field>) -> Field12<Bn254Field> {
        let x1 = f.cyclotomicPower(x)
        let x2 = x1.cyclotomicPower(x)
        let x3 = x2.cyclotomicPower(x)
        let (sixX1, sixX2) = (x1.cyclotomicPower(6), x2.cyclotomicPower(6))
        let common = x3.cyclotomicPower(36) * sixX2.cyclotomicPower(3) * sixX1.cyclotomicSquared()
        let l0 = (common * sixX2.cyclotomicSquared() * sixX1 * f.cyclotomicSquared()).conjugate
        let l1 = common.conjugate * f
        let l2 = sixX2 * f
        return l0 * l1.frobenius() * l2.frobenius().frobenius() * f.frobenius().frobenius().frobenius()
    }
}
