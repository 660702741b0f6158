package import Bytes
import COpenSSL

/// NIST P-256 signatures, as passkeys and secure enclaves make them (EIP-7951).
package enum P256 {
    /// The order of the group.
    private static let order = U256(
        l0: 0xf3b9_cac2_fc63_2551, l1: 0xbce6_faad_a717_9e84, l2: 0xffff_ffff_ffff_ffff, l3: 0xffff_ffff_0000_0000)
    /// The prime of the field.
    private static let prime = U256(
        l0: 0xffff_ffff_ffff_ffff, l1: 0x0000_0000_ffff_ffff, l2: 0, l3: 0xffff_ffff_0000_0001)

    /// Whether `(r, s)` over `hash` was made by the key with point `(x, y)`.
    ///
    /// False also for numbers out of range and points off the curve; a high `s` is accepted.
    package static func verify(hash: Hash32, r: U256, s: U256, x: U256, y: U256) -> Bool {
        guard !r.isZero, r < order, !s.isZero, s < order, x < prime, y < prime else { return false }
        guard let key = publicKey(x, y) else {
            ERR_clear_error()
            return false
        }
        defer { EVP_PKEY_free(key) }
        let signature = derSequence(r, s)
        let context = EVP_PKEY_CTX_new(key, nil)
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_verify_init(context) == 1 else { return false }
        let result = EVP_PKEY_verify(context, signature, signature.count, hash.bytes, 32)
        if result != 1 { ERR_clear_error() }
        return result == 1
    }

    private static func publicKey(_ x: U256, _ y: U256) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_fromdata_init(context) == 1 else { return nil }
        var point: [UInt8] = [4] + x.bytes + y.bytes
        var group = Array("prime256v1".utf8CString)
        var key: OpaquePointer?
        let done = point.withUnsafeMutableBytes { point in
            group.withUnsafeMutableBufferPointer { group in
                var parameters = [
                    OSSL_PARAM_construct_utf8_string(cairn_param_group(), group.baseAddress, 0),
                    OSSL_PARAM_construct_octet_string(cairn_param_public_key(), point.baseAddress, point.count),
                    OSSL_PARAM_construct_end(),
                ]
                return EVP_PKEY_fromdata(context, &key, cairn_EVP_PKEY_PUBLIC_KEY, &parameters)
            }
        }
        return done == 1 ? key : nil
    }

    /// `SEQUENCE { INTEGER r, INTEGER s }` in DER; both are below 2^256, so every length is one byte.
    private static func derSequence(_ r: U256, _ s: U256) -> [UInt8] {
        func integer(_ value: U256) -> [UInt8] {
            let digits = value.minimalBytes
            let padded = digits[0] >= 0x80 ? [0] + digits : digits
            return [0x02, UInt8(padded.count)] + padded
        }
        let body = integer(r) + integer(s)
        return [0x30, UInt8(body.count)] + body
    }
}
