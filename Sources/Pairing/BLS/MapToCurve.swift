/// Points from numbers: the simplified SWU map to an isogenous curve, the isogeny, and the multiplication into the group
/// of prime order (RFC 9380, sections 6.6.3, 7 and 8.8).
enum MapToCurve {
    static func g1(_ u: BLS12Field) -> CurvePoint<BLS12Field> {
        let point = simplifiedSWU(
            u, a: Isogeny.g1A, b: Isogeny.g1B, z: Isogeny.g1Z, root: { $0.squareRoot() }, sign: sign)
        return CurvePoint(Isogeny.g1.image(of: point)).multiplied(by: [BLS12Curve.z + 1])
    }

    static func g2(_ u: Field2<BLS12Field>) -> CurvePoint<Field2<BLS12Field>> {
        let point = simplifiedSWU(
            u, a: Isogeny.g2A, b: Isogeny.g2B, z: Isogeny.g2Z, root: { $0.squareRoot() }, sign: sign)
        return CurvePoint(Isogeny.g2.image(of: point)).multiplied(by: Isogeny.g2Cofactor)
    }

    /// A point of `y^2 = x^3 + a x + b`; z is a fixed number that is no square.
    private static func simplifiedSWU<F: Field>(
        _ u: F, a: F, b: F, z: F, root: (F) -> F?, sign: (F) -> Bool
    ) -> AffinePoint<F> {
        let zuu = z * u.squared()
        let factor = zuu.squared() + zuu
        let x1 = factor.isZero ? b * (z * a).inverse() : -b * a.inverse() * (.one + factor.inverse())
        func right(_ x: F) -> F { (x.squared() + a) * x + b }
        let (x, y): (F, F)
        if let found = root(right(x1)) {
            (x, y) = (x1, found)
        } else {
            x = zuu * x1
            guard let found = root(right(x)) else {
                preconditionFailure("neither candidate of the SWU map has a root; z is a square")
            }
            y = found
        }
        return AffinePoint(x: x, y: sign(u) == sign(y) ? y : -y)
    }

    /// The parity of a number (RFC 9380, section 4.1).
    private static func sign(_ x: BLS12Field) -> Bool { x.bytes[BLS12Field.byteCount - 1] & 1 == 1 }

    private static func sign(_ x: Field2<BLS12Field>) -> Bool { x.c0.isZero ? sign(x.c1) : sign(x.c0) }
}

/// A map between curves as quotients of polynomials, coefficients from the constant one up.
struct RationalMap<F: Field>: Sendable {
    let xNumerator, xDenominator, yNumerator, yDenominator: [F]

    /// The image of a point; nil where it is infinity.
    func image(of point: AffinePoint<F>) -> AffinePoint<F>? {
        func value(_ coefficients: [F]) -> F {
            coefficients.reversed().reduce(.zero) { $0 * point.x + $1 }
        }
        let (xBelow, yBelow) = (value(xDenominator), value(yDenominator))
        guard !xBelow.isZero, !yBelow.isZero else { return nil }
        return AffinePoint(
            x: value(xNumerator) * xBelow.inverse(), y: point.y * value(yNumerator) * yBelow.inverse())
    }
}
