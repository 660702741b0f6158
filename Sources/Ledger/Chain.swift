package import Bytes

/// Any Ethereum chain, seen from above: the embedded one in this process, or any node over JSON-RPC.
///
/// ## Rules for conformers
/// - Every method may be called from any task at any time.
/// - A transaction whose receipt was returned once is never lost by the embedded chain; over JSON-RPC that is the
///   remote node's promise.
/// - Failures are `ChainError`; a revert keeps its data.
package protocol Chain: Sendable {
    /// The EIP-155 chain id.
    func chainID() async throws(ChainError) -> UInt64
    /// The number of the newest block.
    func blockNumber() async throws(ChainError) -> UInt64
    /// The header of a block, or nil where there is none.
    func header(at block: BlockTag) async throws(ChainError) -> BlockHeader?
    /// The whole block, or nil where there is none.
    func block(at block: BlockTag) async throws(ChainError) -> MinedBlock?
    /// Wei.
    func balance(of address: Address, at block: BlockTag) async throws(ChainError) -> U256
    /// How many transactions the account has sent; `.pending` counts those that wait.
    func nonce(of address: Address, at block: BlockTag) async throws(ChainError) -> UInt64
    func code(of address: Address, at block: BlockTag) async throws(ChainError) -> [UInt8]
    func storage(of address: Address, slot: U256, at block: BlockTag) async throws(ChainError) -> Hash32
    /// Executes a message call and keeps nothing of it.
    ///
    /// - Throws: `ChainError` of kind `.reverted` with the revert data where the call reverts.
    func call(_ message: CallMessage, at block: BlockTag) async throws(ChainError) -> [UInt8]
    /// The least gas limit with which the message succeeds now.
    func estimateGas(_ message: CallMessage) async throws(ChainError) -> UInt64
    /// What a transaction sent now should offer.
    func fees() async throws(ChainError) -> FeeQuote
    /// Hands in a signed transaction in its wire form; returns its hash when the node has accepted it.
    func send(raw transaction: [UInt8]) async throws(ChainError) -> Hash32
    /// The receipt, or nil while the transaction waits or is unknown.
    func receipt(of transaction: Hash32) async throws(ChainError) -> MinedReceipt?
    /// The receipts of a block's transactions, in their order, as many; nil where the node has none.
    func receipts(of block: MinedBlock) async throws(ChainError) -> [MinedReceipt?]
    /// A mined transaction with its place, or nil.
    func transaction(_ hash: Hash32) async throws(ChainError) -> MinedTransaction?
    /// Logs that match, in chain order.
    func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog]
    /// Waits for news from now on.
    func watch() -> any NewsWatch
}

/// Waits until there may be something new on a chain.
package protocol NewsWatch: Sendable {
    /// Returns when the chain says that something is new since this last returned, where it says so by itself, and after
    /// `longest` at the latest; where the chain must be asked, after `pause`.
    ///
    /// - Throws: `CancellationError`.
    func wait(_ pause: Duration, atMost longest: Duration) async throws
}

/// For chains that must be asked.
package struct PollingWatch: NewsWatch {
    private let clock: any Clock<Duration>

    package init(clock: any Clock<Duration> = ContinuousClock()) { self.clock = clock }

    package func wait(_ pause: Duration, atMost longest: Duration) async throws { try await clock.sleep(for: pause) }
}

extension Chain {
    package func watch() -> any NewsWatch { PollingWatch() }

    /// One by one; a chain that can give them at once does.
    package func receipts(of block: MinedBlock) async throws(ChainError) -> [MinedReceipt?] {
        var receipts: [MinedReceipt?] = []
        for transaction in block.transactions { receipts.append(try await receipt(of: transaction.hash)) }
        return receipts
    }
}
