import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct KeystoreTests {
    @Test func opensEthAccountsAndTheStandardsFiles() throws {
        let cases = try Vectors.load("wallet").array("keystores")
        #expect(cases.count == 7)
        for item in cases {
            let keystore = try Keystore(parsing: Array(item.string("file").utf8))
            let key = try keystore.decrypt(password: item.string("password"))
            #expect(key.secretBytes == (try item.hexBytes("secret")))
            #expect(throws: KeystoreError.wrongPassword(mayBeDamaged: true)) {
                try keystore.decrypt(password: item.string("password") + "!")
            }
            // What we write of it, we read.
            let again = try Keystore(parsing: Array(keystore.json.prettyText.utf8))
            #expect(try again.decrypt(password: item.string("password")) == key)
            #expect(throws: KeystoreError.wrongPassword(mayBeDamaged: false)) { try again.decrypt(password: "?") }
        }
    }

    @Test(arguments: [Keystore.Derivation.scrypt(n: 16, r: 8, p: 1), .pbkdf2(iterations: 10)])
    func roundTrips(derivation: Keystore.Derivation) throws {
        let key = PrivateKey.random()
        let keystore = try Keystore(encrypting: key, password: "pässwörd", derivation: derivation)
        #expect(keystore.address == key.address)
        #expect(keystore.id.count == 36)
        let file = keystore.json.bytes
        #expect(try Keystore(parsing: file).decrypt(password: "pässwörd") == key)
        #expect(!String(decoding: file, as: UTF8.self).contains(key.secretBytes.hex))
    }

    @Test func tellsEveryDamagedByteFromAWrongPassword() throws {
        let key = try PrivateKey(Hash32(1, 2, 3, 4))
        let keystore = try Keystore(encrypting: key, password: "p", derivation: .pbkdf2(iterations: 1))
        let file = keystore.json.bytes
        for index in file.indices {
            var damaged = file
            damaged[index] ^= 1
            do {
                let opened = try Keystore(parsing: damaged).decrypt(password: "p")
                #expect(opened == key)
            } catch {
                guard case .wrongPassword(let mayBeDamaged) = error else { continue }
                // Only a byte of the name or text of the checksum itself leaves this doubt, and then the key opens.
                Issue.record("byte \(index) reads as a wrong password (\(mayBeDamaged))")
            }
            if index < file.count - 1 {
                #expect(throws: KeystoreError.self) { try Keystore(parsing: Array(file[..<index])) }
            }
        }
    }

    @Test func explainsWhatIsWrong() throws {
        let keystore = try Keystore(encrypting: .random(), password: "", derivation: .pbkdf2(iterations: 1))
        func error(_ change: (inout JSONObject) -> Void) throws -> KeystoreError? {
            var object = try #require(keystore.json.objectValue)
            object["checksum"] = nil
            change(&object)
            return #expect(throws: KeystoreError.self) { try Keystore(json: .object(object)).decrypt(password: "") }
        }
        #expect(try error { $0["version"] = 1 } == .unsupported("its version is 1; 3 is read"))
        #expect(try error { $0["crypto"] = nil } == .corrupt("\"crypto\" is missing"))
        #expect(
            try error { $0["address"] = .string(String(repeating: "0", count: 40)) }?.description.contains("but holds")
                == true)
        func crypto(_ key: String, _ value: JSON?) -> (inout JSONObject) -> Void {
            { object in
                var crypto = object["crypto"]?.objectValue ?? [:]
                crypto[key] = value
                object["crypto"] = .object(crypto)
            }
        }
        #expect(
            try error(crypto("cipher", "aes-256-cbc")) == .unsupported("its cipher is aes-256-cbc; aes-128-ctr is read")
        )
        #expect(
            try error(crypto("kdf", "argon2"))
                == .unsupported("its key derivation is argon2; scrypt and pbkdf2 are read"))
        #expect(try error(crypto("mac", nil)) == .corrupt("\"mac\" is missing"))
        #expect(try error(crypto("mac", .string(Hash32.zero.hex))) == .corrupt("its \"mac\" was altered"))
        #expect(
            try error(crypto("ciphertext", "abc"))
                == .corrupt("\"ciphertext\": hex text has an odd number of digits (3)"))
        #expect(try error(crypto("cipherparams", ["iv": "00"])) == .corrupt("its \"iv\" has 1 bytes instead of 16"))
        #expect(throws: KeystoreError.self) { try Keystore(parsing: Array("not json".utf8)) }
        #expect(throws: KeystoreError.self) { try Keystore(parsing: Array("[]".utf8)) }
        #expect(
            "\(KeystoreError.wrongPassword(mayBeDamaged: false))"
                == "wrong password: the keystore is intact; try again")
    }

    /// The scrypt vector of the Web3 definition has r = 1 with n = 2^18, beyond what RFC 7914 allows (n < 2^(16 r)).
    @Test func refusesHostileCosts() throws {
        let key = PrivateKey.random()
        let keystore = try Keystore(encrypting: key, password: "", derivation: .scrypt(n: 16, r: 8, p: 1))
        for (n, r, p) in [(1 << 18, 1, 8), (1 << 40, 8, 1), (0, 8, 1), (16, -1, 1), (16, 8, 1 << 40)] {
            var object = try #require(keystore.json.objectValue)
            var crypto = try #require(object["crypto"]?.objectValue)
            var parameters = try #require(crypto["kdfparams"]?.objectValue)
            (parameters["n"], parameters["r"], parameters["p"]) = (JSON(n), JSON(r), JSON(p))
            crypto["kdfparams"] = .object(parameters)
            object["crypto"] = .object(crypto)
            object["checksum"] = nil
            let error = #expect(throws: KeystoreError.self) {
                try Keystore(json: .object(object)).decrypt(password: "")
            }
            guard case .unsupported = error else {
                Issue.record("n \(n), r \(r), p \(p): \(String(describing: error))")
                continue
            }
        }
    }
}
