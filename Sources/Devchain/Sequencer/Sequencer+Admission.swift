import Bytes
import Ethereum
import EVM
import Ledger
import Storage

extension Sequencer {
    /// Bytes of a transaction that the pool takes at most.
    private static let largestTransaction = 131_072

    /// Refuses what could never be mined, in geth's order and words.
    ///
    /// - Returns: the sender in the newest state, or nil where it has no account yet.
    func check(_ entry: PooledTransaction, _ now: ChainShared.Now) throws(ChainError) -> StoredAccount? {
        let transaction = entry.signed.transaction
        if shared.update({ $0.pool.transaction(entry.hash) != nil }) { throw refusal("already known") }
        try checkForm(entry, now)
        let view = StateView(store: store, root: now.head.state)
        let account: StoredAccount?
        do { account = try view.stored(entry.sender) } catch { throw ChainError(error) }
        let stateNonce = account?.nonce ?? 0
        if transaction.nonce < stateNonce {
            throw refusal("nonce too low: next nonce \(stateNonce), tx nonce \(transaction.nonce)")
        }
        if transaction.nonce == .max {
            throw refusal("nonce has max value: address \(entry.sender.checksummed), nonce: \(UInt64.max)")
        }
        try checkFunds(entry, balance: account?.balance ?? .zero)
        return account
    }

    /// Whether nothing but a failing disk can keep a transaction that was found valid out of the next round's blocks.
    func isCertain(_ entry: PooledTransaction, from sender: StoredAccount?, _ now: ChainShared.Now) -> Bool {
        guard now.settings.mining == .automatic, sender.map({ $0.codeHash == emptyCodeHash }) ?? true,
            entry.signed.transaction.kind != .blob, entry.signed.transaction.kind != .setCode
        else { return false }
        let tip = entry.tip(baseFee: nextSpec(now).baseFee)
        return tip.map { $0 >= now.settings.minimumTip } == true && shared.update { $0.pool.isReady(entry) }
    }

    private func checkForm(_ entry: PooledTransaction, _ now: ChainShared.Now) throws(ChainError) {
        let transaction = entry.signed.transaction
        let fork = configuration.fork
        if transaction.kind == .setCode && fork < .prague {
            throw refusal("transaction type not supported: type 4 rejected, pool not yet in Prague")
        }
        if entry.raw.count > Self.largestTransaction {
            throw refusal("oversized data: transaction size \(entry.raw.count), limit \(Self.largestTransaction)")
        }
        if transaction.to == nil && transaction.data.count > 49_152 {
            throw refusal("max initcode size exceeded: code size \(transaction.data.count), limit 49152")
        }
        if transaction.gasLimit > now.settings.gasLimit { throw refusal("exceeds block gas limit") }
        if fork >= .osaka && transaction.gasLimit > 16_777_216 {
            throw refusal("transaction gas limit too high (cap: 16777216, tx: \(transaction.gasLimit))")
        }
        if transaction.tipCap > transaction.feeCap {
            throw refusal("max priority fee per gas higher than max fee per gas")
        }
        if let chain = transaction.chainID, chain != now.chainID {
            throw refusal("invalid sender: invalid chain id for signer: have \(chain) want \(now.chainID)")
        }
        let intrinsic = IntrinsicGas(transaction, fork: fork)
        if transaction.gasLimit < intrinsic.gas {
            throw refusal("intrinsic gas too low: gas \(transaction.gasLimit), minimum needed \(intrinsic.gas)")
        }
        if transaction.gasLimit < intrinsic.floor {
            throw refusal(
                "insufficient gas for floor data gas cost: gas \(transaction.gasLimit), minimum needed \(intrinsic.floor)"
            )
        }
        if transaction.tipCap < now.settings.minimumTip {
            throw refusal(
                "transaction underpriced: gas tip cap \(transaction.tipCap), minimum needed \(now.settings.minimumTip)")
        }
        if transaction.kind == .blob && transaction.blobVersionedHashes.isEmpty {
            throw refusal("blobless blob transaction")
        }
        if transaction.kind == .setCode && transaction.authorizations.isEmpty {
            throw refusal("set code tx must have at least one authorization tuple")
        }
    }

    private func checkFunds(_ entry: PooledTransaction, balance: U256) throws(ChainError) {
        guard let cost = entry.signed.transaction.worstCost else {
            throw refusal("insufficient funds for gas * price + value: required balance exceeds 256 bits")
        }
        if cost > balance {
            throw refusal(
                "insufficient funds for gas * price + value: balance \(balance), tx cost \(cost), overshot \(cost - balance)"
            )
        }
        // What waits already will take its part of the balance.
        let queued = shared.update { $0.pool.cost(of: entry.sender, without: entry.nonce) }
        let (sum, overflow) = queued.addingReportingOverflow(cost)
        if overflow || sum > balance {
            throw refusal(
                "insufficient funds for gas * price + value: balance \(balance), queued cost \(queued), tx cost \(cost), "
                    + "overshot \(overflow ? U256.max : sum - balance)")
        }
    }

    private func refusal(_ text: String) -> ChainError { ChainError(.rejected, text) }
}
