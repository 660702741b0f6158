package import Bytes
package import Crypto

/// Messages that people sign, made so that no signature of one is a transaction's (EIP-191).
package enum PersonalMessage {
    /// What `personal_sign` and `eth_sign` sign: version `0x45`.
    package static func hash(_ message: [UInt8]) -> Hash32 {
        var hasher = Keccak256()
        hasher.update(Array("\u{19}Ethereum Signed Message:\n\(message.count)".utf8))
        hasher.update(message)
        return hasher.finalize()
    }

    /// What a validator contract checks: version `0x00`.
    package static func hash(_ data: [UInt8], validator: Address) -> Hash32 {
        keccak256([0x19, 0x00] + validator.bytes + data)
    }

    /// The address that signed the message; nil where the signature is invalid.
    package static func signer(of message: [UInt8], _ signature: Signature) -> Address? {
        recoverAddress(hash: hash(message), signature: signature)
    }
}

extension PrivateKey {
    /// Signs a message as `personal_sign` does.
    package func sign(personal message: [UInt8]) -> Signature { sign(PersonalMessage.hash(message)) }
}
