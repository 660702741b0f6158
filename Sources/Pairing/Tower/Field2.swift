/// `c0 + c1 u` with `u^2 = -1`.
struct Field2<Base: TowerBase>: Field {
    var c0, c1: Base

    @inline(__always)
    init(_ c0: Base, _ c1: Base) { (self.c0, self.c1) = (c0, c1) }

    static var zero: Field2 { Field2(.zero, .zero) }
    static var one: Field2 { Field2(.one, .zero) }

    @inline(__always)
    static func + (a: Field2, b: Field2) -> Field2 { Field2(a.c0 + b.c0, a.c1 + b.c1) }
    @inline(__always)
    static func - (a: Field2, b: Field2) -> Field2 { Field2(a.c0 - b.c0, a.c1 - b.c1) }
    @inline(__always)
    static prefix func - (a: Field2) -> Field2 { Field2(-a.c0, -a.c1) }

    static func * (a: Field2, b: Field2) -> Field2 {
        let (v0, v1) = (a.c0 * b.c0, a.c1 * b.c1)
        return Field2(v0 - v1, (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1)
    }

    @inline(__always)
    static func * (a: Field2, b: Base) -> Field2 { Field2(a.c0 * b, a.c1 * b) }

    func squared() -> Field2 { Field2((c0 + c1) * (c0 - c1), (c0 * c1).doubled()) }

    func inverse() -> Field2 {
        let factor = (c0.squared() + c1.squared()).inverse()
        return Field2(c0 * factor, -(c1 * factor))
    }

    /// `c0 - c1 u`, which is the p-th power.
    var conjugate: Field2 { Field2(c0, -c1) }

    /// A root whose square this is, or nil.
    func squareRoot() -> Field2? {
        if c1.isZero {
            if let root = c0.squareRoot() { return Field2(root, .zero) }
            return (-c0).squareRoot().map { Field2(.zero, $0) }
        }
        guard let norm = (c0.squared() + c1.squared()).squareRoot() else { return nil }
        let first = ((c0 + norm) * Base.half).squareRoot() ?? ((c0 - norm) * Base.half).squareRoot()
        guard let first, !first.isZero else { return nil }
        let root = Field2(first, c1 * first.doubled().inverse())
        return root.squared() == self ? root : nil
    }
}
