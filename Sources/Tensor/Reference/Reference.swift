/// Canonical arithmetic in plain scalar Swift: the definition that the fast kernels must equal, bit for bit.
///
/// Short enough to read, and slow. Scalars are binary32 `+ - * / sqrt fma` with round to nearest even and gradual
/// underflow; Swift neither contracts nor reassociates them. A NaN that is stored is always 0x7fc00000.
package enum Reference {
    /// Links in one chain of fused multiply-adds.
    package static let chain = 256
    /// Elements in one chunk of a sum.
    package static let sumChunk = 4096
    /// Lanes of a chunk of a sum.
    package static let lanes = 16

    package static let nan = Float(bitPattern: 0x7fc0_0000)

    /// What a tensor may hold: any NaN becomes the one NaN.
    ///
    /// The test is on the bits: to an optimiser every NaN that an operation makes is as good as any other, and it folds
    /// `x.isNaN ? nan : x` away.
    package static func canonical(_ x: Float) -> Float {
        Float(bitPattern: x.bitPattern & 0x7fff_ffff > 0x7f80_0000 ? 0x7fc0_0000 : x.bitPattern)
    }

    package static func add(_ a: Float, _ b: Float) -> Float { canonical(a + b) }
    package static func subtract(_ a: Float, _ b: Float) -> Float { canonical(a - b) }
    package static func multiply(_ a: Float, _ b: Float) -> Float { canonical(a * b) }
    package static func divide(_ a: Float, _ b: Float) -> Float { canonical(a / b) }
    package static func sqrt(_ a: Float) -> Float { canonical(a.squareRoot()) }

    /// a * b + c, rounded once.
    package static func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { canonical(c.addingProduct(a, b)) }

    /// The larger in the total order of bit patterns (-0 < +0); NaN if either is.
    package static func maximum(_ a: Float, _ b: Float) -> Float {
        if a.isNaN || b.isNaN { return nan }
        return a.totalOrderKey > b.totalOrderKey ? a : b
    }

    package static func minimum(_ a: Float, _ b: Float) -> Float {
        if a.isNaN || b.isNaN { return nan }
        return a.totalOrderKey < b.totalOrderKey ? a : b
    }

    package static func relu(_ x: Float) -> Float { x > 0 || x.isNaN ? canonical(x) : 0 }

    package static func apply(_ operation: UnaryOperation, _ x: Float) -> Float {
        switch operation {
        case .exp: exp(x)
        case .log: log(x)
        case .tanh: tanh(x)
        case .erf: erf(x)
        case .sigmoid: sigmoid(x)
        case .gelu: gelu(x)
        case .geluTanh: geluTanh(x)
        case .relu: relu(x)
        case .negate: canonical(-x)
        case .abs: canonical(x.magnitude)
        case .sqrt: sqrt(x)
        case .reciprocal: divide(1, x)
        case .square: multiply(x, x)
        case .copy: canonical(x)
        }
    }

    package static func apply(_ operation: BinaryOperation, _ a: Float, _ b: Float) -> Float {
        switch operation {
        case .add: add(a, b)
        case .subtract: subtract(a, b)
        case .multiply: multiply(a, b)
        case .divide: divide(a, b)
        case .maximum: maximum(a, b)
        case .minimum: minimum(a, b)
        }
    }
}
