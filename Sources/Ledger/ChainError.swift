/// Why a chain did not do what was asked.
package struct ChainError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure, for code.
    package enum Kind: Hashable, Sendable {
        /// The call or transaction reverted; `data` holds what the contract returned.
        case reverted
        /// The call would succeed on the newest block, but not behind what others have handed in and is not mined yet.
        case overtaken
        /// The node refused the transaction (nonce, funds, price, size).
        case rejected
        /// A block or state that the node does not have.
        case notFound
        /// The request itself was wrong.
        case invalidRequest
        /// The node could not be reached or answered nonsense.
        case unreachable
        /// Waited too long.
        case timedOut
        /// The chain's own store failed.
        case storage
    }

    package var kind: Kind
    /// The JSON-RPC error code; 3 for a revert with data, -32000 for most others.
    package var code: Int
    /// What happened and what to do, for people.
    package var message: String
    /// Revert data, where there is any.
    package var data: [UInt8]?

    package init(_ kind: Kind, code: Int = -32000, _ message: String, data: [UInt8]? = nil) {
        (self.kind, self.code, self.message, self.data) = (kind, code, message, data)
    }

    package var description: String { message }
}
