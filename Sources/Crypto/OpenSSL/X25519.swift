import COpenSSL

/// X25519 key agreement (RFC 7748): two parties derive the same 32 bytes from each other's public keys.
package struct X25519PrivateKey: Sendable {
    /// 32 secret bytes.
    package let secretBytes: [UInt8]

    /// Takes 32 bytes, or is nil for any other count.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        secretBytes = bytes
    }

    private init(unchecked bytes: [UInt8]) { secretBytes = bytes }

    package static func random() -> X25519PrivateKey { X25519PrivateKey(unchecked: SystemRandom.bytes(32)) }

    /// 32 bytes for everyone to see.
    package var publicKey: [UInt8] {
        let key = privateKey()
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = 32
        let done = EVP_PKEY_get_raw_public_key(key, &bytes, &count)
        precondition(done == 1, "libcrypto failed to derive an X25519 public key")
        return bytes
    }

    /// The secret shared with the owner of `publicKey`; nil where that is no usable key (a point of low order).
    ///
    /// Hash it (`hkdf`) before use as a key.
    package func sharedSecret(with publicKey: [UInt8]) -> [UInt8]? {
        guard publicKey.count == 32,
            let peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, publicKey, 32)
        else { return nil }
        defer { EVP_PKEY_free(peer) }
        let key = privateKey()
        defer { EVP_PKEY_free(key) }
        let context = EVP_PKEY_CTX_new(key, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var secret = [UInt8](repeating: 0, count: 32)
        var count = 32
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer) == 1,
            EVP_PKEY_derive(context, &secret, &count) == 1, count == 32
        else {
            ERR_clear_error()
            return nil
        }
        return secret
    }

    private func privateKey() -> OpaquePointer {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, secretBytes, 32) else {
            preconditionFailure("libcrypto refused 32 bytes as an X25519 key")
        }
        return key
    }
}
