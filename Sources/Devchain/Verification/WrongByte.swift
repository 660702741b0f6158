import Bytes
import Crypto

/// The one byte that keeps bytes from hashing to what they once hashed to.
struct WrongByte {
    var offset: Int
    var expected: UInt8

    /// Tries every single changed bit, then, as far as the effort is bearable, every changed byte.
    ///
    /// - Returns: nil where no single byte explains the difference, or where looking for it would take too long.
    init?(in bytes: [UInt8], hashingTo hash: Hash32) {
        let permutations = bytes.count / 136 + 1
        let effort = 8_000_000
        var copy = bytes
        if bytes.count * 8 * permutations <= effort {
            for offset in bytes.indices {
                for bit in 0..<8 as Range<UInt8> {
                    copy[offset] = bytes[offset] ^ 1 << bit
                    if keccak256(copy) == hash {
                        (self.offset, expected) = (offset, copy[offset])
                        return
                    }
                }
                copy[offset] = bytes[offset]
            }
        }
        if bytes.count * 255 * permutations <= effort {
            for offset in bytes.indices {
                for value in UInt8.min...UInt8.max where value != bytes[offset] {
                    copy[offset] = value
                    if keccak256(copy) == hash {
                        (self.offset, expected) = (offset, value)
                        return
                    }
                }
                copy[offset] = bytes[offset]
            }
        }
        return nil
    }
}
