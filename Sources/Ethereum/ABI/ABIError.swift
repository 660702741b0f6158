/// Why a value or bytes do not fit a type of the contract ABI.
package enum ABIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is no type, signature or JSON ABI; the reason goes with it.
    case malformedType(String, reason: String)
    /// A value of another kind than its type.
    case mismatch(expected: String, found: String)
    /// A number that its type cannot hold.
    case outOfRange(value: String, type: String)
    /// A list of another length than its type or parameter list.
    case wrongCount(expected: Int, actual: Int, type: String)
    /// The bytes break the encoding at this offset.
    case malformedData(String, offset: Int)
    /// The data are not those of this function or event.
    case wrongSelector(expected: String, found: String)

    package var description: String {
        switch self {
        case .malformedType(let text, let reason): "ABI: \"\(text)\" is not valid: \(reason)"
        case .mismatch(let expected, let found): "ABI: want \(expected), found \(found)"
        case .outOfRange(let value, let type): "ABI: \(value) does not fit into \(type)"
        case .wrongCount(let expected, let actual, let type): "ABI: \(type) takes \(expected) values, not \(actual)"
        case .malformedData(let reason, let offset): "ABI: the data are malformed at byte \(offset): \(reason)"
        case .wrongSelector(let expected, let found): "ABI: the data are for \(found), not for \(expected)"
        }
    }
}
