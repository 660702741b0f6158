/// The compression function of BLAKE2b (RFC 7693) with its rounds as a parameter (EIP-152).
///
/// `input` is 213 bytes: rounds, h, m, t, final flag. Nil where the length or the flag is wrong.
func blake2f(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
    guard input.count == 213, input[212] <= 1 else { return nil }
    let rounds = UInt32(bigEndian: input.loadUnaligned(as: UInt32.self))
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    var h = (0..<8).map { word(4 + 8 * $0) }
    let m = (0..<16).map { word(68 + 8 * $0) }
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 16) { v in
        for i in 0..<8 { (v[i], v[i + 8]) = (h[i], blakeVector[i]) }
        v[12] ^= word(196)
        v[13] ^= word(204)
        if input[212] == 1 { v[14] = ~v[14] }
        var round = 0
        for _ in 0..<rounds {
            let s = 16 * round
            mix(v, 0, 4, 8, 12, m[Int(blakeOrder[s])], m[Int(blakeOrder[s + 1])])
            mix(v, 1, 5, 9, 13, m[Int(blakeOrder[s + 2])], m[Int(blakeOrder[s + 3])])
            mix(v, 2, 6, 10, 14, m[Int(blakeOrder[s + 4])], m[Int(blakeOrder[s + 5])])
            mix(v, 3, 7, 11, 15, m[Int(blakeOrder[s + 6])], m[Int(blakeOrder[s + 7])])
            mix(v, 0, 5, 10, 15, m[Int(blakeOrder[s + 8])], m[Int(blakeOrder[s + 9])])
            mix(v, 1, 6, 11, 12, m[Int(blakeOrder[s + 10])], m[Int(blakeOrder[s + 11])])
            mix(v, 2, 7, 8, 13, m[Int(blakeOrder[s + 12])], m[Int(blakeOrder[s + 13])])
            mix(v, 3, 4, 9, 14, m[Int(blakeOrder[s + 14])], m[Int(blakeOrder[s + 15])])
            round = round == 9 ? 0 : round + 1
        }
        for i in 0..<8 { h[i] ^= v[i] ^ v[i + 8] }
        return h.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }
}

@inline(__always)
private func mix(
    _ v: UnsafeMutableBufferPointer<UInt64>, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt64, _ y: UInt64
) {
    v[a] = v[a] &+ v[b] &+ x
    v[d] = rotated(v[d] ^ v[a], 32)
    v[c] = v[c] &+ v[d]
    v[b] = rotated(v[b] ^ v[c], 24)
    v[a] = v[a] &+ v[b] &+ y
    v[d] = rotated(v[d] ^ v[a], 16)
    v[c] = v[c] &+ v[d]
    v[b] = rotated(v[b] ^ v[c], 63)
}

@inline(__always)
private func rotated(_ word: UInt64, _ right: UInt64) -> UInt64 { word >> right | word << (64 &- right) }

/// The initial vector: that of SHA-512 (RFC 7693, 2.6).
private let blakeVector: [UInt64] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
]

/// The order of message words in each of ten rounds (RFC 7693, 2.7).
private let blakeOrder: [UInt8] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
    11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
    7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
    9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
    2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
    12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
    13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
    6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
    10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
]
