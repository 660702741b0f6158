import COpenSSL

/// `base ^ exponent mod modulus`, all big-endian, as many bytes as the modulus has; zeros where the modulus is zero.
///
/// What the `modexp` precompile computes (EIP-198).
///
/// - Complexity: O(bits of the exponent * squared bytes of the modulus)
package func modularPower(base: [UInt8], exponent: [UInt8], modulus: [UInt8]) -> [UInt8] {
    guard let last = modulus.last, let start = modulus.firstIndex(where: { $0 != 0 }) else {
        return [UInt8](repeating: 0, count: modulus.count)
    }
    var result = [UInt8](repeating: 0, count: modulus.count)
    if start == modulus.count - 1, last == 1 { return result }
    let context = BN_CTX_new()
    defer { BN_CTX_free(context) }
    let (b, e, m) = (number(base), number(exponent), number(modulus))
    let power = BN_new()
    defer { for value in [b, e, m, power] { BN_free(value) } }
    let done = BN_mod_exp(power, b, e, m, context)
    precondition(done == 1, "libcrypto failed to compute a modular power")
    let written = BN_bn2binpad(power, &result, Int32(result.count))
    precondition(written == Int32(result.count), "a remainder is longer than its modulus")
    return result
}

private func number(_ bytes: [UInt8]) -> OpaquePointer? {
    let value = BN_bin2bn(bytes, Int32(bytes.count), nil)
    precondition(value != nil, "libcrypto is out of memory")
    return value
}
