import Bytes
import JSON
import Pairing
import TestVectors
import Testing

@Suite struct Bn254Tests {
    private let vectors: JSON

    init() throws { vectors = try Vectors.load("bn254") }

    private func bytes(_ json: JSON?) throws -> [UInt8] {
        let text = try #require(json?.stringValue)
        return try [UInt8](hex: text)
    }

    @Test func sumsEqualPyEcc() throws {
        for item in try vectors.array("add") { #expect(try Bn254.add(bytes(item[0])) == bytes(item[1])) }
    }

    @Test func multiplesEqualPyEcc() throws {
        for item in try vectors.array("multiply") { #expect(try Bn254.multiply(bytes(item[0])) == bytes(item[1])) }
    }

    @Test func pairingChecksEqualPyEcc() throws {
        for item in try vectors.array("pairing") {
            let expected = [UInt8](repeating: 0, count: 31) + [item[1]?.boolValue == true ? 1 : 0]
            #expect(try Bn254.pairingCheck(bytes(item[0])) == expected)
        }
    }

    @Test func shortInputIsPaddedAndLongInputCut() throws {
        #expect(Bn254.add([]) == [UInt8](repeating: 0, count: 64))
        #expect(Bn254.multiply([]) == [UInt8](repeating: 0, count: 64))
        let generator = U256.one.bytes + U256(2 as UInt64).bytes
        #expect(Bn254.add(generator) == generator)
        #expect(Bn254.add(generator + [UInt8](repeating: 0, count: 64) + [1, 2, 3]) == generator)
        #expect(Bn254.multiply(generator + U256.one.bytes + [9]) == generator)
        // A cut scalar keeps its leading bytes: 0x01 followed by 31 zeros.
        #expect(Bn254.multiply(generator + [1]) == Bn254.multiply(generator + (U256.one << 248).bytes))
    }

    @Test func refusesPointsThatAreNone() throws {
        let invalid = try vectors.member("invalid")
        for item in try invalid.array("add") { #expect(try Bn254.add(bytes(item)) == nil) }
        for item in try invalid.array("multiply") { #expect(try Bn254.multiply(bytes(item)) == nil) }
        for item in try invalid.array("pairing") { #expect(try Bn254.pairingCheck(bytes(item)) == nil) }
    }
}
