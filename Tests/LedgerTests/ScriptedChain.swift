import Bytes
import Crypto
import Ethereum
import Ledger
import Synchronization

/// A chain that keeps a pool with geth's rules and mines when told to.
final class ScriptedChain: Chain {
    struct State {
        var accepted: [UInt64: SignedTransaction] = [:]
        var mined: [Hash32: MinedReceipt] = [:]
        var minedCount: UInt64 = 0
        var height: UInt64 = 0
        var sent: [SignedTransaction] = []
        /// Asked before the pool's own rules; throws to refuse.
        var refuse: (@Sendable (SignedTransaction) -> ChainError?)?
        var minesAtOnce = true
        var succeeds = true
        var callError: ChainError?
        var estimate: UInt64 = 50_000
        var estimateError: ChainError?
    }

    let state = Mutex(State())

    init(_ change: (inout State) -> Void = { _ in }) {
        state.withLock { value in change(&value) }
    }

    var sent: [SignedTransaction] { state.withLock { $0.sent } }

    /// Mines what is next in line.
    func mine() { state.withLock { ScriptedChain.mine(&$0) } }

    private static func mine(_ state: inout State) {
        while let next = state.accepted.removeValue(forKey: state.minedCount) {
            state.minedCount += 1
            state.height += 1
            let hash = next.hash
            state.mined[hash] = MinedReceipt(
                transactionHash: hash, transactionIndex: 0, blockHash: Hash32(0, 0, 0, state.height),
                blockNumber: state.height, from: .zero, to: next.transaction.to, contractAddress: nil,
                kind: next.transaction.kind, succeeded: state.succeeds, gasUsed: 21_000, cumulativeGasUsed: 21_000,
                effectiveGasPrice: next.transaction.maxFeePerGas, logs: [])
        }
    }

    func send(raw: [UInt8]) async throws(ChainError) -> Hash32 {
        await Task.yield()
        let signed: SignedTransaction
        do { signed = try SignedTransaction(decoding: raw) } catch { throw ChainError(.rejected, "\(error)") }
        let failure = state.withLock { state -> ChainError? in
            state.sent.append(signed)
            if let error = state.refuse?(signed) { return error }
            let nonce = signed.transaction.nonce
            if nonce < state.minedCount {
                return ChainError(.rejected, "nonce too low: next nonce \(state.minedCount), tx nonce \(nonce)")
            }
            if let old = state.accepted[nonce] {
                if old == signed { return ChainError(.rejected, "already known") }
                let least = old.transaction.maxFeePerGas * 110 / 100
                if signed.transaction.maxFeePerGas < least {
                    return ChainError(.rejected, "replacement transaction underpriced")
                }
            }
            state.accepted[nonce] = signed
            if state.minesAtOnce { ScriptedChain.mine(&state) }
            return nil
        }
        if let failure { throw failure }
        return signed.hash
    }

    func chainID() async throws(ChainError) -> UInt64 { 1337 }
    func blockNumber() async throws(ChainError) -> UInt64 { state.withLock { $0.height } }
    func header(at block: BlockTag) async throws(ChainError) -> BlockHeader? {
        guard case .number(let number) = block else { return nil }
        return BlockHeader(hash: Hash32(0, 0, 0, number), header: Header())
    }
    func block(at block: BlockTag) async throws(ChainError) -> MinedBlock? { nil }
    func balance(of address: Address, at block: BlockTag) async throws(ChainError) -> U256 { .max }
    func nonce(of address: Address, at block: BlockTag) async throws(ChainError) -> UInt64 {
        state.withLock { state in
            var count = state.minedCount
            if block == .pending { while state.accepted[count] != nil { count += 1 } }
            return count
        }
    }
    func code(of address: Address, at block: BlockTag) async throws(ChainError) -> [UInt8] { [] }
    func storage(of address: Address, slot: U256, at block: BlockTag) async throws(ChainError) -> Hash32 { .zero }
    func call(_ message: CallMessage, at block: BlockTag) async throws(ChainError) -> [UInt8] {
        if let error = state.withLock({ $0.callError }) { throw error }
        return []
    }
    func estimateGas(_ message: CallMessage) async throws(ChainError) -> UInt64 {
        let state = state.withLock { $0 }
        if let error = state.estimateError { throw error }
        return state.estimate
    }
    func fees() async throws(ChainError) -> FeeQuote { FeeQuote(baseFeePerGas: 100, maxPriorityFeePerGas: 7) }
    func receipt(of transaction: Hash32) async throws(ChainError) -> MinedReceipt? {
        state.withLock { $0.mined[transaction] }
    }
    func transaction(_ hash: Hash32) async throws(ChainError) -> MinedTransaction? { nil }
    func logs(_ filter: LogFilter) async throws(ChainError) -> [MinedLog] { [] }
}
