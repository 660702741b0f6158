import Bytes
import Crypto
import JSON
import TestVectors
import Testing

@Suite struct Secp256k1Tests {
    @Test func keysAndDeterministicSignaturesEqualCoincurve() throws {
        let cases = try #require(Vectors.load("secp256k1").arrayValue)
        #expect(cases.count == 67)
        for item in cases {
            let key = try PrivateKey([UInt8](hex: item.string("secret")))
            let hash = try Hash32(hex: item.string("hash"))
            let publicKey = key.publicKey
            #expect(publicKey.bytes.hex0x == (try item.string("public")))
            #expect(publicKey.compressed.hex0x == (try item.string("compressed")))
            #expect(key.address.hex0x == (try item.string("address")))
            let signature = key.sign(hash)
            var expected = try [UInt8](hex: item.string("signature"))
            expected[64] += 27
            #expect(signature.bytes == expected)
            #expect(Signature(bytes: expected) == signature)
            #expect(signature.s <= Signature.halfOrder)
            #expect(recoverAddress(hash: hash, signature: signature) == key.address)
            #expect(recoverPublicKey(hash: hash, signature: signature) == publicKey)
            #expect(publicKey.verifies(signature, over: hash))
            #expect(!publicKey.verifies(signature, over: keccak256(hash)))
            #expect(PublicKey(publicKey.compressed) == publicKey)
            #expect(PublicKey(publicKey.bytes) == publicKey)
        }
    }

    @Test func highSRecoversTheSameKeyWithTheOtherParity() throws {
        let key = try PrivateKey(Hash32(0, 0, 0, 77))
        let hash = keccak256([1])
        var signature = key.sign(hash)
        signature.s = Signature.order - signature.s
        signature.yParity ^= 1
        #expect(recoverAddress(hash: hash, signature: signature) == key.address)
    }

    @Test func refusesKeysAndSignaturesOutOfRange() throws {
        #expect(throws: PrivateKeyError.outOfRange) { try PrivateKey(Hash32.zero) }
        #expect(throws: PrivateKeyError.outOfRange) { try PrivateKey(Signature.order.hash) }
        #expect(throws: PrivateKeyError.wrongLength(31)) { try PrivateKey([UInt8](repeating: 1, count: 31)) }
        #expect(try PrivateKey((Signature.order - 1).hash).secretBytes == (Signature.order - 1).bytes)
        let hash = keccak256([])
        for (r, s) in [(U256.zero, U256.one), (.one, .zero), (Signature.order, .one), (.one, Signature.order)] {
            #expect(recoverAddress(hash: hash, signature: Signature(r: r, s: s, yParity: 0)) == nil)
        }
        #expect(recoverAddress(hash: hash, signature: Signature(r: .one, s: .one, yParity: 2)) == nil)
        // x = 5 is on no point of the curve.
        #expect(recoverAddress(hash: hash, signature: Signature(r: 5, s: .one, yParity: 0)) == nil)
        #expect(PublicKey([UInt8](repeating: 0, count: 64)) == nil)
        #expect(PublicKey([]) == nil)
    }

    @Test func neverPrintsTheSecret() throws {
        let key = try PrivateKey(Hash32(0x1234_5678_9abc_def0, 2, 3, 4))
        for text in ["\(key)", String(reflecting: key)] {
            #expect(!text.contains("123456789abcdef0"))
            #expect(text.contains(key.address.hex0x))
        }
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("1311768467463790320"))
    }

    @Test func tweaksAddModuloTheOrder() throws {
        let one = try PrivateKey(Hash32(0, 0, 0, 1))
        #expect(one.adding(Hash32(0, 0, 0, 4))?.secretBytes == U256(5 as UInt64).bytes)
        #expect(one.adding((Signature.order - 1).hash) == nil)
        #expect(one.adding(Signature.order.hash) == nil)
    }
}
