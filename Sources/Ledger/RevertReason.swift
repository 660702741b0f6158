package import Bytes

/// What a contract meant by reverting, read from its revert data.
package enum RevertReason: Hashable, Sendable, CustomStringConvertible {
    /// No data: a bare `revert`, or a failed `require` without a text.
    case none
    /// `Error(string)`: Vyper's and Solidity's texts.
    case text(String)
    /// `Panic(uint256)`: a failed check that the compiler put in.
    case panic(U256)
    /// An error of the contract's own, by selector.
    case custom(selector: [UInt8], arguments: [UInt8])

    package init(_ data: [UInt8]) {
        if data.isEmpty {
            self = .none
        } else if data.starts(with: [0x08, 0xc3, 0x79, 0xa0]), let text = RevertReason.string(in: data.dropFirst(4)) {
            self = .text(text)
        } else if data.starts(with: [0x4e, 0x48, 0x7b, 0x71]), data.count == 36 {
            self = .panic(U256(bigEndian: data[4...]))
        } else {
            self = .custom(selector: Array(data.prefix(4)), arguments: Array(data.dropFirst(4)))
        }
    }

    /// What geth appends to "execution reverted", or nil.
    package var text: String? {
        switch self {
        case .none, .custom: nil
        case .text(let text): text
        case .panic(let code): RevertReason.meaning(ofPanic: code)
        }
    }

    package var description: String {
        switch self {
        case .none: "execution reverted"
        case .custom(let selector, _): "execution reverted: custom error \(selector.hex0x)"
        case .text, .panic: "execution reverted: \(text ?? "")"
        }
    }

    /// The one string of an ABI tuple `(string)`.
    private static func string(in bytes: ArraySlice<UInt8>) -> String? {
        let start = bytes.startIndex
        guard bytes.count >= 64, let offset = U256(bigEndian: bytes[start..<start + 32]).asInt,
            offset <= bytes.count - 32
        else { return nil }
        let length = bytes[(start + offset)..<(start + offset + 32)]
        guard let count = U256(bigEndian: length).asInt, count <= bytes.count - offset - 32 else { return nil }
        return String(decoding: bytes[(start + offset + 32)..<(start + offset + 32 + count)], as: UTF8.self)
    }

    /// The panic codes of Solidity, in geth's words.
    private static func meaning(ofPanic code: U256) -> String {
        switch code.asUInt64 {
        case 0x00: "generic panic"
        case 0x01: "assert(false)"
        case 0x11: "arithmetic underflow or overflow"
        case 0x12: "division or modulo by zero"
        case 0x21: "enum overflow"
        case 0x22: "invalid encoded storage byte array accessed"
        case 0x31: "out-of-bounds array access; popping on an empty array"
        case 0x32: "out-of-bounds access of an array or bytesN"
        case 0x41: "out of memory"
        case 0x51: "uninitialized function"
        default: "unknown panic code: \(code.hexQuantity)"
        }
    }
}
