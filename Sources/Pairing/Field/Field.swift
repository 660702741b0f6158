/// A field: what curve arithmetic needs, over a prime field or an extension of one.
protocol Field: Equatable, Sendable {
    static var zero: Self { get }
    static var one: Self { get }
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static prefix func - (a: Self) -> Self
    func squared() -> Self
    /// The multiplicative inverse; zero for zero.
    func inverse() -> Self
}

extension Field {
    var isZero: Bool { self == .zero }

    @inline(__always)
    func doubled() -> Self { self + self }

    /// `self ^ exponent`; the exponent's limbs least significant first.
    ///
    /// - Complexity: a squaring for each bit and a multiplication for each bit that is set.
    func power(_ exponent: [UInt64]) -> Self {
        var result = Self.one
        for limb in exponent.reversed() {
            var bit = 64
            while bit > 0 {
                bit -= 1
                result = result.squared()
                if limb >> UInt64(bit) & 1 == 1 { result = result * self }
            }
        }
        return result
    }
}

/// A prime field under a pairing: its extension tower is fixed by a few choices.
///
/// Both curves build it alike: `Fp2 = Fp[u] / (u^2 + 1)`, `Fp6 = Fp2[v] / (v^3 - xi)`, `Fp12 = Fp6[w] / (w^2 - v)`.
protocol TowerBase: Field {
    /// How many big-endian bytes a number has.
    static var byteCount: Int { get }
    /// Reads exactly `byteCount` bytes; nil where the number is not below the modulus.
    init?(bigEndian bytes: ArraySlice<UInt8>)
    var bytes: [UInt8] { get }
    /// The modulus, limbs least significant first; 3 modulo 4 for both curves.
    static var modulus: [UInt64] { get }
    /// `x * xi`, where `xi` is the non-residue that builds Fp6.
    static func timesXi(_ x: Field2<Self>) -> Field2<Self>
    /// `xi ^ (i * (p - 1) / 6)` for i from 0 to 5.
    static var frobeniusCoefficients: [Field2<Self>] { get }
    static var half: Self { get }
}

extension TowerBase {
    /// The root whose square this is, or nil.
    func squareRoot() -> Self? {
        // (p + 1) / 4 works because p is 3 modulo 4.
        let root = power(Self.modulus.adding(1).shiftedRight(2))
        return root.squared() == self ? root : nil
    }

    static func computedFrobeniusCoefficients() -> [Field2<Self>] {
        // p is 1 modulo 6 for both curves.
        let exponent = modulus.subtracting(1).dividedBySix()
        let first = timesXi(.one).power(exponent)
        var list = [Field2<Self>.one]
        for _ in 1..<6 { list.append(list[list.count - 1] * first) }
        return list
    }
}

/// Small arithmetic on limbs, least significant first, for exponents only.
extension Array where Element == UInt64 {
    func adding(_ small: UInt64) -> [UInt64] {
        var (result, carry) = (self, small)
        for index in indices {
            let (sum, overflow) = self[index].addingReportingOverflow(carry)
            result[index] = sum
            carry = overflow ? 1 : 0
        }
        return result
    }

    func subtracting(_ small: UInt64) -> [UInt64] {
        var (result, borrow) = (self, small)
        for index in indices {
            let (difference, overflow) = self[index].subtractingReportingOverflow(borrow)
            result[index] = difference
            borrow = overflow ? 1 : 0
        }
        return result
    }

    func shiftedRight(_ bits: UInt64) -> [UInt64] {
        indices.map { index in
            self[index] >> bits | (index + 1 < count ? self[index + 1] << (64 - bits) : 0)
        }
    }

    func dividedBySix() -> [UInt64] {
        var (result, rest) = (self, UInt64(0))
        for index in indices.reversed() { (result[index], rest) = UInt64(6).dividingFullWidth((rest, self[index])) }
        return result
    }
}

/// `sum + a * b + carry`: returns the low word, leaves the high one in `carry`.
@inline(__always)
func multiplyAdd(_ sum: UInt64, _ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
    let wide = UInt128(a) &* UInt128(b) &+ UInt128(sum) &+ UInt128(carry)
    carry = UInt64(truncatingIfNeeded: wide &>> 64)
    return UInt64(truncatingIfNeeded: wide)
}

/// `a + b + carry`.
@inline(__always)
func add(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
    let wide = UInt128(a) &+ UInt128(b) &+ UInt128(carry)
    carry = UInt64(truncatingIfNeeded: wide &>> 64)
    return UInt64(truncatingIfNeeded: wide)
}

/// `a - b - borrow`; the borrow is 0 or 1.
@inline(__always)
func subtract(_ a: UInt64, _ b: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let (first, under) = a.subtractingReportingOverflow(b)
    let (second, underAgain) = first.subtractingReportingOverflow(borrow)
    borrow = under || underAgain ? 1 : 0
    return second
}
