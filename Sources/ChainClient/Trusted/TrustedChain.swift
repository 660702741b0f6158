package import Bytes
import Crypto
import Ethereum
import JSON
package import Ledger
import Synchronization

/// A chain read through a node that need not be trusted: everything is checked against one block hash that is.
///
///     let chain = TrustedChain(client: ChainClient(url: url), block: hash)
///     let balance = try await chain.balance(of: address, at: .latest)
///
/// Headers are followed from the trusted block back to their ancestors, each named by the hash in its child. Accounts,
/// code and storage come with Merkle proofs, transactions and receipts are hashed to the roots in their header, and
/// logs are read from receipts of every block whose bloom filter admits them, so none can be added or left out.
///
/// The trusted block is this chain's newest one: `.latest` and its kin mean it. What lies behind it does not exist
/// here. A lie of the node is an error of kind `.unreachable` that says what does not fit.
///
/// Calls carry no proof: with an executor they are executed here, on state that is proved; without, they are refused.
///
/// - Not for gas estimates, fees and the chain id, which nothing in a block commits to.
package final class TrustedChain: Chain {
    let client: ChainClient
    let trusted: Hash32
    private let executor: (any CallExecutor)?

    struct Known {
        /// Verified headers by number; a contiguous range that ends at the trusted block.
        var headers: [UInt64: BlockHeader] = [:]
        var lowest: UInt64?
        var top: UInt64?
        /// Verified receipts of blocks that were asked for.
        var receipts: [UInt64: [MinedReceipt]] = [:]
    }

    let known = Mutex(Known())

    /// - Parameters:
    ///   - block: the hash that is believed; everything else is checked against it.
    ///   - executor: executes calls; nil refuses them.
    package init(client: ChainClient, block: Hash32, executor: (any CallExecutor)? = nil) {
        (self.client, trusted, self.executor) = (client, block, executor)
    }

    static func lie(_ what: String) -> ChainError {
        ChainError(.unreachable, "the node's answer does not fit the trusted block: \(what)")
    }

    package func chainID() async throws(ChainError) -> UInt64 { try await client.chainID() }
    package func fees() async throws(ChainError) -> FeeQuote { try await client.fees() }
    package func send(raw transaction: [UInt8]) async throws(ChainError) -> Hash32 {
        try await client.send(raw: transaction)
    }

    package func call(_ message: CallMessage, at block: BlockTag) async throws(ChainError) -> [UInt8] {
        guard let executor else {
            throw ChainError(
                .invalidRequest, "the result of a call cannot be checked against a block hash: read storage instead")
        }
        return try await executor.call(message, after: try await existing(block), of: self)
    }

    package func estimateGas(_ message: CallMessage) async throws(ChainError) -> UInt64 {
        throw ChainError(.invalidRequest, "a gas estimate cannot be checked against a block hash: give a gas limit")
    }
}
