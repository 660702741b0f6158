import Bytes
import Crypto
import JSON
import TestVectors
import Testing

@Suite struct OpenSSLTests {
    private let vectors: JSON

    init() throws { vectors = try Vectors.load("crypto") }

    private func bytes(_ json: JSON?) throws -> [UInt8] {
        let text = try #require(json?.stringValue)
        return try [UInt8](hex: text)
    }

    private func word(_ json: JSON?) throws -> U256 {
        let text = try #require(json?.stringValue)
        return try #require(U256(text))
    }

    @Test func digestsEqualHashlib() throws {
        for item in try vectors.array("digests") {
            let input = try bytes(item["input"])
            #expect(Digest.sha256.hash(input).hex == (try item.string("sha256")))
            #expect(sha256(input).hex == (try item.string("sha256")))
            #expect(Digest.sha512.hash(input).hex == (try item.string("sha512")))
            #expect(Digest.ripemd160.hash(input).hex == (try item.string("ripemd160")))
            #expect(Digest.blake2b512.hash(input).hex == (try item.string("blake2b512")))
        }
    }

    @Test func hmacEqualsHashlib() throws {
        for item in try vectors.array("hmac") {
            let (key, message) = (try bytes(item["key"]), try bytes(item["message"]))
            #expect(hmac(.sha256, key: key, message: message).hex == (try item.string("sha256")))
            #expect(hmac(.sha512, key: key, message: message).hex == (try item.string("sha512")))
        }
    }

    @Test func keyDerivationEqualsHashlib() throws {
        for item in try vectors.array("pbkdf2") {
            for (digest, name) in [(Digest.sha256, "sha256"), (.sha512, "sha512")] {
                let key = try pbkdf2(
                    digest, password: bytes(item["password"]), salt: bytes(item["salt"]),
                    iterations: item.int("iterations"), count: item.int("count"))
                #expect(key.hex == (try item.string(name)))
            }
        }
        for item in try vectors.array("scrypt") {
            let key = try scrypt(
                password: bytes(item["password"]), salt: bytes(item["salt"]), n: item.int("n"), r: item.int("r"),
                p: item.int("p"), count: item.int("count"))
            #expect(key.hex == (try item.string("key")))
        }
        for item in try vectors.array("hkdf") {
            let key = try hkdf(
                .sha256, secret: bytes(item[0]), salt: bytes(item[1]), info: bytes(item[2]),
                count: #require(item[3]?.intValue))
            #expect(try key == bytes(item[4]))
        }
    }

    @Test func refusesParametersThatCannotBe() throws {
        func make(_ n: Int, _ r: Int, _ p: Int, limit: Int = 1 << 30) throws {
            _ = try scrypt(password: [1], salt: [2], n: n, r: r, p: p, count: 32, memoryLimit: limit)
        }
        for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (16, 0, 1), (16, 8, 0), (1 << 16, 1, 1), (-4, 8, 1)] {
            #expect(throws: KeyDerivationError.self) { try make(n, r, p) }
        }
        #expect(throws: KeyDerivationError.tooMuchMemory(needed: 268_436_480, limit: 1 << 20)) {
            try make(1 << 18, 8, 1, limit: 1 << 20)
        }
        #expect(throws: KeyDerivationError.self) { try make(1 << 62, 8, 1) }
        #expect(throws: KeyDerivationError.self) {
            try pbkdf2(.sha256, password: [], salt: [], iterations: 0, count: 32)
        }
        #expect(try pbkdf2(.sha256, password: [], salt: [], iterations: 1, count: 16).count == 16)
    }

    @Test func ciphersEqualCryptography() throws {
        for item in try vectors.array("ctr") {
            #expect(
                try aes128CTR(key: bytes(item[0]), counter: bytes(item[1]), bytes(item[2])) == bytes(item[3]))
        }
        for item in try vectors.array("chacha") {
            let stream = try bytes(item["stream"])
            let counter = UInt32(try item.int("counter"))
            #expect(
                try chacha20Keystream(
                    key: bytes(item["key"]), nonce: bytes(item["nonce"]), counter: counter, count: stream.count)
                    == stream)
        }
        for item in try vectors.array("aead") {
            let (key, nonce, data, extra) = try (bytes(item[0]), bytes(item[1]), bytes(item[2]), bytes(item[3]))
            let box = try bytes(item[4])
            #expect(ChaCha20Poly1305.seal(data, key: key, nonce: nonce, authenticating: extra) == box)
            #expect(ChaCha20Poly1305.open(box, key: key, nonce: nonce, authenticating: extra) == data)
            for index in box.indices {
                var forged = box
                forged[index] ^= 1
                #expect(ChaCha20Poly1305.open(forged, key: key, nonce: nonce, authenticating: extra) == nil)
            }
            #expect(ChaCha20Poly1305.open(box, key: key, nonce: nonce, authenticating: extra + [0]) == nil)
            #expect(ChaCha20Poly1305.open([1, 2], key: key, nonce: nonce) == nil)
        }
    }

    @Test func keyAgreementEqualsCryptography() throws {
        for item in try vectors.array("x25519") {
            let key = try #require(X25519PrivateKey(bytes(item[0])))
            #expect(try key.publicKey == bytes(item[1]))
            #expect(try key.sharedSecret(with: bytes(item[2])) == bytes(item[3]))
        }
        let (a, b) = (X25519PrivateKey.random(), X25519PrivateKey.random())
        #expect(a.sharedSecret(with: b.publicKey) == b.sharedSecret(with: a.publicKey))
        #expect(a.sharedSecret(with: [UInt8](repeating: 0, count: 32)) == nil)
        #expect(a.sharedSecret(with: []) == nil)
        #expect(X25519PrivateKey([1]) == nil)
    }

    @Test func p256VerifiesCryptographysSignatures() throws {
        for item in try vectors.array("p256") {
            let hash = try Hash32(bytes(item[0]))
            let (r, s, x, y) = try (word(item[1]), word(item[2]), word(item[3]), word(item[4]))
            #expect(P256.verify(hash: hash, r: r, s: s, x: x, y: y))
            #expect(!P256.verify(hash: keccak256(hash), r: r, s: s, x: x, y: y))
            #expect(!P256.verify(hash: hash, r: s, s: r, x: x, y: y))
            #expect(!P256.verify(hash: hash, r: r, s: s, x: y, y: x))
            #expect(!P256.verify(hash: hash, r: .zero, s: s, x: x, y: y))
            #expect(!P256.verify(hash: hash, r: r, s: .max, x: x, y: y))
            #expect(!P256.verify(hash: hash, r: r, s: s, x: .zero, y: .zero))
        }
    }

    @Test func modularPowerEqualsPython() throws {
        for item in try vectors.array("modexp") {
            #expect(
                try modularPower(base: bytes(item[0]), exponent: bytes(item[1]), modulus: bytes(item[2]))
                    == bytes(item[3]))
        }
    }
}
