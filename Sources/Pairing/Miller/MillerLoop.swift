/// The Miller loop of several pairs at once, which shares the squarings.
///
/// Points of the twist move in homogeneous projective coordinates; each step yields a line as three coefficients
/// (Costello, Lange and Naehrig, "Faster pairing computations on curves with high-degree twists").
struct MillerLoop<Curve: PairingCurve> {
    typealias Base = Curve.Base
    typealias Element = Field2<Base>

    private(set) var f = Field12<Base>.one
    private let pairs: [(p: AffinePoint<Base>, q: AffinePoint<Element>)]
    /// Where each point of the twist stands.
    private var current: [(x: Element, y: Element, z: Element)]
    private let threeB: Element

    init(_ pairs: [(AffinePoint<Base>, AffinePoint<Element>)]) {
        self.pairs = pairs.map { (p: $0.0, q: $0.1) }
        current = pairs.map { ($0.1.x, $0.1.y, .one) }
        threeB = Curve.twistB.doubled() + Curve.twistB
    }

    mutating func run() {
        for bit in Curve.loop {
            f = f.squared()
            for index in pairs.indices { double(index) }
            if bit { for index in pairs.indices { add(index, pairs[index].q) } }
        }
        Curve.finish(&self)
    }

    mutating func conjugate() { f = f.conjugate }

    /// Adds `change(q)` to each point.
    mutating func addAll(_ change: (AffinePoint<Element>) -> AffinePoint<Element>) {
        for index in pairs.indices { add(index, change(pairs[index].q)) }
    }

    private mutating func double(_ index: Int) {
        let (x, y, z) = current[index]
        let a = (x * y) * Base.half
        let (b, c) = (y.squared(), z.squared())
        let e = threeB * c
        let threeE = e.doubled() + e
        let g = (b + threeE) * Base.half
        let h = (y + z).squared() - (b + c)
        let j = x.squared()
        let ee = e.squared()
        current[index] = (a * (b - threeE), g.squared() - (ee.doubled() + ee), b * h)
        multiply(index, yFactor: -h, xFactor: j.doubled() + j, constant: e - b)
    }

    private mutating func add(_ index: Int, _ q: AffinePoint<Element>) {
        let (x, y, z) = current[index]
        let theta = y - q.y * z
        let lambda = x - q.x * z
        let c = theta.squared()
        let d = lambda.squared()
        let e = lambda * d
        let f = z * c
        let g = x * d
        let h = e + f - g.doubled()
        current[index] = (lambda * h, theta * (g - h) - e * y, z * e)
        multiply(index, yFactor: lambda, xFactor: -theta, constant: theta * q.x - lambda * q.y)
    }

    /// Multiplies the line `yFactor * y + xFactor * x + constant` at the pair's point into `f`.
    private mutating func multiply(_ index: Int, yFactor: Element, xFactor: Element, constant: Element) {
        let p = pairs[index].p
        switch Curve.twist {
        case .divisive: f = f.timesLine(b0: yFactor * p.y, b3: xFactor * p.x, b4: constant)
        case .multiplicative: f = f.timesLine(b0: constant, b1: xFactor * p.x, b4: yFactor * p.y)
        }
    }
}
