/// `c0 + c1 v + c2 v^2` with `v^3 = xi`.
struct Field6<Base: TowerBase>: Field {
    typealias Element = Field2<Base>
    var c0, c1, c2: Element

    @inline(__always)
    init(_ c0: Element, _ c1: Element, _ c2: Element) { (self.c0, self.c1, self.c2) = (c0, c1, c2) }

    static var zero: Field6 { Field6(.zero, .zero, .zero) }
    static var one: Field6 { Field6(.one, .zero, .zero) }

    static func + (a: Field6, b: Field6) -> Field6 { Field6(a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2) }
    static func - (a: Field6, b: Field6) -> Field6 { Field6(a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2) }
    static prefix func - (a: Field6) -> Field6 { Field6(-a.c0, -a.c1, -a.c2) }

    static func * (a: Field6, b: Field6) -> Field6 {
        let (v0, v1, v2) = (a.c0 * b.c0, a.c1 * b.c1, a.c2 * b.c2)
        let cross12 = (a.c1 + a.c2) * (b.c1 + b.c2) - v1 - v2
        let cross01 = (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1
        let cross02 = (a.c0 + a.c2) * (b.c0 + b.c2) - v0 - v2
        return Field6(v0 + Base.timesXi(cross12), cross01 + Base.timesXi(v2), cross02 + v1)
    }

    func squared() -> Field6 { self * self }

    /// The product with `b0 + b1 v`.
    func times(_ b0: Element, _ b1: Element) -> Field6 {
        let (v0, v1) = (c0 * b0, c1 * b1)
        let cross12 = (c1 + c2) * b1 - v1
        let cross01 = (c0 + c1) * (b0 + b1) - v0 - v1
        let cross02 = (c0 + c2) * b0 - v0
        return Field6(v0 + Base.timesXi(cross12), cross01, cross02 + v1)
    }

    /// The product with `b1 v`.
    func timesV(_ b1: Element) -> Field6 { Field6(Base.timesXi(c2 * b1), c0 * b1, c1 * b1) }

    /// The product with `v`.
    func timesV() -> Field6 { Field6(Base.timesXi(c2), c0, c1) }

    /// The product with an element of the field below.
    func scaled(by b: Element) -> Field6 { Field6(c0 * b, c1 * b, c2 * b) }

    func inverse() -> Field6 {
        let t0 = c0.squared() - Base.timesXi(c1 * c2)
        let t1 = Base.timesXi(c2.squared()) - c0 * c1
        let t2 = c1.squared() - c0 * c2
        let factor = (c0 * t0 + Base.timesXi(c2 * t1 + c1 * t2)).inverse()
        return Field6(t0 * factor, t1 * factor, t2 * factor)
    }
}
