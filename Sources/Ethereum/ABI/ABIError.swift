/// Why a value could not be encoded, or bytes decoded, by the contract ABI.
package enum ABIError: Error, Equatable, CustomStringConvertible {
    /// No such type.
    case unknownType(String)
    /// A value of another type or range stood where `type` was wanted.
    case mismatch(type: String, value: String)
    /// Another number of values than of types.
    case wrongCount(expected: Int, actual: Int)
    /// The bytes end before the value at this offset.
    case truncated(offset: Int)
    /// Padding that should be zero, or a bool that is neither 0 nor 1, at this offset.
    case notCanonical(type: String, offset: Int)
    /// A string that is no UTF-8, at this offset.
    case invalidText(offset: Int)
    /// The bytes describe more values than the reader allows.
    case tooLarge
    /// The description of a contract has no such entry, or lacks a part.
    case malformed(String)

    package var description: String {
        switch self {
        case .unknownType(let text): "'\(text)' is no ABI type"
        case .mismatch(let type, let value): "\(value) does not fit \(type)"
        case .wrongCount(let expected, let actual): "\(actual) values were given, \(expected) are wanted"
        case .truncated(let offset): "ABI data ends before the value at byte \(offset)"
        case .notCanonical(let type, let offset): "ABI data has no valid \(type) at byte \(offset)"
        case .invalidText(let offset): "ABI data has a string that is no UTF-8 at byte \(offset)"
        case .tooLarge: "ABI data describes more values than are read"
        case .malformed(let text): text
        }
    }
}
