/// The points at k / n of a turn, to double precision by arithmetic alone, so that every machine has the same ones.
struct UnitCircle {
    typealias Point = (cosine: Double, sine: Double)

    private let points: [Point]

    init(_ count: Int) {
        points = (0..<count).map { place in
            // A quarter turn, and what is left of it in parts of `count`.
            let (quarter, rest) = (4 * place).quotientAndRemainder(dividingBy: count)
            let isBeyond = 2 * rest > count
            let angle = Double.pi / 2 * Double(isBeyond ? count - rest : rest) / Double(count)
            let near = Self.series(angle)
            let first: Point = isBeyond ? (near.sine, near.cosine) : near
            switch quarter {
            case 0: return first
            case 1: return (-first.sine, first.cosine)
            case 2: return (-first.cosine, -first.sine)
            default: return (first.sine, -first.cosine)
            }
        }
    }

    /// The point at `place` / n of a turn, for any place from 0.
    func point(_ place: Int) -> Point { points[place % points.count] }

    /// Taylor series of both for angles up to a quarter of pi.
    private static func series(_ angle: Double) -> Point {
        let square = angle * angle
        var (cosine, sine, term) = (0.0, 0.0, 1.0)
        for power in stride(from: 0, to: 20, by: 2) {
            cosine += term
            sine += term / Double(power + 1)
            term *= -square / Double((power + 1) * (power + 2))
        }
        return (cosine, sine * angle)
    }
}
