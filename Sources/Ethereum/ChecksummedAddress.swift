package import Bytes
import Crypto

/// Why text is no address that can be trusted.
package enum AddressTextError: Error, Equatable, CustomStringConvertible {
    case malformed(HexError)
    /// The letters' case contradicts the checksum (EIP-55); the right spelling goes with it.
    case wrongChecksum(expected: String)

    package var description: String {
        switch self {
        case .malformed(let error): "not an address: \(error)"
        case .wrongChecksum(let expected):
            "the address fails its checksum (a mistyped character?); if it is right, write \(expected)"
        }
    }
}

extension Address {
    /// The address with the letters' case as a checksum (EIP-55), behind `0x`.
    package var checksummed: String {
        let digits = Array(hex.utf8)
        let hash = keccak256(digits).bytes
        var text = "0x"
        for (index, digit) in digits.enumerated() {
            let nibble = hash[index / 2] >> (index.isMultiple(of: 2) ? 4 : 0) & 15
            let isUpper = nibble >= 8 && digit >= UInt8(ascii: "a")
            text.unicodeScalars.append(UnicodeScalar(isUpper ? digit - 32 : digit))
        }
        return text
    }

    /// Reads an address that a person typed: all lower case, all upper case, or with the right checksum.
    package init(checkedText text: String) throws(AddressTextError) {
        do { try self.init(hex: text) } catch { throw .malformed(error) }
        let digits = text.utf8.suffix(40)
        let hasLower = digits.contains { $0 >= UInt8(ascii: "a") }
        let hasUpper = digits.contains { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "F") }
        guard hasLower && hasUpper else { return }
        guard checksummed.utf8.suffix(40).elementsEqual(digits) else { throw .wrongChecksum(expected: checksummed) }
    }
}
