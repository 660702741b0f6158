import Bytes
import Crypto
import Testing
import Training

@Suite struct NoiseSourceTests {
    /// The definition spelled out with the cipher itself: stream `step * 65536 + input`, upper 24 bits of each word.
    @Test func numbersAreThoseOfTheDefinition() {
        var hasher = Keccak256()
        hasher.update(Hash32.zero)
        hasher.update(Array("cairn noise".utf8) + [0])
        var words = PRF(key: hasher.finalize(), stream: 3 << 16 | 2)
        let expected = (0..<100).map { _ in Float(words.uint32() >> 8) / 16_777_216 }
        var got = [Float](repeating: 0, count: 100)
        got.withUnsafeMutableBufferPointer { NoiseSource(seed: .zero).fill($0, step: 3, input: 2) }
        #expect(got == expected)
        #expect(got.allSatisfy { (0..<1).contains($0) })
    }

    @Test func oneNumberIsRecomputedAlone() throws {
        let noise = NoiseSource(seed: try Hash32(hex: String(repeating: "5a", count: 32)))
        var all = [Float](repeating: 0, count: 77)
        all.withUnsafeMutableBufferPointer { noise.fill($0, step: 41, input: 1) }
        for position in all.indices { #expect(noise.number(at: position, step: 41, input: 1) == all[position]) }
        #expect(noise.number(at: 0, step: 42, input: 1) != all[0])
        #expect(noise.number(at: 0, step: 41, input: 0) != all[0])
        #expect(NoiseSource(seed: .zero).number(at: 0, step: 41, input: 1) != all[0])
    }
}
