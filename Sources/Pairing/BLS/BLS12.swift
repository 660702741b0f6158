/// BLS12-381 as Ethereum's precompiles 0x0b to 0x11 have it (EIP-2537).
///
/// Each function takes the precompile's input and returns its output, or nil where the precompile fails.
package enum BLS12 {
    /// 0x0b: adds two points of the curve; 256 bytes to 128.
    package static func g1Add(_ input: [UInt8]) -> [UInt8]? {
        guard input.count == 2 * BLS12Encoding.g1Count, let a = BLS12Encoding.g1(input[..<128]),
            let b = BLS12Encoding.g1(input[128...])
        else { return nil }
        return BLS12Encoding.bytes(a + b)
    }

    /// 0x0d: adds two points of the twist; 512 bytes to 256.
    package static func g2Add(_ input: [UInt8]) -> [UInt8]? {
        guard input.count == 2 * BLS12Encoding.g2Count, let a = BLS12Encoding.g2(input[..<256]),
            let b = BLS12Encoding.g2(input[256...])
        else { return nil }
        return BLS12Encoding.bytes(a + b)
    }

    /// 0x0c: the sum of multiples of points; 160 bytes each to 128.
    package static func g1MultiScalar(_ input: [UInt8]) -> [UInt8]? {
        multiScalar(input, BLS12Encoding.g1Count, BLS12Encoding.g1).map(BLS12Encoding.bytes)
    }

    /// 0x0e: the sum of multiples of points of the twist; 288 bytes each to 256.
    package static func g2MultiScalar(_ input: [UInt8]) -> [UInt8]? {
        multiScalar(input, BLS12Encoding.g2Count, BLS12Encoding.g2).map(BLS12Encoding.bytes)
    }

    private static func multiScalar<F: Field>(
        _ input: [UInt8], _ pointCount: Int, _ read: (ArraySlice<UInt8>) -> CurvePoint<F>?
    ) -> CurvePoint<F>? {
        let size = pointCount + 32
        guard !input.isEmpty, input.count.isMultiple(of: size) else { return nil }
        var terms = [(point: CurvePoint<F>, scalar: [UInt64])]()
        for start in stride(from: 0, to: input.count, by: size) {
            guard let point = read(input[start..<start + pointCount]), hasOrder(point) else { return nil }
            if !point.isInfinity {
                terms.append((point, limbs(bigEndian: input[start + pointCount..<start + size])))
            }
        }
        return CurvePoint.sum(of: terms)
    }

    /// 0x0f: whether the product of pairings is one; 384 bytes a pair to a 32-byte 0 or 1.
    package static func pairingCheck(_ input: [UInt8]) -> [UInt8]? {
        guard !input.isEmpty, input.count.isMultiple(of: 384) else { return nil }
        var pairs = [(BLS12Curve.G1, BLS12Curve.G2)]()
        for start in stride(from: 0, to: input.count, by: 384) {
            guard let p = BLS12Encoding.g1(input[start..<start + 128]), hasOrder(p),
                let q = BLS12Encoding.g2(input[start + 128..<start + 384]), hasOrder(q)
            else { return nil }
            if let p = p.affine, let q = q.affine { pairs.append((p, q)) }
        }
        return word(BLS12Curve.productIsOne(pairs))
    }

    /// 0x10: a point of the group from a number of the prime field; 64 bytes to 128.
    package static func mapToG1(_ input: [UInt8]) -> [UInt8]? {
        BLS12Encoding.number(input[...]).map { BLS12Encoding.bytes(MapToCurve.g1($0)) }
    }

    /// 0x11: a point of the twist's group from a number of the extension; 128 bytes to 256.
    package static func mapToG2(_ input: [UInt8]) -> [UInt8]? {
        BLS12Encoding.pair(input[...]).map { BLS12Encoding.bytes(MapToCurve.g2($0)) }
    }

    /// Whether the order of the groups annihilates the point.
    static func hasOrder<F: Field>(_ point: CurvePoint<F>) -> Bool {
        point.isInfinity || point.multiplied(by: BLS12Curve.order).isInfinity
    }
}
