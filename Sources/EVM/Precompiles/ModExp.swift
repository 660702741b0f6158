import Bytes
import Crypto

/// The parts of a modular exponentiation's input (EIP-198).
struct ModExp {
    private let base, exponent, modulus: [UInt8]

    /// - Precondition: the lengths were priced, so they fit into memory.
    init(_ bytes: UnsafeRawBufferPointer) {
        let input = PaddedInput(bytes)
        // Lengths that were paid for are far below 2^63.
        let lengths = (0..<3).map { Int(clamping: input.word($0).asUInt64 ?? 0) }
        guard lengths[0] != 0 || lengths[2] != 0 else {
            (base, exponent, modulus) = ([], [], [])
            return
        }
        base = input.slice(96, lengths[0])
        exponent = lengths[2] == 0 ? [] : input.slice(96 + lengths[0], lengths[1])
        modulus = input.slice(96 + lengths[0] + lengths[1], lengths[2])
    }

    /// As many bytes as the modulus has; zeros where it is zero.
    func result() -> [UInt8] {
        if modulus.isEmpty { return [] }
        return modularPower(base: base, exponent: exponent, modulus: modulus)
    }

    /// The gas by EIP-198, 2565 (Berlin) or 7883 (Osaka); nil where EIP-7823's bound is broken.
    static func price(_ bytes: UnsafeRawBufferPointer, fork: Fork) -> UInt64? {
        let input = PaddedInput(bytes)
        let (baseLength, exponentLength, modulusLength) = (input.word(0), input.word(1), input.word(2))
        if fork >= .osaka, max(baseLength, exponentLength, modulusLength) > 1024 { return nil }
        guard let size = max(baseLength, modulusLength).asUInt64, size < 1 << 32 else {
            // The complexity alone is beyond any gas limit, unless nothing is to be multiplied.
            return .max
        }
        let complexity = complexity(UInt128(size), fork: fork)
        let headLength = min(exponentLength, 32).l0
        let headStart = baseLength &+ 96
        let head =
            headStart.asInt.map { U256(bigEndian: input.slice($0, Int(headLength))) } ?? .zero
        let headBits = UInt128(max(0, head.bitWidth - 1))
        var iterations = headBits
        if exponentLength > 32 {
            // As for memory: what would need more than there can be is beyond any gas.
            guard let length = exponentLength.asUInt64, length < Limits.memory else {
                return complexity == 0 ? minimum(fork) : .max
            }
            iterations += (fork >= .osaka ? 16 : 8) * UInt128(length - 32)
        }
        let (product, overflow) = complexity.multipliedReportingOverflow(by: max(iterations, 1))
        let divisor: UInt128 = fork >= .osaka ? 1 : fork >= .berlin ? 3 : 20
        if overflow { return .max }
        return max(minimum(fork), UInt64(clamping: product / divisor))
    }

    private static func minimum(_ fork: Fork) -> UInt64 { fork >= .osaka ? 500 : fork >= .berlin ? 200 : 0 }

    private static func complexity(_ size: UInt128, fork: Fork) -> UInt128 {
        let words = (size + 7) / 8
        if fork >= .osaka { return size > 32 ? 2 * words * words : 16 }
        if fork >= .berlin { return words * words }
        if size <= 64 { return size * size }
        if size <= 1024 { return size * size / 4 + 96 * size - 3072 }
        return size * size / 16 + 480 * size - 199_680
    }
}
