/// A curve with a pairing, over a tower of fields.
protocol PairingCurve {
    associatedtype Base: TowerBase
    /// `b` of the curve over the prime field and of its twist.
    static var b: Base { get }
    static var twistB: Field2<Base> { get }
    /// The order of the groups, limbs least significant first.
    static var order: [UInt64] { get }
    /// How a line through points of the twist looks among the powers of w.
    static var twist: Twist { get }
    /// The magnitude of the Miller loop's number, most significant bit first, without the first.
    static var loop: [Bool] { get }
    /// What follows the loop.
    static func finish(_ loop: inout MillerLoop<Self>)
    /// The second, longer part of the final power of an element of the cyclotomic subgroup.
    static func hardPart(_ f: Field12<Base>) -> Field12<Base>
}

/// The two kinds of sextic twist.
enum Twist {
    /// `b / xi`
    case divisive
    /// `b * xi`
    case multiplicative
}

extension PairingCurve {
    typealias G1 = AffinePoint<Base>
    typealias G2 = AffinePoint<Field2<Base>>

    /// Whether the product of the pairings is one.
    ///
    /// Pairs with infinity on either side are left out by the caller: their pairing is one.
    static func productIsOne(_ pairs: [(G1, G2)]) -> Bool {
        guard !pairs.isEmpty else { return true }
        var loop = MillerLoop<Self>(pairs)
        loop.run()
        return finalPower(loop.f) == .one
    }

    /// `f ^ ((p^12 - 1) / r)`, or a fixed power of it that r does not divide.
    static func finalPower(_ f: Field12<Base>) -> Field12<Base> {
        let easy = f.conjugate * f.inverse()
        return hardPart(easy.frobenius().frobenius() * easy)
    }

    /// Whether the order of a point of the twist divides that of the groups.
    static func isInSubgroup(_ point: G2) -> Bool { CurvePoint(point).multiplied(by: order).isInfinity }
}
