package import Bytes
import CSecp256k1

/// A point of secp256k1 that verifies signatures.
package struct PublicKey: Hashable, Sendable {
    /// x and y, 64 big-endian bytes.
    package let bytes: [UInt8]

    init(_ key: secp256k1_pubkey) {
        var key = key
        var serialized = [UInt8](repeating: 0, count: 65)
        var length = 65
        _ = secp256k1_ec_pubkey_serialize(
            Secp256k1.context, &serialized, &length, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
        bytes = Array(serialized.dropFirst())
    }

    /// Reads 33 compressed bytes, 65 uncompressed ones or 64 without their prefix; nil where no point is meant.
    package init?(_ serialized: [UInt8]) {
        let input = serialized.count == 64 ? [4] + serialized : serialized
        var key = secp256k1_pubkey()
        guard secp256k1_ec_pubkey_parse(Secp256k1.context, &key, input, input.count) == 1 else { return nil }
        self.init(key)
    }

    /// The 33-byte compressed form.
    package var compressed: [UInt8] { [2 + (bytes[63] & 1)] + bytes[0..<32] }

    /// The account's address: the last 20 bytes of the key's Keccak-256.
    package var address: Address { Address(truncating: U256(keccak256(bytes))) }

    /// Whether `signature` over `hash` was made by this key; a high `s` is accepted.
    package func verifies(_ signature: Signature, over hash: Hash32) -> Bool {
        recoverPublicKey(hash: hash, signature: signature) == self
    }
}

/// The key that made the signature, or nil where no key can have made it.
///
/// A high `s` is accepted, as the `ecrecover` precompile does; transactions check it themselves.
package func recoverPublicKey(hash: Hash32, signature: Signature) -> PublicKey? {
    recover(hash, signature).map(PublicKey.init)
}

/// The address whose key made the signature, or nil where no key can have made it.
package func recoverAddress(hash: Hash32, signature: Signature) -> Address? {
    guard var key = recover(hash, signature) else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { scratch in
        let base = scratch.baseAddress!  // 65 bytes were asked for
        var length = 65
        _ = secp256k1_ec_pubkey_serialize(
            Secp256k1.context, base.assumingMemoryBound(to: UInt8.self), &length, &key,
            UInt32(SECP256K1_EC_UNCOMPRESSED))
        return Address(truncating: U256(keccak256(UnsafeRawBufferPointer(start: base + 1, count: 64))))
    }
}

private func recover(_ hash: Hash32, _ signature: Signature) -> secp256k1_pubkey? {
    guard signature.yParity <= 1 else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 96, alignment: 8) { scratch in
        let base = scratch.baseAddress!  // 96 bytes were asked for
        signature.r.hash.write(to: base)
        signature.s.hash.write(to: base + 32)
        hash.write(to: base + 64)
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        var parsed = secp256k1_ecdsa_recoverable_signature()
        let parity = Int32(signature.yParity)
        guard
            secp256k1_ecdsa_recoverable_signature_parse_compact(Secp256k1.context, &parsed, bytes, parity) == 1
        else { return nil }
        var key = secp256k1_pubkey()
        return secp256k1_ecdsa_recover(Secp256k1.context, &key, &parsed, bytes + 64) == 1 ? key : nil
    }
}
