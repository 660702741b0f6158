/// A point of `y^2 = x^3 + b` in Jacobian coordinates: `(x / z^2, y / z^3)`, infinity where z is zero.
struct CurvePoint<F: Field>: Sendable {
    var x, y, z: F

    private init(_ x: F, _ y: F, _ z: F) { (self.x, self.y, self.z) = (x, y, z) }

    init(_ affine: AffinePoint<F>) { self.init(affine.x, affine.y, .one) }

    init(_ affine: AffinePoint<F>?) { self = affine.map { CurvePoint($0) } ?? .infinity }

    static var infinity: CurvePoint { CurvePoint(.one, .one, .zero) }

    var isInfinity: Bool { z.isZero }

    /// The affine coordinates; nil for infinity.
    var affine: AffinePoint<F>? {
        guard !isInfinity else { return nil }
        let inverse = z.inverse()
        let square = inverse.squared()
        return AffinePoint(x: x * square, y: y * square * inverse)
    }

    static prefix func - (a: CurvePoint) -> CurvePoint { CurvePoint(a.x, -a.y, a.z) }

    func doubled() -> CurvePoint {
        let (a, b) = (x.squared(), y.squared())
        let c = b.squared()
        let d = ((x + b).squared() - a - c).doubled()
        let e = a.doubled() + a
        let x3 = e.squared() - d.doubled()
        return CurvePoint(x3, e * (d - x3) - c.doubled().doubled().doubled(), (y * z).doubled())
    }

    static func + (a: CurvePoint, b: CurvePoint) -> CurvePoint {
        if a.isInfinity { return b }
        if b.isInfinity { return a }
        let (aa, bb) = (a.z.squared(), b.z.squared())
        let (u1, u2) = (a.x * bb, b.x * aa)
        let (s1, s2) = (a.y * b.z * bb, b.y * a.z * aa)
        if u1 == u2 { return s1 == s2 ? a.doubled() : .infinity }
        let h = u2 - u1
        let i = h.doubled().squared()
        let j = h * i
        let r = (s2 - s1).doubled()
        let v = u1 * i
        let x3 = r.squared() - j - v.doubled()
        let y3 = r * (v - x3) - (s1 * j).doubled()
        return CurvePoint(x3, y3, ((a.z + b.z).squared() - aa - bb) * h)
    }

    /// The multiple by a number of any size, limbs least significant first, four bits at a time.
    func multiplied(by scalar: [UInt64]) -> CurvePoint { CurvePoint.sum(of: [(self, scalar)]) }

    /// The sum of multiples; the doublings are shared.
    ///
    /// - Complexity: four doublings, and an addition for each point, for every four bits of the longest scalar.
    static func sum(of terms: [(point: CurvePoint, scalar: [UInt64])]) -> CurvePoint {
        let tables = terms.map { term in
            // The multiples 0 to 15.
            var table = [CurvePoint.infinity, term.point]
            for index in 2..<16 {
                table.append(index.isMultiple(of: 2) ? table[index / 2].doubled() : table[index - 1] + term.point)
            }
            return table
        }
        var result = CurvePoint.infinity
        var digit = 16 * (terms.map(\.scalar.count).max() ?? 0)
        while digit > 0 {
            digit -= 1
            if !result.isInfinity { result = result.doubled().doubled().doubled().doubled() }
            for (term, table) in zip(terms, tables) where digit / 16 < term.scalar.count {
                let nibble = Int(term.scalar[digit / 16] >> UInt64(4 * (digit % 16)) & 15)
                if nibble != 0 { result = result + table[nibble] }
            }
        }
        return result
    }
}

/// A point of a curve that is not infinity.
struct AffinePoint<F: Field>: Equatable, Sendable {
    var x, y: F

    /// Whether it lies on `y^2 = x^3 + b`.
    func isOnCurve(b: F) -> Bool { y.squared() == x.squared() * x + b }
}
