package import Bytes
package import Crypto
import JSON

/// A private key under a password: Web3 secret storage, version 3, as geth and eth-account read and write it.
///
///     let keystore = try Keystore(parsing: fileBytes)
///     let key = try keystore.decrypt(password: password)
///
/// Keystores that Cairn writes also carry a checksum, by which a damaged file is told from a wrong password.
package struct Keystore: Sendable, Equatable {
    /// How the password becomes a key.
    package enum Derivation: Sendable, Equatable {
        case scrypt(n: Int, r: Int, p: Int)
        case pbkdf2(iterations: Int)

        /// What geth uses: about a second and 256 MiB.
        package static let standard = Derivation.scrypt(n: 1 << 18, r: 8, p: 1)
        /// What geth calls light: some ten milliseconds and 4 MiB; for development keys.
        package static let light = Derivation.scrypt(n: 1 << 12, r: 8, p: 6)
    }

    /// As the file states it; checked against the key when it is opened.
    package let address: Address?
    package let derivation: Derivation
    /// A random UUID.
    package let id: String
    let keyLength: Int
    let salt: [UInt8]
    let iv: [UInt8]
    let ciphertext: [UInt8]
    let mac: Hash32
    /// What the file states; nil in keystores of others.
    let statedChecksum: Hash32?

    init(
        address: Address?, derivation: Derivation, id: String, keyLength: Int, salt: [UInt8], iv: [UInt8],
        ciphertext: [UInt8], mac: Hash32, statedChecksum: Hash32?
    ) {
        (self.address, self.derivation, self.id) = (address, derivation, id)
        (self.keyLength, self.salt, self.iv) = (keyLength, salt, iv)
        (self.ciphertext, self.mac, self.statedChecksum) = (ciphertext, mac, statedChecksum)
    }

    /// Encrypts a key.
    ///
    /// - Complexity: the cost of `derivation`: about a second for the standard one.
    package init(
        encrypting key: PrivateKey, password: String, derivation: Derivation = .standard
    ) throws(KeystoreError) {
        let (salt, iv) = (SystemRandom.bytes(32), SystemRandom.bytes(16))
        let derived = try Keystore.derive(derivation, password: password, salt: salt, count: 32)
        let ciphertext = aes128CTR(key: Array(derived[..<16]), counter: iv, key.secretBytes)
        self.init(
            address: key.address, derivation: derivation, id: Keystore.randomID(), keyLength: 32, salt: salt, iv: iv,
            ciphertext: ciphertext, mac: keccak256(derived[16..<32] + ciphertext), statedChecksum: nil)
    }

    /// Opens the keystore.
    ///
    /// - Complexity: the cost of `derivation`.
    package func decrypt(password: String) throws(KeystoreError) -> PrivateKey {
        if let statedChecksum, statedChecksum != checksum {
            throw .corrupt("its checksum does not match its content")
        }
        let derived = try Keystore.derive(derivation, password: password, salt: salt, count: keyLength)
        let secret = aes128CTR(key: Array(derived[..<16]), counter: iv, ciphertext)
        let key = try? PrivateKey(secret)
        guard keccak256(derived[16..<32] + ciphertext) == mac else {
            // The right key under a wrong authentication code: only the code can have changed.
            if let key, let address, key.address == address { throw .corrupt("its \"mac\" was altered") }
            throw .wrongPassword(mayBeDamaged: statedChecksum == nil)
        }
        guard let key else { throw .corrupt("it holds no private key") }
        if let address, key.address != address {
            throw .corrupt("it says \(address.checksummed) but holds the key of \(key.address.checksummed)")
        }
        return key
    }

    private static func derive(
        _ derivation: Derivation, password: String, salt: [UInt8], count: Int
    ) throws(KeystoreError) -> [UInt8] {
        let password = Array(password.utf8)
        do {
            switch derivation {
            case .scrypt(let n, let r, let p):
                return try Crypto.scrypt(password: password, salt: salt, n: n, r: r, p: p, count: count)
            case .pbkdf2(let iterations):
                return try Crypto.pbkdf2(.sha256, password: password, salt: salt, iterations: iterations, count: count)
            }
        } catch {
            throw .unsupported("\(error)")
        }
    }

    /// A random UUID (RFC 9562, version 4).
    private static func randomID() -> String {
        var bytes = SystemRandom.bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return [bytes[0..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10..<16]].map(\.hex)
            .joined(separator: "-")
    }
}
