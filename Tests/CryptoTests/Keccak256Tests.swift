import Bytes
import Crypto
import JSON
import TestVectors
import Testing

@Suite struct Keccak256Tests {
    @Test func equalsPycryptodome() throws {
        let cases = try #require(Vectors.load("keccak256").arrayValue)
        #expect(cases.count == 305)
        for item in cases {
            let input = try [UInt8](hex: #require(item[0]?.stringValue))
            let expected = try Hash32(hex: #require(item[1]?.stringValue))
            #expect(keccak256(input) == expected, "\(input.count) bytes")
        }
    }

    /// Every form of the permutation that this processor runs, on the same messages, many blocks in one go.
    @Test(arguments: KeccakPermutation.allCases)
    func everyPermutationEqualsPycryptodome(permutation: KeccakPermutation) throws {
        guard let absorb = permutation.absorb else { return }
        for item in try #require(Vectors.load("keccak256").arrayValue) {
            var message = try [UInt8](hex: #require(item[0]?.stringValue))
            message.append(1)
            message += [UInt8](repeating: 0, count: (136 - message.count % 136) % 136)
            message[message.count - 1] |= 0x80
            var lanes = [UInt64](repeating: 0, count: 25)
            absorb(&lanes, message, message.count / 136)
            let hash = lanes.prefix(4).flatMap { lane in (0..<8).map { UInt8(truncatingIfNeeded: lane >> ($0 * 8)) } }
            #expect(hash.hex0x == item[1]?.stringValue, "\(permutation), \(message.count) bytes")
        }
    }

    @Test func portablePermutationIsEverywhere() {
        #expect(KeccakPermutation.portable.absorb != nil)
    }

    @Test func streamingEqualsOneShotForEverySplit() {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let whole = keccak256(message)
        for split in 0...message.count {
            var hash = Keccak256()
            hash.update(Array(message[..<split]))
            hash.update(Array(message[split...]))
            #expect(hash.finalize() == whole)
            #expect(hash.finalize() == whole)
        }
    }

    @Test func shortFormsEqualTheBytes() throws {
        let a = Hash32(1, 2, 3, 4)
        let b = Hash32(5, 6, 7, .max)
        #expect(keccak256(a) == keccak256(a.bytes))
        #expect(keccak256(a, b) == keccak256(a.bytes + b.bytes))
        #expect(keccak256(Address(number: 9)) == keccak256(Address(number: 9).bytes))
        #expect(keccak256(utf8: "abc") == keccak256([0x61, 0x62, 0x63]))
        #expect(keccak256([0, 0x61, 0x62, 0x63, 0][1..<4]) == keccak256(utf8: "abc"))
        var hash = Keccak256()
        hash.update(a)
        #expect(hash.finalize() == keccak256(a))
        #expect(Hash32.emptyKeccak.hex == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    }
}
