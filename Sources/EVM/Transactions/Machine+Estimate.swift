package import Bytes
package import Ethereum

/// Why no gas limit can be named for a message.
package enum EstimateError: Error, Sendable, CustomStringConvertible {
    /// It may not run at all.
    case rejected(TransactionRejection)
    /// It fails with any gas; the outcome says how.
    case fails(Outcome)
    /// It succeeds with more than the caller allows only.
    case exceedsAllowance(UInt64)

    package var description: String {
        switch self {
        case .rejected(let rejection): rejection.description
        case .fails(let outcome):
            switch outcome.status {
            case .halted(let reason): reason.description
            default: "execution reverted"
            }
        case .exceedsAllowance(let cap): "gas required exceeds allowance (\(cap))"
        }
    }
}

extension Machine {
    /// The least gas limit with which the message succeeds, at most 1.5% too high, as geth finds it.
    ///
    /// The transaction's own gas limit is an upper bound, and so is `cap`; nothing of it stays in the state.
    package func estimateGas(
        _ transaction: Transaction, sender: Address, cap: UInt64, options: ExecutionOptions = .call
    ) throws(EstimateError) -> UInt64 {
        var options = options
        options.commits = false
        var high = min(transaction.gasLimit, cap, 1 << 48)
        if options.checksBalance { high = min(high, affordable(transaction, sender)) }
        let limit = high
        var trial = transaction
        func attempt(_ gas: UInt64) throws(EstimateError) -> Outcome? {
            trial.gasLimit = gas
            do {
                return try execute(trial, sender: sender, options: options)
            } catch {
                switch error {
                case .intrinsicGas, .floorDataGas: return nil
                default: throw .rejected(error)
                }
            }
        }
        if transaction.data.isEmpty, let to = transaction.to, high >= Gas.transaction, state.code(of: to).isEmpty {
            // A plain transfer; nearly always the smallest transaction does.
            if try attempt(Gas.transaction)?.succeeded == true { return Gas.transaction }
        }
        guard let most = try attempt(high) else { throw .exceedsAllowance(limit) }
        guard most.succeeded else {
            if case .halted(.outOfGas) = most.status { throw .exceedsAllowance(limit) }
            throw .fails(most)
        }
        var low = most.gasUsed - 1
        // The gas that was in use, and a sixty-fourth for each level that keeps it back, often does at once.
        let optimistic = (most.gasPeak + UInt64(Gas.callStipend)) * 64 / 63
        if optimistic < high {
            if try attempt(optimistic)?.succeeded == true { high = optimistic } else { low = optimistic }
        }
        while low + 1 < high {
            if Double(high - low) / Double(high) < 0.015 { break }
            // Most messages need little more than they use: do not search far above.
            let middle = min((high + low) / 2, low * 2)
            if try attempt(middle)?.succeeded == true { high = middle } else { low = middle }
        }
        return high
    }

    /// How much gas the sender can pay at the message's price.
    private func affordable(_ transaction: Transaction, _ sender: Address) -> UInt64 {
        let price = max(transaction.gasPrice, transaction.maxFeePerGas)
        if price.isZero { return .max }
        let balance = state.balance(of: sender)
        let rest = balance > transaction.value ? balance - transaction.value : .zero
        return (rest / price).asUInt64 ?? .max
    }
}
