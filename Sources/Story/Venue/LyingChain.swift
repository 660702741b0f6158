import Bytes
import Ethereum
import Ledger

/// A chain that shows one transaction with one bit of its data flipped, as a lying endpoint would.
struct LyingChain: Chain {
    private let base: any Chain
    private let victim: Hash32
    private let byte: Int

    init(_ base: any Chain, about victim: Hash32, byte: Int) {
        (self.base, self.victim, self.byte) = (base, victim, byte)
    }

    private func altered(_ transaction: MinedTransaction) -> MinedTransaction {
        guard transaction.hash == victim else { return transaction }
        var copy = transaction
        let data = copy.signed.transaction.data
        if !data.isEmpty { copy.signed.transaction.data[byte % data.count] ^= 1 }
        return copy
    }

    func block(at tag: BlockTag) async throws(ChainError) -> MinedBlock? {
        guard var block = try await base.block(at: tag) else { return nil }
        block.transactions = block.transactions.map(altered)
        return block
    }

    func transaction(_ hash: Hash32) async throws(ChainError) -> MinedTransaction? {
        try await base.transaction(hash).map(altered)
    }

    func chainID() async throws(ChainError) -> UInt64 { try await base.chainID() }
    func blockNumber() async throws(ChainError) -> UInt64 { try await base.blockNumber() }
    func header(at tag: BlockTag) async throws(ChainError) -> BlockHeader? { try await base.header(at: tag) }
    func receipt(of hash: Hash32) async throws(ChainError) -> MinedReceipt? { try await base.receipt(of: hash) }
    func receipts(of block: MinedBlock) async throws(ChainError) -> [MinedReceipt?] {
        try await base.receipts(of: block)
    }
    func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] { try await base.logs(filter) }
    func call(_ message: CallMessage, at tag: BlockTag) async throws(ChainError) -> [UInt8] {
        try await base.call(message, at: tag)
    }
    func balance(of address: Address, at tag: BlockTag) async throws(ChainError) -> U256 {
        try await base.balance(of: address, at: tag)
    }
    func nonce(of address: Address, at tag: BlockTag) async throws(ChainError) -> UInt64 {
        try await base.nonce(of: address, at: tag)
    }
    func code(of address: Address, at tag: BlockTag) async throws(ChainError) -> [UInt8] {
        try await base.code(of: address, at: tag)
    }
    func storage(of address: Address, slot: U256, at tag: BlockTag) async throws(ChainError) -> Hash32 {
        try await base.storage(of: address, slot: slot, at: tag)
    }
    func estimateGas(_ message: CallMessage) async throws(ChainError) -> UInt64 { try await base.estimateGas(message) }
    func fees() async throws(ChainError) -> FeeQuote { try await base.fees() }
    func send(raw: [UInt8]) async throws(ChainError) -> Hash32 { try await base.send(raw: raw) }
}
