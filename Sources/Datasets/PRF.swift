package import Bytes

/// The ChaCha20 block function (RFC 8439, section 2.3) as a stream of 32-bit numbers, nonce zero, counter from 0.
///
/// It spreads a seed that everybody knows; it encrypts nothing, which is why it need not be the audited library's.
package struct PRF: Sendable {
    private let key: [UInt32]
    private var counter: UInt32 = 0
    private var block: [UInt32] = []
    private var used = 16

    package init(key: Hash32) {
        let bytes = Array(key.bytes)
        var words = [UInt32](repeating: 0, count: 8)
        for (index, byte) in bytes.enumerated() { words[index / 4] |= UInt32(byte) << UInt32(8 * (index % 4)) }
        self.key = words
    }

    package mutating func next() -> UInt32 {
        if used == 16 {
            block = Self.block(key: key, counter: counter, nonce: [0, 0, 0])
            counter &+= 1
            used = 0
        }
        defer { used += 1 }
        return block[used]
    }

    /// One block of sixteen words.
    package static func block(key: [UInt32], counter: UInt32, nonce: [UInt32]) -> [UInt32] {
        var start: [UInt32] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]
        start += key
        start.append(counter)
        start += nonce
        var x = start
        func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
            x[a] &+= x[b]
            x[d] = rotated(x[d] ^ x[a], 16)
            x[c] &+= x[d]
            x[b] = rotated(x[b] ^ x[c], 12)
            x[a] &+= x[b]
            x[d] = rotated(x[d] ^ x[a], 8)
            x[c] &+= x[d]
            x[b] = rotated(x[b] ^ x[c], 7)
        }
        for _ in 0..<10 {
            for column in 0..<4 { quarter(column, 4 + column, 8 + column, 12 + column) }
            for column in 0..<4 {
                quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
            }
        }
        return zip(x, start).map { $0 &+ $1 }
    }

    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
