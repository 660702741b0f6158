import Bytes
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct RLPTests {
    private func item(_ json: JSON) throws -> RLPItem {
        if let elements = json.arrayValue { return try .list(elements.map(item)) }
        return .bytes(try json.hexBytes)
    }

    @Test func equalsPyrlpBothWays() throws {
        let cases = try Vectors.load("rlp").elements
        #expect(cases.count == 200)
        for pair in cases {
            let expected = try item(#require(pair[0]))
            let encoded = try #require(pair[1]).hexBytes
            #expect(expected.encoded == encoded)
            #expect(try RLPItem(decoding: encoded) == expected)
            for length in 0..<min(encoded.count, 80) {
                #expect(throws: RLPError.self) { try RLPItem(decoding: Array(encoded[..<length])) }
            }
            #expect(throws: RLPError.trailing(offset: encoded.count)) { try RLPItem(decoding: encoded + [0]) }
        }
    }

    @Test func integersAreMinimal() throws {
        for (value, hex) in [(0 as UInt64, "80"), (1, "01"), (127, "7f"), (128, "8180"), (256, "820100")] {
            var encoder = RLPEncoder()
            encoder.append(value)
            #expect(encoder.bytes.hex == hex)
            var wide = RLPEncoder()
            wide.append(U256(value))
            #expect(wide.bytes.hex == hex)
            var reader = RLPReader(encoder.bytes)
            #expect(try reader.uint64() == value)
        }
        for shift in 0..<256 {
            let value = U256.one << shift
            var encoder = RLPEncoder()
            encoder.append(value)
            var reader = RLPReader(encoder.bytes)
            #expect(try reader.u256() == value)
            #expect(reader.isAtEnd)
        }
    }

    @Test(arguments: [
        ("8100", "a byte below 0x80 stands for itself"), ("817f", "a byte below 0x80 stands for itself"),
        ("b800", "a length has a leading zero"), ("b801ff", "a length below 56 has a long form"),
        ("b90000", "a length has a leading zero"), ("f800", "a length has a leading zero"),
        ("f83700", "a length below 56 has a long form"),
    ])
    func refusesWhatIsNotCanonical(hex: String, reason: String) throws {
        let bytes = try [UInt8](hex: hex)
        #expect(throws: RLPError.notCanonical(reason, offset: 0)) { try RLPItem(decoding: bytes) }
    }

    @Test(arguments: ["", "81", "b8", "b838", "c1", "f8", "bfffffffffffffffff", "ffffffffffffffffff", "c3820102ff"])
    func refusesTruncatedItems(hex: String) throws {
        #expect(throws: RLPError.self) { try RLPItem(decoding: [UInt8](hex: hex)) }
    }

    @Test func readsTypedFieldsStrictly() throws {
        func reader(_ hex: String) throws -> RLPReader { RLPReader(try [UInt8](hex: hex)) }
        #expect(throws: RLPError.notCanonical("an integer has a leading zero", offset: 0)) {
            var reader = try reader("820001")
            _ = try reader.uint64()
        }
        #expect(throws: RLPError.notCanonical("an integer has a leading zero", offset: 0)) {
            var reader = try reader("00")
            _ = try reader.u256()
        }
        #expect(throws: RLPError.integerTooLarge(bits: 64, offset: 0)) {
            var reader = try reader("89010000000000000000")
            _ = try reader.uint64()
        }
        #expect(throws: RLPError.wrongLength(expected: 20, actual: 1, offset: 0)) {
            var reader = try reader("01")
            _ = try reader.address()
        }
        #expect(throws: RLPError.expectedList(offset: 0)) {
            var reader = try reader("80")
            _ = try reader.list()
        }
        #expect(throws: RLPError.expectedBytes(offset: 0)) {
            var reader = try reader("c0")
            _ = try reader.array()
        }
        var empty = try reader("80")
        #expect(try empty.optionalAddress() == nil)
    }

    @Test func limitsDepth() throws {
        var nested: [UInt8] = [0xC0]
        for _ in 0..<64 {
            var encoder = RLPEncoder()
            encoder.list { $0.append(encoded: nested) }
            nested = encoder.bytes
        }
        #expect(throws: RLPError.self) { try RLPItem(decoding: nested) }
        #expect(throws: Never.self) { try RLPItem(decoding: nested, maxDepth: 65) }
    }
}
