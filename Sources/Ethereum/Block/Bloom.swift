package import Bytes
import Crypto

/// The 2,048-bit filter over a block's log addresses and topics (Yellow Paper, 4.3.1).
package struct Bloom: Hashable, Sendable {
    /// 256 bytes.
    package var bytes: [UInt8]

    package init() { bytes = [UInt8](repeating: 0, count: 256) }

    /// The filter over the addresses and topics of `logs`.
    package init(logs: some Sequence<Log>) {
        self.init()
        for log in logs { insert(log) }
    }

    package mutating func insert(_ log: Log) {
        insert(hash: keccak256(log.address))
        for topic in log.topics { insert(hash: keccak256(topic)) }
    }

    /// Adds everything that `other` holds.
    package mutating func formUnion(_ other: Bloom) {
        for index in 0..<256 { bytes[index] |= other.bytes[index] }
    }

    /// False where no log of the block can have come from `address`.
    package func mayContain(_ address: Address) -> Bool { contains(hash: keccak256(address)) }

    /// False where no log of the block can have this topic.
    package func mayContain(_ topic: Hash32) -> Bool { contains(hash: keccak256(topic)) }

    private mutating func insert(hash: Hash32) {
        for (index, mask) in Bloom.bits(of: hash) { bytes[index] |= mask }
    }

    private func contains(hash: Hash32) -> Bool {
        Bloom.bits(of: hash).allSatisfy { index, mask in bytes[index] & mask != 0 }
    }

    /// The three bits of a hash: the low 11 bits of its first three pairs of bytes, counted from the end.
    private static func bits(of hash: Hash32) -> [(index: Int, mask: UInt8)] {
        [48, 32, 16].map { shift in
            let bit = Int(hash.w0 >> UInt64(shift) & 0x7FF)
            return (255 - bit >> 3, 1 << UInt8(bit & 7))
        }
    }
}
