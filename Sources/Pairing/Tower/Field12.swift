/// `c0 + c1 w` with `w^2 = v`: where pairings take their values.
struct Field12<Base: TowerBase>: Field {
    typealias Element = Field6<Base>
    var c0, c1: Element

    @inline(__always)
    init(_ c0: Element, _ c1: Element) { (self.c0, self.c1) = (c0, c1) }

    static var zero: Field12 { Field12(.zero, .zero) }
    static var one: Field12 { Field12(.one, .zero) }

    static func + (a: Field12, b: Field12) -> Field12 { Field12(a.c0 + b.c0, a.c1 + b.c1) }
    static func - (a: Field12, b: Field12) -> Field12 { Field12(a.c0 - b.c0, a.c1 - b.c1) }
    static prefix func - (a: Field12) -> Field12 { Field12(-a.c0, -a.c1) }

    static func * (a: Field12, b: Field12) -> Field12 {
        let (v0, v1) = (a.c0 * b.c0, a.c1 * b.c1)
        return Field12(v0 + v1.timesV(), (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1)
    }

    func squared() -> Field12 {
        let product = c0 * c1
        let c0 = (c0 + c1) * (c0 + c1.timesV()) - product - product.timesV()
        return Field12(c0, product + product)
    }

    func inverse() -> Field12 {
        let factor = (c0.squared() - c1.squared().timesV()).inverse()
        return Field12(c0 * factor, -(c1 * factor))
    }

    /// `c0 - c1 w`, the p^6-th power; the inverse of elements of the cyclotomic subgroup.
    var conjugate: Field12 { Field12(c0, -c1) }

    /// The p-th power.
    func frobenius() -> Field12 {
        let g = Base.frobeniusCoefficients
        return Field12(
            Field6(c0.c0.conjugate, c0.c1.conjugate * g[2], c0.c2.conjugate * g[4]),
            Field6(c1.c0.conjugate * g[1], c1.c1.conjugate * g[3], c1.c2.conjugate * g[5]))
    }

    /// The product with `b0 + (b3 + b4 v) w`: a line of a curve with a divisive twist.
    func timesLine(b0: Field2<Base>, b3: Field2<Base>, b4: Field2<Base>) -> Field12 {
        let v0 = c0.scaled(by: b0)
        let v1 = c1.times(b3, b4)
        return Field12(v0 + v1.timesV(), (c0 + c1).times(b0 + b3, b4) - v0 - v1)
    }

    /// The product with `b0 + b1 v + b4 v w`: a line of a curve with a multiplicative twist.
    func timesLine(b0: Field2<Base>, b1: Field2<Base>, b4: Field2<Base>) -> Field12 {
        let v0 = c0.times(b0, b1)
        let v1 = c1.timesV(b4)
        return Field12(v0 + v1.timesV(), (c0 + c1).times(b0, b1 + b4) - v0 - v1)
    }

    /// The square of an element of the cyclotomic subgroup (Granger and Scott): two thirds of the work of `squared`.
    func cyclotomicSquared() -> Field12 {
        func square4(_ a: Field2<Base>, _ b: Field2<Base>) -> (Field2<Base>, Field2<Base>) {
            let (aa, bb) = (a.squared(), b.squared())
            return (Base.timesXi(bb) + aa, (a + b).squared() - aa - bb)
        }
        let (t0, t1) = square4(c0.c0, c1.c1)
        let (t2, t3) = square4(c1.c0, c0.c2)
        let (t4, t5) = square4(c0.c1, c1.c2)
        func minus(_ t: Field2<Base>, _ z: Field2<Base>) -> Field2<Base> { (t - z).doubled() + t }
        func plus(_ t: Field2<Base>, _ z: Field2<Base>) -> Field2<Base> { (t + z).doubled() + t }
        return Field12(
            Field6(minus(t0, c0.c0), minus(t2, c0.c1), minus(t4, c0.c2)),
            Field6(plus(Base.timesXi(t5), c1.c0), plus(t1, c1.c1), plus(t3, c1.c2)))
    }

    /// A small or 64-bit power of an element of the cyclotomic subgroup.
    func cyclotomicPower(_ exponent: UInt64) -> Field12 {
        guard exponent > 0 else { return .one }
        var result = self
        var bit = 63 - exponent.leadingZeroBitCount
        while bit > 0 {
            bit -= 1
            result = result.cyclotomicSquared()
            if exponent >> UInt64(bit) & 1 == 1 { result = result * self }
        }
        return result
    }
}
