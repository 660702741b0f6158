/// Why a piece of hexadecimal text is not what its reader wanted.
package enum HexError: Error, Equatable, CustomStringConvertible {
    /// The text had an odd number of digits.
    case oddLength(Int)
    /// A character outside `0-9a-fA-F` stood at this offset (after any `0x`).
    case invalidDigit(offset: Int)
    /// The text had another number of bytes than the fixed size it should fill.
    case wrongLength(expected: Int, actual: Int)
    /// The number does not fit into 256 bits.
    case overflow

    package var description: String {
        switch self {
        case .oddLength(let count): "hex text has an odd number of digits (\(count))"
        case .invalidDigit(let offset): "hex text has an invalid digit at offset \(offset)"
        case .wrongLength(let expected, let actual): "hex text holds \(actual) bytes, want \(expected)"
        case .overflow: "number does not fit into 256 bits"
        }
    }
}

@inlinable
package func hexDigitValue(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x61...0x66: character - 0x61 + 10
    case 0x41...0x46: character - 0x41 + 10
    default: nil
    }
}

extension Array where Element == UInt8 {
    /// Reads hexadecimal text, with or without a leading `0x`, two digits a byte.
    ///
    /// - Throws: `HexError.oddLength`, `HexError.invalidDigit`.
    package init(hex text: some StringProtocol) throws(HexError) {
        var digits = Array(text.utf8)[...]
        if digits.starts(with: [0x30, 0x78]) || digits.starts(with: [0x30, 0x58]) { digits = digits.dropFirst(2) }
        guard digits.count.isMultiple(of: 2) else { throw .oddLength(digits.count) }
        var bytes = [UInt8]()
        bytes.reserveCapacity(digits.count / 2)
        var index = digits.startIndex
        while index < digits.endIndex {
            guard let high = hexDigitValue(digits[index]) else {
                throw .invalidDigit(offset: index - digits.startIndex)
            }
            guard let low = hexDigitValue(digits[index + 1]) else {
                throw .invalidDigit(offset: index + 1 - digits.startIndex)
            }
            bytes.append(high << 4 | low)
            index += 2
        }
        self = bytes
    }
}

extension Collection where Element == UInt8 {
    /// Lower-case hexadecimal, two digits a byte, no prefix.
    package var hex: String {
        withContiguousStorageIfAvailable { hexText(UnsafeRawBufferPointer($0)) }
            ?? Array(self).withUnsafeBytes { hexText($0) }
    }

    /// Lower-case hexadecimal behind `0x`.
    package var hex0x: String { "0x" + hex }
}

private func hexText(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
        var index = 0
        for byte in bytes {
            buffer[index] = hexDigit(byte >> 4)
            buffer[index + 1] = hexDigit(byte & 15)
            index += 2
        }
        return index
    }
}

@inlinable
package func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
