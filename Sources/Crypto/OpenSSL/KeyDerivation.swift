import COpenSSL

/// Why a key could not be derived.
package enum KeyDerivationError: Error, Equatable, CustomStringConvertible {
    /// A parameter is outside what the function allows; the text names it.
    case invalidParameter(String)
    /// scrypt would need more memory than the limit.
    case tooMuchMemory(needed: Int, limit: Int)

    package var description: String {
        switch self {
        case .invalidParameter(let what): "key derivation: \(what)"
        case .tooMuchMemory(let needed, let limit):
            "key derivation: these scrypt parameters need \(needed >> 20) MiB; the limit is \(limit >> 20) MiB"
        }
    }
}

/// PBKDF2 with HMAC (RFC 8018).
package func pbkdf2(
    _ digest: Digest, password: [UInt8], salt: [UInt8], iterations: Int, count: Int
) throws(KeyDerivationError) -> [UInt8] {
    guard iterations >= 1, iterations <= Int(Int32.max) else {
        throw .invalidParameter("PBKDF2 takes 1 to 2147483647 iterations, not \(iterations)")
    }
    guard count >= 1, count <= 4096 else { throw .invalidParameter("PBKDF2 makes 1 to 4096 bytes, not \(count)") }
    var key = [UInt8](repeating: 0, count: count)
    let done = password.withUnsafeBytes { password in
        PKCS5_PBKDF2_HMAC(
            password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count), salt,
            Int32(salt.count), Int32(iterations), digest.method, Int32(count), &key)
    }
    precondition(done == 1, "libcrypto failed to compute PBKDF2")
    return key
}

/// scrypt (RFC 7914).
///
/// - Parameters:
///   - n: cost, a power of two above 1; below `2^(16 * r)`.
///   - memoryLimit: refuses parameters that need more bytes (`128 * n * r`), so that a hostile file cannot exhaust it.
/// - Complexity: O(n * r * p)
package func scrypt(
    password: [UInt8], salt: [UInt8], n: Int, r: Int, p: Int, count: Int, memoryLimit: Int = 1 << 30
) throws(KeyDerivationError) -> [UInt8] {
    guard n > 1, n & (n - 1) == 0 else { throw .invalidParameter("scrypt's n is a power of two above 1, not \(n)") }
    guard r >= 1, p >= 1, r <= 1 << 20, p <= 1 << 20, r * p < 1 << 30 else {
        throw .invalidParameter("scrypt's r and p are positive and r * p is below 2^30")
    }
    guard 16 * r >= 64 || n < 1 << (16 * r) else {
        throw .invalidParameter("scrypt's n is below 2^(16 * r)")
    }
    guard count >= 1, count <= 4096 else { throw .invalidParameter("scrypt makes 1 to 4096 bytes, not \(count)") }
    let (area, overflow) = n.multipliedReportingOverflow(by: 128 * r)
    let needed = overflow ? Int.max : area + 128 * r * p
    guard !overflow, needed <= memoryLimit else { throw .tooMuchMemory(needed: needed, limit: memoryLimit) }
    var key = [UInt8](repeating: 0, count: count)
    let done = password.withUnsafeBytes { password in
        EVP_PBE_scrypt(
            password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count, UInt64(n),
            UInt64(r), UInt64(p), UInt64(needed) + 1 << 20, &key, count)
    }
    guard done == 1 else { throw .invalidParameter("libcrypto refused scrypt with n \(n), r \(r), p \(p)") }
    return key
}

/// HKDF (RFC 5869): extract and expand.
///
/// - Precondition: `count <= 255 * digest.byteCount`.
package func hkdf(_ digest: Digest, secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    precondition(count <= 255 * digest.byteCount, "HKDF makes at most 255 blocks")
    let extracted = hmac(
        digest, key: salt.isEmpty ? [UInt8](repeating: 0, count: digest.byteCount) : salt, message: secret)
    var output = [UInt8]()
    var block = [UInt8]()
    var index: UInt8 = 1
    while output.count < count {
        block = hmac(digest, key: extracted, message: block + info + [index])
        output += block
        index &+= 1
    }
    return Array(output.prefix(count))
}
