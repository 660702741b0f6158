/// Why bytes are no valid signed transaction.
package enum TransactionDecodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There was nothing to read.
    case empty
    /// The first byte names no type that is known (EIP-2718).
    case unknownType(UInt8)
    /// The fields are not the canonical RLP of their type.
    case malformed(RLPError)
    /// The signature's `v` or parity is none that the type allows.
    case invalidParity(String)
    /// A legacy `v` names another chain than 64 bits can.
    case chainIDTooLarge
    /// `r` or `s` is out of range, or `s` is in the upper half of the order (EIP-2).
    case invalidSignature
    /// The signature is well-formed, but no key can have made it.
    case unrecoverable

    package var description: String {
        switch self {
        case .empty: "the transaction is empty"
        case .unknownType(let type): "transaction type 0x\(String(type, radix: 16)) is not supported; 0 to 4 are"
        case .malformed(let error): "the transaction is malformed: \(error)"
        case .invalidParity(let value): "the transaction's signature has an invalid v (\(value))"
        case .chainIDTooLarge: "the transaction's chain id does not fit into 64 bits"
        case .invalidSignature: "the transaction's signature is out of range (r, s, or s above half the order)"
        case .unrecoverable: "the transaction's signature belongs to no key"
        }
    }
}
