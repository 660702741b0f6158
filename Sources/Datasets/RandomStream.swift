package import Bytes
import Crypto

/// A stream of random numbers fixed by a key, a purpose and some numbers: the same on every machine.
///
/// The ChaCha20 key is keccak256(key || purpose || 0x00 || each number as eight bytes, big endian); so every purpose, round and
/// holder has a stream of its own.
package struct RandomStream: Sendable {
    private var generator: PRF

    package init(key: Hash32, purpose: String, _ numbers: [Int] = []) {
        var hasher = Keccak256()
        hasher.update(key)
        hasher.update(Array(purpose.utf8) + [0])
        for number in numbers {
            hasher.update((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
        }
        generator = PRF(key: hasher.finalize(), stream: 0)
    }

    package mutating func next() -> UInt32 { generator.uint32() }

    /// Uniform in 0..<bound, without bias.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0 && bound <= 1 << 31, "the bound must be in 1...2^31")
        let size = UInt32(truncatingIfNeeded: bound)
        // Numbers below 2^32 mod bound are drawn again.
        let threshold = (0 &- size) % size
        while true {
            let draw = next()
            if draw >= threshold { return Int(draw % size) }
        }
    }

    /// Uniform in (0, 1): the middle of one of 2^23 equal parts, exactly.
    package mutating func uniform() -> Float { (Float(next() >> 9) + 0.5) * 0x1p-23 }

    /// The numbers 0..<count in random order (Fisher and Yates, from the end).
    package mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }

    package mutating func shuffle(_ items: inout [Int]) {
        for last in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(last, below(last + 1)) }
    }
}
