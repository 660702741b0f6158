import Bytes
import Crypto
import JSON
import Pairing
import TestVectors
import Testing

@Suite struct BLS12Tests {
    private let vectors: JSON

    init() throws { vectors = try Vectors.load("bls12") }

    private func bytes(_ json: JSON?) throws -> [UInt8] {
        let text = try #require(json?.stringValue)
        return try [UInt8](hex: text)
    }

    private let functions: [String: ([UInt8]) -> [UInt8]?] = [
        "g1Add": BLS12.g1Add, "g2Add": BLS12.g2Add, "g1MultiScalar": BLS12.g1MultiScalar,
        "g2MultiScalar": BLS12.g2MultiScalar, "mapToG1": BLS12.mapToG1, "mapToG2": BLS12.mapToG2,
        "pairing": BLS12.pairingCheck,
    ]

    @Test(arguments: ["g1Add", "g2Add", "g1MultiScalar", "g2MultiScalar", "mapToG1", "mapToG2"])
    func equalsPyEcc(name: String) throws {
        let function = try #require(functions[name])
        for item in try vectors.array(name) { #expect(try function(bytes(item[0])) == bytes(item[1])) }
    }

    @Test func pairingChecksEqualPyEcc() throws {
        for item in try vectors.array("pairing") {
            let expected = [UInt8](repeating: 0, count: 31) + [item[1]?.boolValue == true ? 1 : 0]
            #expect(try BLS12.pairingCheck(bytes(item[0])) == expected)
        }
    }

    @Test func refusesWhatIsNoPoint() throws {
        for (name, items) in try vectors.object("invalid") {
            let function = try #require(functions[name])
            for item in try #require(items.arrayValue) { #expect(try function(bytes(item)) == nil, "\(name)") }
        }
    }

    /// Addition alone takes points outside the group (EIP-2537).
    @Test func addsPointsOutsideTheGroup() throws {
        let item = try vectors.member("offSubgroup")
        #expect(try BLS12.g1Add(bytes(item["g1Add"])) == bytes(item["g1Sum"]))
        #expect(try BLS12.g2Add(bytes(item["g2Add"])) == bytes(item["g2Sum"]))
    }

    @Test func kzgProofsEqualCKZG() throws {
        let order = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
        for (number, item) in try vectors.array("kzg").enumerated() {
            let (z, y, commitment, proof) = try (bytes(item[0]), bytes(item[1]), bytes(item[2]), bytes(item[3]))
            let hash = [1] + Digest.sha256.hash(commitment).dropFirst()
            let input = hash + z + y + commitment + proof
            #expect(KZG.verify(input)?.hex == U256(4096 as UInt64).hash.hex + order)
            for index in number == 0 ? [0, 5, 33, 70, 100, 150] : [] {
                var forged = input
                forged[index] ^= 1
                #expect(KZG.verify(forged) == nil, "byte \(index)")
            }
            #expect(KZG.verify(Array(input.dropLast())) == nil)
            #expect(try KZG.verify(hash + [UInt8](hex: order) + y + commitment + proof) == nil)
        }
        // The constant polynomial zero: commitment and proof are infinity.
        let infinity = [0xC0] + [UInt8](repeating: 0, count: 47)
        let hash = [1] + Digest.sha256.hash(infinity).dropFirst()
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(KZG.verify(hash + U256(5 as UInt64).bytes + zero + infinity + infinity) != nil)
        #expect(KZG.verify(hash + U256(5 as UInt64).bytes + U256.one.bytes + infinity + infinity) == nil)
    }
}
