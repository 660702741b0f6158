import Bytes
import EVM
package import Ledger
import Storage

extension Devchain {
    /// The least gas limit with which the message succeeds on a block's state, to within a sixty-fourth part, found as
    /// geth finds it.
    package func estimateGas(_ message: CallMessage, at block: BlockTag, overrides: CallOverrides)
        throws(ChainError) -> UInt64
    {
        try withCall(at: block, overrides) { (call) throws(ChainError) in try call.estimate(message) }
    }
}

extension PreparedCall {
    func estimate(_ message: CallMessage) throws(ChainError) -> UInt64 {
        let ceiling = try ceiling(message)
        if message.data.isEmpty, let to = message.to, world.code(of: to).isEmpty, message.accessList.isEmpty,
            ceiling >= 21_000, try run(message, gas: 21_000).succeeded
        {
            return 21_000
        }
        var high = ceiling
        let outcome = try attempt(message, high)
        guard let outcome, outcome.succeeded else {
            if let outcome, outcome.status != .halted(.outOfGas) { throw Devchain.failure(outcome) }
            throw ChainError(.rejected, "gas required exceeds allowance (\(high))")
        }
        var low = outcome.gasUsed - 1
        let hint = (outcome.gasPeak + 2300) * 64 / 63
        if hint < high {
            if try succeeds(message, hint) { high = hint } else { low = hint }
        }
        while low + 1 < high {
            if Double(high - low) / Double(high) < 0.015 { break }
            let middle = min((high + low) / 2, low * 2)
            if try succeeds(message, middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// The most gas to try: what the message or the block allows, what the sender can pay, and the cap.
    private func ceiling(_ message: CallMessage) throws(ChainError) -> UInt64 {
        var gas = machine.block.gasLimit
        if let asked = message.gas, asked >= 21_000 { gas = asked }
        let price = message.gasPrice ?? message.maxFeePerGas ?? .zero
        if !price.isZero {
            let balance = world.balance(of: message.from ?? .zero)
            guard balance >= message.value else { throw ChainError(.rejected, "insufficient funds for transfer") }
            if let affordable = ((balance - message.value) / price).asUInt64 { gas = min(gas, affordable) }
        }
        return min(gas, gasCap)
    }

    private func succeeds(_ message: CallMessage, _ gas: UInt64) throws(ChainError) -> Bool {
        try attempt(message, gas)?.succeeded ?? false
    }

    /// The outcome with this much gas; nil where it does not pay for the message's data.
    private func attempt(_ message: CallMessage, _ gas: UInt64) throws(ChainError) -> ExecutionOutcome? {
        let intrinsic = IntrinsicGas(transaction(message, gas: gas), fork: machine.block.fork)
        if gas < max(intrinsic.gas, intrinsic.floor) { return nil }
        return try run(message, gas: gas)
    }
}
