package import Bytes
package import Ethereum
package import Ledger

/// A chain whose answers are altered on their way, as a damaged store or a lying node would alter them.
package struct TamperingChain: Chain {
    private let base: any Chain
    /// Alters a transaction wherever it is shown.
    package var transaction: @Sendable (inout MinedTransaction) -> Void = { _ in }
    /// Alters a receipt; its logs are also what `logs` gives.
    package var receipt: @Sendable (inout MinedReceipt) -> Void = { _ in }
    /// Alters a header; its hash is left as it was.
    package var header: @Sendable (inout Header) -> Void = { _ in }
    /// Alters what a call returns.
    package var result: @Sendable (CallMessage, inout [UInt8]) -> Void = { _, _ in }
    /// Blocks that cannot be read.
    package var unreadable: Set<UInt64> = []

    package init(_ base: any Chain) { self.base = base }

    package func block(at tag: BlockTag) async throws(ChainError) -> MinedBlock? {
        guard var block = try await base.block(at: tag) else { return nil }
        if unreadable.contains(block.header.number) {
            throw ChainError(.storage, "block \(block.header.number) is damaged")
        }
        header(&block.header)
        for index in block.transactions.indices { transaction(&block.transactions[index]) }
        return block
    }

    package func header(at tag: BlockTag) async throws(ChainError) -> BlockHeader? {
        guard var found = try await base.header(at: tag) else { return nil }
        header(&found.header)
        return found
    }

    package func receipt(of hash: Hash32) async throws(ChainError) -> MinedReceipt? {
        guard var found = try await base.receipt(of: hash) else { return nil }
        receipt(&found)
        return found
    }

    package func transaction(_ hash: Hash32) async throws(ChainError) -> MinedTransaction? {
        guard var found = try await base.transaction(hash) else { return nil }
        transaction(&found)
        return found
    }

    package func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] {
        var logs = try await base.logs(filter)
        for index in logs.indices {
            guard let found = try await receipt(of: logs[index].transactionHash) else { continue }
            if let log = found.logs.first(where: { $0.logIndex == logs[index].logIndex }) { logs[index] = log }
        }
        return logs
    }

    package func call(_ message: CallMessage, at tag: BlockTag) async throws(ChainError) -> [UInt8] {
        var output = try await base.call(message, at: tag)
        result(message, &output)
        return output
    }

    package func chainID() async throws(ChainError) -> UInt64 { try await base.chainID() }
    package func blockNumber() async throws(ChainError) -> UInt64 { try await base.blockNumber() }
    package func balance(of address: Address, at tag: BlockTag) async throws(ChainError) -> U256 {
        try await base.balance(of: address, at: tag)
    }
    package func nonce(of address: Address, at tag: BlockTag) async throws(ChainError) -> UInt64 {
        try await base.nonce(of: address, at: tag)
    }
    package func code(of address: Address, at tag: BlockTag) async throws(ChainError) -> [UInt8] {
        try await base.code(of: address, at: tag)
    }
    package func storage(of address: Address, slot: U256, at tag: BlockTag) async throws(ChainError) -> Hash32 {
        try await base.storage(of: address, slot: slot, at: tag)
    }
    package func estimateGas(_ message: CallMessage) async throws(ChainError) -> UInt64 {
        try await base.estimateGas(message)
    }
    package func fees() async throws(ChainError) -> FeeQuote { try await base.fees() }
    package func send(raw: [UInt8]) async throws(ChainError) -> Hash32 { try await base.send(raw: raw) }
}
