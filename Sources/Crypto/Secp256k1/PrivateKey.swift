package import Bytes
import CSecp256k1

/// Why bytes are no private key.
package enum PrivateKeyError: Error, Equatable, CustomStringConvertible {
    /// The key was not 32 bytes long.
    case wrongLength(Int)
    /// The number is zero or not below the order of the curve.
    case outOfRange

    package var description: String {
        switch self {
        case .wrongLength(let count): "a private key has 32 bytes, not \(count)"
        case .outOfRange: "a private key lies between 1 and the order of secp256k1; make another one"
        }
    }
}

/// A secp256k1 private key: signs, and is the identity of a party.
///
/// It prints and describes itself as its address only, so that no log can leak it.
package struct PrivateKey: Sendable, Equatable {
    private let secret: Hash32

    /// Takes 32 bytes from outside.
    package init(_ bytes: some Collection<UInt8>) throws(PrivateKeyError) {
        guard bytes.count == 32 else { throw .wrongLength(bytes.count) }
        try self.init(Hash32(bytes))
    }

    package init(_ secret: Hash32) throws(PrivateKeyError) {
        let number = U256(secret)
        guard !number.isZero, number < Signature.order else { throw .outOfRange }
        self.secret = secret
    }

    /// A new key from the operating system's random source.
    package static func random() -> PrivateKey {
        while true {
            if let key = try? PrivateKey(SystemRandom.hash32()) { return key }
        }
    }

    /// The 32 secret bytes: keep them out of logs and errors.
    package var secretBytes: [UInt8] { secret.bytes }

    package var publicKey: PublicKey {
        var key = secp256k1_pubkey()
        let made = secp256k1_ec_pubkey_create(Secp256k1.context, &key, secret.bytes)
        precondition(made == 1, "libsecp256k1 refused a key whose range was checked")
        return PublicKey(key)
    }

    package var address: Address { publicKey.address }

    /// Signs a hash: deterministic (RFC 6979), with the low `s` that Ethereum demands.
    package func sign(_ hash: Hash32) -> Signature {
        var made = secp256k1_ecdsa_recoverable_signature()
        let signed = secp256k1_ecdsa_sign_recoverable(
            Secp256k1.context, &made, hash.bytes, secret.bytes, nil, nil)
        precondition(signed == 1, "libsecp256k1 refused to sign with a key whose range was checked")
        var compact = [UInt8](repeating: 0, count: 64)
        var parity: Int32 = 0
        _ = secp256k1_ecdsa_recoverable_signature_serialize_compact(Secp256k1.context, &compact, &parity, &made)
        return Signature(
            r: U256(bigEndian: compact[0..<32]), s: U256(bigEndian: compact[32..<64]), yParity: UInt8(parity & 1))
    }

    /// The key whose number is this one's plus `tweak`, modulo the order; nil where that is no key (BIP-32).
    package func adding(_ tweak: Hash32) -> PrivateKey? {
        var bytes = secret.bytes
        guard secp256k1_ec_seckey_tweak_add(Secp256k1.context, &bytes, tweak.bytes) == 1 else { return nil }
        return try? PrivateKey(bytes)
    }
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "PrivateKey(of \(address))" }
    package var customMirror: Mirror { Mirror(self, children: ["address": address]) }
}
