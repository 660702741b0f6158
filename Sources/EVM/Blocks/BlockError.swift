package import Bytes
import Ethereum

/// Why a block is invalid; the state is as before it.
package enum BlockError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    /// A field of the header is other than it must be.
    case header(field: String, have: String, want: String)
    case transaction(index: Int, TransactionRejection)
    /// The sender's signature is wrong.
    case signature(index: Int, String)
    /// A system contract that this fork calls has no code.
    case systemContractMissing(Address)
    case systemContractFailed(Address, HaltReason?)
    case depositLog(String)
    case tooLarge(size: Int, limit: Int)

    package var description: String {
        switch self {
        case .malformed(let text): "the block cannot be read: \(text)"
        case .header(let field, let have, let want): "header field \(field) is \(have), want \(want)"
        case .transaction(let index, let rejection): "could not apply tx \(index): \(rejection)"
        case .signature(let index, let text): "could not apply tx \(index): \(text)"
        case .systemContractMissing(let address): "system contract \(address) has no code"
        case .systemContractFailed(let address, let reason):
            "system contract \(address) failed: \(reason.map { "\($0)" } ?? "reverted")"
        case .depositLog(let text): "deposit log is malformed: \(text)"
        case .tooLarge(let size, let limit): "block of \(size) bytes exceeds the limit of \(limit)"
        }
    }
}
