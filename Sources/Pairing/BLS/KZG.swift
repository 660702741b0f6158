import Crypto

/// The point evaluation precompile 0x0a (EIP-4844): a blob's polynomial has a value at a point.
package enum KZG {
    /// `versioned hash (32) || z (32) || y (32) || commitment (48) || proof (48)` to 4096 and the group's order, 32 bytes
    /// each; nil where the precompile fails.
    package static func verify(_ input: [UInt8]) -> [UInt8]? {
        guard input.count == 192 else { return nil }
        let (z, y) = (limbs(bigEndian: input[32..<64]), limbs(bigEndian: input[64..<96]))
        let commitment = input[96..<144]
        var hash = Digest.sha256.hash(Array(commitment))
        hash[0] = 0x01
        guard hash.elementsEqual(input[..<32]), isBelowOrder(z), isBelowOrder(y), let c = point(commitment),
            let proof = point(input[144...])
        else { return nil }
        // e(C - y G1, -G2) e(proof, tau G2 - z G2) is one where C is the commitment to a polynomial with p(z) = y.
        let left = c + -CurvePoint(g1).multiplied(by: y)
        let right = CurvePoint(tauG2) + -CurvePoint(g2).multiplied(by: z)
        let pairs = [(left, -CurvePoint(g2)), (proof, right)].compactMap { p, q -> (BLS12Curve.G1, BLS12Curve.G2)? in
            guard let p = p.affine, let q = q.affine else { return nil }
            return (p, q)
        }
        return BLS12Curve.productIsOne(pairs) ? output : nil
    }

    /// The number of field elements in a blob, then the order of the group.
    private static let output: [UInt8] =
        [UInt8](repeating: 0, count: 30) + [0x10, 0x00]
        + BLS12Curve.order.reversed().flatMap { limb in
            (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * $0)) }
        }

    private static func isBelowOrder(_ number: [UInt64]) -> Bool {
        for (a, b) in zip(number, BLS12Curve.order).reversed() where a != b { return a < b }
        return false
    }

    /// Reads a compressed point of the group: three flags in the first bits, then x.
    static func point(_ bytes: ArraySlice<UInt8>) -> CurvePoint<BLS12Field>? {
        guard bytes.count == 48, let first = bytes.first, first & 0x80 != 0 else { return nil }
        let rest = [first & 0x1F] + bytes.dropFirst()
        if first & 0x40 != 0 {
            return first == 0xC0 && rest.allSatisfy { $0 == 0 } ? .infinity : nil
        }
        guard let x = BLS12Field(bigEndian: rest[...]),
            let root = (x.squared() * x + BLS12Curve.b).squareRoot()
        else { return nil }
        let isLarger = (-root).bytes.lexicographicallyPrecedes(root.bytes)
        let point = CurvePoint(AffinePoint(x: x, y: isLarger == (first & 0x20 != 0) ? root : -root))
        return BLS12.hasOrder(point) ? point : nil
    }

    // MARK: The generators, and the one point of the trusted setup that verification needs

    private static let g1 = AffinePoint(
        x: Isogeny.number(
            "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"),
        y: Isogeny.number(
            "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"))

    private static let g2 = AffinePoint(
        x: Isogeny.pair(
            "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
            "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"),
        y: Isogeny.pair(
            "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
            "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be"))

    /// `tau G2` of the ceremony of 2023.
    private static let tauG2 = AffinePoint(
        x: Isogeny.pair(
            "185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2",
            "15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72"),
        y: Isogeny.pair(
            "014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99",
            "1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f"))
}
