package import Bytes
import Crypto

/// The random numbers that the `noise/` inputs of a training step take: ChaCha20 by seed, step, input and position.
///
/// ## Definition (part of what a result commits to)
/// The key is keccak256(seed || "cairn noise" || 0x00). Step `s` (from 0, through all epochs) fills noise input `n` (from 0, in the
/// program's order) from the stream `s * 65536 + n` of `PRF`: element `i` is the upper 24 bits of word `i`, times 2^-24.
///
/// So one element of one step is one block of ChaCha20, whatever else was drawn: `number(at:step:input:)`.
package struct NoiseSource: Sendable {
    private let key: Hash32

    package init(seed: Hash32) {
        var hasher = Keccak256()
        hasher.update(seed)
        hasher.update(Array("cairn noise".utf8) + [0])
        key = hasher.finalize()
    }

    /// - Precondition: `input` is below 65,536 and `step` below 2^47.
    package func fill(_ numbers: UnsafeMutableBufferPointer<Float>, step: Int, input: Int) {
        var generator = generator(step, input, position: 0)
        for index in numbers.indices { numbers[index] = generator.float() }
    }

    /// What `fill` puts at a position.
    package func number(at position: Int, step: Int, input: Int) -> Float {
        var generator = generator(step, input, position: UInt64(position))
        return generator.float()
    }

    private func generator(_ step: Int, _ input: Int, position: UInt64) -> PRF {
        precondition(input < 1 << 16 && step < 1 << 47, "step \(step) or input \(input) is out of range")
        return PRF(key: key, stream: UInt64(step) << 16 | UInt64(input), position: position)
    }
}
