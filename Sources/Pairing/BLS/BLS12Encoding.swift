/// The encodings of EIP-2537: a number takes 64 bytes (16 zeros in front), a point its coordinates, infinity all zeros.
enum BLS12Encoding {
    static let g1Count = 128
    static let g2Count = 256

    /// Nil where the first 16 bytes are not zero or the number is not below p.
    static func number(_ bytes: ArraySlice<UInt8>) -> BLS12Field? {
        guard bytes.count == 64, bytes.prefix(16).allSatisfy({ $0 == 0 }) else { return nil }
        return BLS12Field(bigEndian: bytes.dropFirst(16))
    }

    static func pair(_ bytes: ArraySlice<UInt8>) -> Field2<BLS12Field>? {
        guard bytes.count == 128, let c0 = number(bytes.prefix(64)), let c1 = number(bytes.suffix(64)) else {
            return nil
        }
        return Field2(c0, c1)
    }

    /// Nil also where the point is off the curve; its order is not checked.
    static func g1(_ bytes: ArraySlice<UInt8>) -> CurvePoint<BLS12Field>? {
        guard let x = number(bytes.prefix(64)), let y = number(bytes.dropFirst(64)) else { return nil }
        if x.isZero, y.isZero { return .infinity }
        let point = AffinePoint(x: x, y: y)
        return point.isOnCurve(b: BLS12Curve.b) ? CurvePoint(point) : nil
    }

    static func g2(_ bytes: ArraySlice<UInt8>) -> CurvePoint<Field2<BLS12Field>>? {
        guard let x = pair(bytes.prefix(128)), let y = pair(bytes.dropFirst(128)) else { return nil }
        if x.isZero, y.isZero { return .infinity }
        let point = AffinePoint(x: x, y: y)
        return point.isOnCurve(b: BLS12Curve.twistB) ? CurvePoint(point) : nil
    }

    static func bytes(_ number: BLS12Field) -> [UInt8] { [UInt8](repeating: 0, count: 16) + number.bytes }

    static func bytes(_ point: CurvePoint<BLS12Field>) -> [UInt8] {
        guard let affine = point.affine else { return [UInt8](repeating: 0, count: g1Count) }
        return bytes(affine.x) + bytes(affine.y)
    }

    static func bytes(_ point: CurvePoint<Field2<BLS12Field>>) -> [UInt8] {
        guard let affine = point.affine else { return [UInt8](repeating: 0, count: g2Count) }
        return bytes(affine.x.c0) + bytes(affine.x.c1) + bytes(affine.y.c0) + bytes(affine.y.c1)
    }
}
