import Bytes

/// The text that `Error(string)` or the code that `Panic(uint256)` carries in revert data.
struct RevertReason: CustomStringConvertible {
    let description: String

    /// Reads revert data; nil where it is neither of the two.
    init?(_ data: [UInt8]) {
        let words = (data.count - 4) / 32
        guard data.count >= 36 else { return nil }
        func word(_ index: Int) -> U256 { U256(bigEndian: data[(4 + 32 * index)..<(36 + 32 * index)]) }
        switch Array(data[..<4]) {
        case [0x08, 0xc3, 0x79, 0xa0]:
            guard words >= 2, let offset = word(0).asInt, offset.isMultiple(of: 32), offset / 32 < words,
                let count = word(offset / 32).asInt, count <= data.count - 36 - offset
            else { return nil }
            description = String(decoding: data[(36 + offset)..<(36 + offset + count)], as: UTF8.self)
        case [0x4e, 0x48, 0x7b, 0x71]:
            description = Self.panics[word(0)] ?? "unknown panic code: \(word(0).hexQuantity)"
        default: return nil
        }
    }

    /// Solidity's panic codes in geth's words.
    private static let panics: [U256: String] = [
        0x00: "generic panic", 0x01: "assert(false)", 0x11: "arithmetic underflow or overflow",
        0x12: "division or modulo by zero", 0x21: "enum overflow", 0x22: "invalid encoded storage byte array accessed",
        0x31: "out-of-bounds array access; popping on an empty array",
        0x32: "out-of-bounds access of an array or bytesN", 0x41: "out of memory", 0x51: "uninitialized function",
    ]
}
