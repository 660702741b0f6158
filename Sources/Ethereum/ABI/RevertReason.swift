package import Bytes

/// What a contract said when it reverted.
package enum RevertReason: Hashable, Sendable {
    /// Nothing.
    case empty
    /// `Error(string)`: the text of `require` and `assert`.
    case text(String)
    /// `Panic(uint256)`: the compiler's own check failed.
    case panic(U256)
    /// An error type of the contract's own, or bytes of no known form.
    case data([UInt8])

    /// Reads revert data; never fails.
    package init(_ data: [UInt8]) {
        // Some compilers do not fill the text's last word.
        let padding = [UInt8](repeating: 0, count: 31)
        if data.isEmpty {
            self = .empty
        } else if data.starts(with: [0x08, 0xC3, 0x79, 0xA0]),
            let text = (try? ABI.decode(data.dropFirst(4) + padding, as: [.string], isStrict: false))?.first?.string
        {
            self = .text(text)
        } else if data.starts(with: [0x4E, 0x48, 0x7B, 0x71]),
            let code = (try? ABI.decode(data.dropFirst(4), as: [.uint(256)]))?.first?.number
        {
            self = .panic(code)
        } else {
            self = .data(data)
        }
    }

    /// The data that makes this reason; the inverse of `init(_:)`.
    package var data: [UInt8] {
        switch self {
        case .empty: []
        case .text(let text):
            [0x08, 0xC3, 0x79, 0xA0] + ((try? ABI.encode([.string(text)], as: [.string])) ?? [])
        case .panic(let code): [0x4E, 0x48, 0x7B, 0x71] + code.bytes
        case .data(let data): data
        }
    }

    /// The words for people behind "execution reverted", as geth has them; nil where there are none.
    package var words: String? {
        switch self {
        case .empty, .data: nil
        case .text(let text): text
        case .panic(let code): code.asUInt64.flatMap { Self.panics[$0] } ?? "unknown panic code: \(code.hexQuantity)"
        }
    }

    /// Solidity's panic codes in geth's words.
    private static let panics: [UInt64: String] = [
        0x00: "generic panic", 0x01: "assert(false)", 0x11: "arithmetic underflow or overflow",
        0x12: "division or modulo by zero", 0x21: "enum overflow", 0x22: "invalid encoded storage byte array accessed",
        0x31: "out-of-bounds array access; popping on an empty array",
        0x32: "out-of-bounds access of an array or bytesN",
        0x41: "out of memory", 0x51: "uninitialized function",
    ]
}

extension RevertReason: CustomStringConvertible {
    /// What geth's error message says; an error type of the contract's own is named by its selector.
    package var description: String {
        if let words { return "execution reverted: \(words)" }
        if case .data(let data) = self { return "execution reverted: custom error \(data.prefix(4).hex0x)" }
        return "execution reverted"
    }
}
