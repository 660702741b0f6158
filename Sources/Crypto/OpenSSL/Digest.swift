package import Bytes
import COpenSSL

/// The hash functions of libcrypto that Cairn uses.
package enum Digest: Sendable, CaseIterable {
    case sha256, sha512, ripemd160, blake2b512

    /// How many bytes the hash has.
    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha512, .blake2b512: 64
        case .ripemd160: 20
        }
    }

    /// The hash of the bytes.
    package func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }

    /// The hash of the bytes.
    package func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let done = EVP_Digest(bytes.baseAddress, bytes.count, buffer.baseAddress, nil, method, nil)
            precondition(done == 1, "libcrypto failed to compute \(self)")
            count = byteCount
        }
    }

    var method: OpaquePointer {
        switch self {
        case .sha256: Methods.sha256
        case .sha512: Methods.sha512
        case .ripemd160: Methods.ripemd160
        case .blake2b512: Methods.blake2b512
        }
    }

    /// Fetched once: a fetch costs more than hashing a short message. They are immutable and never freed.
    private enum Methods {
        nonisolated(unsafe) static let sha256 = fetch("SHA256")
        nonisolated(unsafe) static let sha512 = fetch("SHA512")
        nonisolated(unsafe) static let ripemd160 = fetch("RIPEMD160")
        nonisolated(unsafe) static let blake2b512 = fetch("BLAKE2B-512")

        static func fetch(_ name: String) -> OpaquePointer {
            guard let method = EVP_MD_fetch(nil, name, nil) else {
                preconditionFailure("libcrypto has no \(name); OpenSSL 3.0.7 or newer is needed")
            }
            return method
        }
    }
}

/// SHA-256 of the bytes.
package func sha256(_ bytes: [UInt8]) -> Hash32 { Hash32(Digest.sha256.hash(bytes)) }

/// HMAC (RFC 2104).
package func hmac(_ digest: Digest, key: [UInt8], message: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: digest.byteCount) { buffer, count in
        let done = HMAC(
            digest.method, key.isEmpty ? [0] : key, Int32(key.count), message, message.count, buffer.baseAddress, nil)
        precondition(done != nil, "libcrypto failed to compute an HMAC")
        count = digest.byteCount
    }
}
