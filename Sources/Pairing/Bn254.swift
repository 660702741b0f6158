/// The curve bn254 (alt_bn128) as Ethereum's precompiles 0x06 to 0x08 have it (EIP-196, EIP-197).
///
/// Each function takes the precompile's input and returns its output, or nil where the precompile fails.
package enum Bn254 {
    /// Adds two points: 128 bytes to 64; missing bytes count as zeros, further ones are ignored.
    package static func add(_ input: [UInt8]) -> [UInt8]? {
        let input = padded(input, to: 128)
        guard let a = point(input[0..<64]), let b = point(input[64..<128]) else { return nil }
        return bytes(a + b)
    }

    /// Multiplies a point by a number: 96 bytes to 64; missing bytes count as zeros, further ones are ignored.
    package static func multiply(_ input: [UInt8]) -> [UInt8]? {
        let input = padded(input, to: 96)
        guard let a = point(input[0..<64]) else { return nil }
        return bytes(a.multiplied(by: limbs(bigEndian: input[64..<96])))
    }

    /// Whether the product of pairings is one: 192 bytes a pair to a 32-byte 0 or 1.
    package static func pairingCheck(_ input: [UInt8]) -> [UInt8]? {
        guard input.count.isMultiple(of: 192) else { return nil }
        var pairs = [(Bn254Curve.G1, Bn254Curve.G2)]()
        for start in stride(from: 0, to: input.count, by: 192) {
            guard let p = point(input[start..<start + 64]), let q = twistPoint(input[start + 64..<start + 192]) else {
                return nil
            }
            if let p = p.affine, let q = q.affine { pairs.append((p, q)) }
        }
        return word(Bn254Curve.productIsOne(pairs))
    }

    private static func padded(_ input: [UInt8], to count: Int) -> [UInt8] {
        input.count >= count ? input : input + [UInt8](repeating: 0, count: count - input.count)
    }

    /// Reads `x || y`; all zeros are infinity; nil where a number is not below p or the point is off the curve.
    private static func point(_ bytes: ArraySlice<UInt8>) -> CurvePoint<Bn254Field>? {
        let middle = bytes.startIndex + 32
        guard let x = Bn254Field(bigEndian: bytes[..<middle]), let y = Bn254Field(bigEndian: bytes[middle...]) else {
            return nil
        }
        if x.isZero, y.isZero { return .infinity }
        let point = AffinePoint(x: x, y: y)
        return point.isOnCurve(b: Bn254Curve.b) ? CurvePoint(point) : nil
    }

    /// Reads `x1 || x0 || y1 || y0`; nil also where the point is not of the group's order.
    private static func twistPoint(_ bytes: ArraySlice<UInt8>) -> CurvePoint<Field2<Bn254Field>>? {
        var numbers = [Bn254Field]()
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 32) {
            guard let number = Bn254Field(bigEndian: bytes[start..<start + 32]) else { return nil }
            numbers.append(number)
        }
        let point = AffinePoint(x: Field2(numbers[1], numbers[0]), y: Field2(numbers[3], numbers[2]))
        if point.x.isZero, point.y.isZero { return .infinity }
        guard point.isOnCurve(b: Bn254Curve.twistB), Bn254Curve.isInSubgroup(point) else { return nil }
        return CurvePoint(point)
    }

    private static func bytes(_ point: CurvePoint<Bn254Field>) -> [UInt8] {
        guard let affine = point.affine else { return [UInt8](repeating: 0, count: 64) }
        return affine.x.bytes + affine.y.bytes
    }
}

/// The 32-byte word 1 or 0.
func word(_ flag: Bool) -> [UInt8] { [UInt8](repeating: 0, count: 31) + [flag ? 1 : 0] }

/// The limbs of a big-endian number, least significant first.
///
/// - Precondition: the count of bytes is a multiple of 8.
func limbs(bigEndian bytes: ArraySlice<UInt8>) -> [UInt64] {
    stride(from: bytes.endIndex - 8, through: bytes.startIndex, by: -8).map { start in
        bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
