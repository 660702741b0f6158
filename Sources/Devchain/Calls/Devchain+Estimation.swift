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
        var limit = machine.block.gasLimit
        if let asked = message.gas, asked >= 21_000 { limit = asked }
        limit = min(limit, gasCap)
        let price = message.gasPrice ?? message.maxFeePerGas ?? .zero
        if !price.isZero, message.value >= world.balance(of: message.from ?? .zero) {
            throw ChainError(.rejected, "insufficient funds for transfer")
        }
        if message.data.isEmpty, message.accessList.isEmpty, let to = message.to, world.code(of: to).isEmpty,
            limit >= 21_000, try isEnough(21_000, for: message)
        {
            return 21_000
        }
        do throws(EstimateError) {
            let gas = try machine.estimateGas(
                transaction(message, gas: limit), sender: message.from ?? .zero, cap: gasCap)
            if view.failure == nil { return gas }
        } catch {
            if let failure = view.failure { throw ChainError(failure) }
            switch error {
            case .fails(let outcome): throw Devchain.failure(outcome)
            case .rejected(let rejection):
                throw ChainError(.rejected, "failed with \(limit) gas: \(rejection)")
            case .exceedsAllowance: throw ChainError(.rejected, "\(error)")
            }
        }
        throw view.failure.map { ChainError($0) } ?? ChainError(.storage, "the state could not be read")
    }

    /// Whether the message succeeds with this much gas; one that is not even admitted does not.
    private func isEnough(_ gas: UInt64, for message: CallMessage) throws(ChainError) -> Bool {
        do throws(ChainError) { return try run(message, gas: gas).succeeded } catch {
            if let failure = view.failure { throw ChainError(failure) }
            return false
        }
    }
}
