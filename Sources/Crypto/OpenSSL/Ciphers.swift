import COpenSSL

/// AES-128 in counter mode: encrypts and decrypts alike.
///
/// - Precondition: the key and the counter block have 16 bytes each.
package func aes128CTR(key: [UInt8], counter: [UInt8], _ data: [UInt8]) -> [UInt8] {
    precondition(key.count == 16 && counter.count == 16, "AES-128-CTR takes 16 bytes of key and of counter")
    return CipherContext(EVP_aes_128_ctr(), key: key, iv: counter, encrypting: true).update(data)
}

/// The raw ChaCha20 keystream from block `counter` on (RFC 8439 for counters below 2^32).
///
/// - Precondition: the key has 32 bytes, the nonce 12.
package func chacha20Keystream(key: [UInt8], nonce: [UInt8], counter: UInt32, count: Int) -> [UInt8] {
    precondition(key.count == 32 && nonce.count == 12, "ChaCha20 takes 32 bytes of key and 12 of nonce")
    let iv = withUnsafeBytes(of: counter.littleEndian) { [UInt8]($0) } + nonce
    return CipherContext(EVP_chacha20(), key: key, iv: iv, encrypting: true).update(.init(repeating: 0, count: count))
}

/// ChaCha20-Poly1305 (RFC 8439): encryption that detects every change.
package enum ChaCha20Poly1305 {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    /// The ciphertext followed by its 16-byte tag.
    ///
    /// - Precondition: key and nonce have their lengths; a nonce is never used twice with one key.
    package static func seal(
        _ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], authenticating extra: [UInt8] = []
    ) -> [UInt8] {
        checkLengths(key, nonce)
        let cipher = CipherContext(EVP_chacha20_poly1305(), key: key, iv: nonce, encrypting: true)
        cipher.authenticate(extra)
        let sealed = cipher.update(plaintext)
        precondition(cipher.finish(), "libcrypto failed to seal")
        return sealed + cipher.tag(tagByteCount)
    }

    /// The plaintext, or nil where the box, the nonce, the key or `extra` is not what was sealed.
    package static func open(
        _ box: [UInt8], key: [UInt8], nonce: [UInt8], authenticating extra: [UInt8] = []
    ) -> [UInt8]? {
        checkLengths(key, nonce)
        guard box.count >= tagByteCount else { return nil }
        let cipher = CipherContext(EVP_chacha20_poly1305(), key: key, iv: nonce, encrypting: false)
        cipher.expect(tag: Array(box.suffix(tagByteCount)))
        cipher.authenticate(extra)
        let plaintext = cipher.update(Array(box.dropLast(tagByteCount)))
        return cipher.finish() ? plaintext : nil
    }

    private static func checkLengths(_ key: [UInt8], _ nonce: [UInt8]) {
        precondition(
            key.count == keyByteCount && nonce.count == nonceByteCount,
            "ChaCha20-Poly1305 takes 32 bytes of key and 12 of nonce")
    }
}

/// One use of a cipher of libcrypto.
private final class CipherContext {
    private let context: OpaquePointer

    init(_ cipher: OpaquePointer?, key: [UInt8], iv: [UInt8], encrypting: Bool) {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
        self.context = context
        let done = EVP_CipherInit_ex(context, cipher, nil, key, iv, encrypting ? 1 : 0)
        precondition(done == 1, "libcrypto refused a cipher with checked lengths")
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    func authenticate(_ extra: [UInt8]) {
        var count: Int32 = 0
        if !extra.isEmpty { check(EVP_CipherUpdate(context, nil, &count, extra, Int32(extra.count))) }
    }

    func update(_ data: [UInt8]) -> [UInt8] {
        precondition(data.count <= Int(Int32.max), "libcrypto takes at most 2 GiB at once")
        guard !data.isEmpty else { return [] }
        return [UInt8](unsafeUninitializedCapacity: data.count) { buffer, filled in
            var count: Int32 = 0
            check(EVP_CipherUpdate(context, buffer.baseAddress, &count, data, Int32(data.count)))
            filled = Int(count)
        }
    }

    func finish() -> Bool {
        var rest = [UInt8](repeating: 0, count: 64)
        var count: Int32 = 0
        return EVP_CipherFinal_ex(context, &rest, &count) == 1
    }

    func tag(_ count: Int) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: count)
        check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(count), &tag))
        return tag
    }

    func expect(tag: [UInt8]) {
        var tag = tag
        check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag))
    }

    private func check(_ result: Int32) { precondition(result == 1, "libcrypto failed in a cipher") }
}
