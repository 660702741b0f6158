/// Why bytes are not the canonical RLP that their reader wanted; offsets count from the start of the input.
package enum RLPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The item at the offset promises more bytes than there are.
    case truncated(offset: Int)
    /// The item at the offset could have been written shorter; the text says how.
    case notCanonical(String, offset: Int)
    /// A byte string stands where a list was wanted.
    case expectedList(offset: Int)
    /// A list stands where a byte string was wanted.
    case expectedBytes(offset: Int)
    /// A byte string of another length than the fixed one.
    case wrongLength(expected: Int, actual: Int, offset: Int)
    /// An integer that needs more than so many bits.
    case integerTooLarge(bits: Int, offset: Int)
    /// Bytes or items stand behind the last one that was wanted.
    case trailing(offset: Int)
    /// A number that stands for something, but for nothing that the reader knows; the text says for what.
    case unknown(String, offset: Int)
    /// Lists are nested more deeply than the reader allows.
    case tooDeep(offset: Int)

    package var description: String {
        switch self {
        case .truncated(let offset): "RLP ends within the item at byte \(offset)"
        case .notCanonical(let reason, let offset): "RLP is not canonical at byte \(offset): \(reason)"
        case .expectedList(let offset): "RLP holds bytes at byte \(offset), want a list"
        case .expectedBytes(let offset): "RLP holds a list at byte \(offset), want bytes"
        case .wrongLength(let expected, let actual, let offset):
            "RLP holds \(actual) bytes at byte \(offset), want \(expected)"
        case .integerTooLarge(let bits, let offset): "RLP integer at byte \(offset) does not fit into \(bits) bits"
        case .trailing(let offset): "RLP has unwanted bytes from byte \(offset) on"
        case .unknown(let what, let offset): "RLP names \(what) at byte \(offset), which is unknown"
        case .tooDeep(let offset): "RLP lists are nested too deeply at byte \(offset)"
        }
    }
}
