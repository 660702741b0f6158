/// The compression function F of BLAKE2b (RFC 7693, 3.2) with a number of rounds to choose (EIP-152).
///
/// libcrypto hides it behind the whole hash, so it is ours. `state` has 8 words, `block` 16.
///
/// - Complexity: O(rounds)
package func blake2bCompress(
    rounds: UInt32, state: inout [UInt64], block: [UInt64], offset: (low: UInt64, high: UInt64), isFinal: Bool
) {
    precondition(state.count == 8 && block.count == 16, "BLAKE2b has 8 words of state and blocks of 16")
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 16) { buffer in
        let v = buffer.baseAddress!  // 16 words were asked for
        for index in 0..<8 { (v[index], v[index + 8]) = (state[index], initialVector[index]) }
        v[12] ^= offset.low
        v[13] ^= offset.high
        if isFinal { v[14] = ~v[14] }
        block.withUnsafeBufferPointer { m in
            var round: UInt32 = 0
            var row = 0
            while round < rounds {
                schedule.withUnsafeBufferPointer { s in
                    let s = s.baseAddress! + row &* 16  // the table is not empty
                    mix(v, 0, 4, 8, 12, m[Int(s[0])], m[Int(s[1])])
                    mix(v, 1, 5, 9, 13, m[Int(s[2])], m[Int(s[3])])
                    mix(v, 2, 6, 10, 14, m[Int(s[4])], m[Int(s[5])])
                    mix(v, 3, 7, 11, 15, m[Int(s[6])], m[Int(s[7])])
                    mix(v, 0, 5, 10, 15, m[Int(s[8])], m[Int(s[9])])
                    mix(v, 1, 6, 11, 12, m[Int(s[10])], m[Int(s[11])])
                    mix(v, 2, 7, 8, 13, m[Int(s[12])], m[Int(s[13])])
                    mix(v, 3, 4, 9, 14, m[Int(s[14])], m[Int(s[15])])
                }
                round &+= 1
                row = row == 9 ? 0 : row &+ 1
            }
        }
        for index in 0..<8 { state[index] ^= v[index] ^ v[index + 8] }
    }
}

@inline(__always)
private func mix(_ v: UnsafeMutablePointer<UInt64>, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt64, _ y: UInt64) {
    func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word &>> count | word &<< (64 &- count) }
    v[a] = v[a] &+ v[b] &+ x
    v[d] = rotate(v[d] ^ v[a], 32)
    v[c] = v[c] &+ v[d]
    v[b] = rotate(v[b] ^ v[c], 24)
    v[a] = v[a] &+ v[b] &+ y
    v[d] = rotate(v[d] ^ v[a], 16)
    v[c] = v[c] &+ v[d]
    v[b] = rotate(v[b] ^ v[c], 63)
}

private let initialVector: [UInt64] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
]

/// The message schedule, ten rows of sixteen (RFC 7693, 2.7).
private let schedule: [UInt8] = [
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
