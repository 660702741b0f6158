import Tensor

// Samples by canonical arithmetic only: the same bits on every machine.
extension RandomStream {
    /// A standard normal number (polar method).
    package mutating func normal() -> Float {
        while true {
            let (a, b) = (2 * uniform() - 1, 2 * uniform() - 1)
            let square = (b * b) + (a * a)
            if square < 1 && square > 0 { return a * ((-2 * Reference.log(square)) / square).squareRoot() }
        }
    }

    /// A gamma number of the given shape and scale 1: Marsaglia and Tsang's method; below shape 1 by a power of a uniform.
    package mutating func gamma(shape: Float) -> Float {
        if shape == 1 { return -Reference.log(uniform()) }
        if shape < 1 {
            let boosted = gamma(shape: shape + 1)
            return boosted * Reference.exp(Reference.log(uniform()) / shape)
        }
        let d = shape - 0x1.555556p-2
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            if root <= 0 { continue }
            let v = (root * root) * root
            let limit = ((0.5 * x) * x + d) - d * v + d * Reference.log(v)
            if Reference.log(uniform()) < limit { return d * v }
        }
    }

    /// Shares of `count` parties, summing to about 1.
    package mutating func dirichlet(_ count: Int, alpha: Float) -> [Float] {
        let draws = (0..<count).map { _ in max(gamma(shape: alpha), .leastNormalMagnitude) }
        let total = draws.reduce(0, +)
        return draws.map { $0 / total }
    }
}
