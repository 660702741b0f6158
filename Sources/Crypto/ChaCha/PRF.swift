package import Bytes

/// A pseudo-random function of a key, a stream number and a position: ChaCha20 as a reproducible source of randomness.
///
///     var random = PRF(key: jobSeed, stream: UInt64(round))
///     random.shuffle(&order)
///     let dropped = random.float() < 0.1
///
/// ## Definition (part of what a result commits to)
/// - The output of `(key, stream)` is the ChaCha20 keystream with the key's 32 bytes, the 64-bit nonce `stream`
///   and a 64-bit block counter from 0, both little-endian, read as little-endian 32-bit words: word `i` is word
///   `i mod 16` of block `i / 16`. For streams below 2^32 and the first 2^32 blocks that is RFC 8439 with
///   the nonce `00000000 || stream as 4 little-endian bytes || 00000000`.
/// - `uint32()` takes the next word; `uint64()` the next two, the low one first.
/// - `uniform(below: n)` takes `uint64()` until the value is below `2^64 - (2^64 mod n)`, then takes it modulo `n`.
/// - `float()` is the upper 24 bits of `uint32()` times 2^-24: exact, uniform in [0, 1).
/// - `shuffle` is Fisher-Yates from the end: for `i` from the last index down to 1, swap `i` with `uniform(below: i + 1)`.
package struct PRF: Sendable {
    private let key: (SIMD4<UInt32>, SIMD4<UInt32>)
    package let stream: UInt64
    /// The current block, and which block and word come next.
    private var block: (SIMD4<UInt32>, SIMD4<UInt32>, SIMD4<UInt32>, SIMD4<UInt32>)
    private var nextBlock: UInt64
    private var nextWord: Int

    /// The stream from word `position` on.
    package init(key: Hash32, stream: UInt64, position: UInt64 = 0) {
        self.key = (PRF.words(key.w0, key.w1), PRF.words(key.w2, key.w3))
        self.stream = stream
        nextBlock = position >> 4
        nextWord = 16
        block = (.zero, .zero, .zero, .zero)
        if position & 15 != 0 {
            refill()
            nextWord = Int(position & 15)
        }
    }

    /// The key's bytes as little-endian words; a `Hash32` holds big-endian ones.
    private static func words(_ high: UInt64, _ low: UInt64) -> SIMD4<UInt32> {
        SIMD4(
            UInt32(truncatingIfNeeded: high >> 32).byteSwapped, UInt32(truncatingIfNeeded: high).byteSwapped,
            UInt32(truncatingIfNeeded: low >> 32).byteSwapped, UInt32(truncatingIfNeeded: low).byteSwapped)
    }

    private mutating func refill() {
        block = chachaBlock(key, nonce: stream, counter: nextBlock)
        nextBlock &+= 1
        nextWord = 0
    }

    /// The next 32 bits.
    package mutating func uint32() -> UInt32 {
        if nextWord == 16 { refill() }
        let row =
            switch nextWord >> 2 {
            case 0: block.0
            case 1: block.1
            case 2: block.2
            default: block.3
            }
        let word = row[nextWord & 3]
        nextWord &+= 1
        return word
    }

    /// The next 64 bits.
    package mutating func uint64() -> UInt64 {
        let low = uint32()
        return UInt64(uint32()) << 32 | UInt64(low)
    }

    /// A number from 0 to `bound - 1`, each equally likely.
    ///
    /// - Precondition: `bound > 0`.
    package mutating func uniform(below bound: UInt64) -> UInt64 {
        precondition(bound > 0, "no number is below zero")
        // 2^64 mod bound, and the last value that is not rejected.
        let rest = (UInt64.max % bound &+ 1) % bound
        let last = UInt64.max - rest
        while true {
            let value = uint64()
            if value <= last { return value % bound }
        }
    }

    /// A number from 0 to `bound - 1`, each equally likely.
    ///
    /// - Precondition: `bound > 0`.
    package mutating func uniform(below bound: Int) -> Int {
        precondition(bound > 0, "no number is below zero")
        return Int(uniform(below: UInt64(bound)))
    }

    /// A multiple of 2^-24 in [0, 1), each equally likely.
    package mutating func float() -> Float { Float(uint32() >> 8) * 0x1p-24 }

    /// Puts the elements in a random order.
    ///
    /// - Complexity: O(n)
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        var index = elements.count - 1
        while index > 0 {
            elements.swapAt(index, uniform(below: index + 1))
            index -= 1
        }
    }

    /// The next `count` bytes; a part of a word at the end is used up.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                var word = uint32()
                for _ in 0..<min(4, count - filled) {
                    buffer[filled] = UInt8(truncatingIfNeeded: word)
                    word >>= 8
                    filled += 1
                }
            }
        }
    }
}

extension PRF: RandomNumberGenerator {
    /// `uint64()`, for the standard library's generic algorithms (whose use of it is not part of the definition).
    package mutating func next() -> UInt64 { uint64() }
}
