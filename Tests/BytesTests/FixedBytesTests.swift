import Bytes
import Testing

@Suite struct FixedBytesTests {
    private let counting = (1...32).map { UInt8($0) }

    @Test func hashesKeepTheirBytes() throws {
        let hash = Hash32(counting)
        #expect(hash.bytes == counting)
        #expect(hash.w0 == 0x0102_0304_0506_0708)
        #expect(hash.w3 == 0x191a_1b1c_1d1e_1f20)
        #expect(counting.withUnsafeBytes { Hash32(at: $0.baseAddress!) } == hash)  // 32 bytes
        #expect(try Hash32(hex: hash.hex0x) == hash)
        #expect(try Hash32(hex: hash.hex.uppercased()) == hash)
        #expect("\(hash)" == "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")
        #expect(Hash32(checking: counting.dropLast()) == nil)
        #expect(Hash32(checking: counting + [0]) == nil)
        #expect(Hash32.zero.isZero && !hash.isZero)
        for index in 0..<32 {
            var bytes = counting
            bytes[index] += 1
            #expect(Hash32(bytes) > hash && Hash32(bytes) != hash)
        }
    }

    @Test func addressesKeepTheirBytes() throws {
        let bytes = Array(counting.prefix(20))
        let address = Address(bytes)
        #expect(address.bytes == bytes)
        #expect(try Address(hex: address.hex0x) == address)
        #expect(Address(truncating: U256(address)) == address)
        #expect(Address(truncating: U256(address) | U256.max << 160) == address)
        #expect(Address(number: 0x1_0000_0002).bytes == Array(repeating: 0, count: 15) + [1, 0, 0, 0, 2])
        #expect(Address(checking: [1]) == nil)
        #expect(Address.zero.isZero && !Address(number: 1).isZero)
        for index in 0..<20 {
            var larger = bytes
            larger[index] += 1
            #expect(Address(larger) > address)
        }
    }

    @Test func hexReadsAndWrites() throws {
        let all = (0...255).map { UInt8($0) }
        #expect(try [UInt8](hex: all.hex) == all)
        #expect(try [UInt8](hex: "0x" + all.hex.uppercased()) == all)
        #expect(try [UInt8](hex: "0XfF") == [255])
        #expect(try [UInt8](hex: "").isEmpty)
        #expect(try [UInt8](hex: "0x").isEmpty)
        #expect([UInt8]().hex0x == "0x")
        #expect(all[10..<12].hex == "0a0b")
    }

    @Test func hexSaysWhatIsWrong() {
        #expect(throws: HexError.oddLength(1)) { try [UInt8](hex: "0xf") }
        #expect(throws: HexError.invalidDigit(offset: 2)) { try [UInt8](hex: "0x12g4") }
        #expect(throws: HexError.invalidDigit(offset: 3)) { try [UInt8](hex: "123 ") }
        #expect(throws: HexError.invalidDigit(offset: 0)) { try [UInt8](hex: "é") }
        #expect(throws: HexError.wrongLength(expected: 32, actual: 1)) { try Hash32(hex: "00") }
        #expect(throws: HexError.wrongLength(expected: 20, actual: 32)) { try Address(hex: Hash32.zero.hex) }
        #expect("\(HexError.wrongLength(expected: 20, actual: 3))" == "hex text holds 3 bytes, want 20")
    }
}
