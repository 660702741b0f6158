import Bytes
import Crypto
import JSON
import TestVectors
import Testing

@Suite struct PRFTests {
    @Test func wordsAreTheChaChaKeystream() throws {
        for item in try Vectors.load("crypto").array("prf") {
            let key = try Hash32(hex: item.string("key"))
            let stream = try #require(UInt64(item.string("stream")))
            let words = try [UInt8](hex: item.string("words"))
            var random = PRF(key: key, stream: stream)
            #expect(random.bytes(words.count) == words)
            for position in 0..<80 {
                var later = PRF(key: key, stream: stream, position: UInt64(position))
                #expect(later.bytes(320 - 4 * position) == Array(words[(4 * position)...]))
            }
            // Block 2^32 follows block 2^32 - 1: the counter has 64 bits.
            let late = try [UInt8](hex: item.string("late"))
            var beyond = PRF(key: key, stream: stream, position: (1 << 32 - 1) * 16)
            #expect(beyond.bytes(128) == late)
        }
    }

    /// RFC 8439, section 2.3.2 has a nonce of three words; with the first of them in the counter's upper half
    /// the original layout gives the same block.
    @Test func rfc8439Block() throws {
        let key = Hash32((0..<32).map { UInt8($0) })
        var random = PRF(key: key, stream: 0x4a00_0000, position: (0x0900_0000 << 32 | 1) * 16)
        #expect(
            random.bytes(64).hex
                == "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
                + "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e")
        #expect(
            chacha20Keystream(
                key: key.bytes, nonce: [0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0], counter: 1, count: 16
            ).hex == "10f1e7e4d13b5915500fdd1fa32071c4")
    }

    /// The first blocks of the all-zero key (draft-agl-tls-chacha20poly1305, test vector 1).
    @Test func streamOfTheZeroKey() {
        var random = PRF(key: .zero, stream: 0)
        #expect(random.uint32() == 0xade0_b876)
        var second = PRF(key: .zero, stream: 0, position: 16)
        #expect(second.uint32() == 0xbee7_079f)
    }

    @Test func derivedFormsFollowTheDefinition() throws {
        let key = keccak256([7])
        var words = PRF(key: key, stream: 3)
        let raw = (0..<2000).map { _ in words.uint32() }
        var wide = PRF(key: key, stream: 3)
        for index in 0..<1000 {
            #expect(wide.uint64() == UInt64(raw[2 * index]) | UInt64(raw[2 * index + 1]) << 32)
        }
        var floats = PRF(key: key, stream: 3)
        for word in raw {
            let value = floats.float()
            #expect(value == Float(word >> 8) / 16_777_216)
            #expect(value >= 0 && value < 1)
        }
    }

    @Test func uniformRejectsTheIncompleteLastRange() {
        let key = keccak256([8])
        // Three quarters of 2^64 and one: about a quarter of all draws are rejected.
        let bound: UInt64 = 3 << 62 + 1
        var reference = PRF(key: key, stream: 1)
        var random = PRF(key: key, stream: 1)
        for _ in 0..<200 {
            var expected = reference.uint64()
            while expected >= bound { expected = reference.uint64() }
            #expect(random.uniform(below: bound) == expected)
        }
        var plain = PRF(key: key, stream: 2)
        var power = PRF(key: key, stream: 2)
        for _ in 0..<200 { #expect(power.uniform(below: 1 << 40) == plain.uint64() & (1 << 40 - 1)) }
        #expect(random.uniform(below: 1 as UInt64) == 0)
    }

    @Test func everyValueAndEveryOrderAppears() {
        var random = PRF(key: keccak256([9]), stream: 0)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<6000 { counts[random.uniform(below: 6)] += 1 }
        #expect(counts.allSatisfy { (850...1150).contains($0) })
        var orders: Set<[Int]> = []
        for _ in 0..<500 {
            var items = [0, 1, 2, 3]
            random.shuffle(&items)
            orders.insert(items)
        }
        #expect(orders.count == 24)
    }
}
