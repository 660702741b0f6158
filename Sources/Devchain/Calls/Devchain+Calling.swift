import Bytes
import Ethereum
import EVM
package import Ledger

extension Devchain {
    package func call(_ message: CallMessage, at block: BlockTag) throws(ChainError) -> [UInt8] {
        try call(message, at: block, overrides: CallOverrides())
    }

    /// Executes a message on a block's state, changed as `overrides` say, and keeps nothing of it.
    package func call(_ message: CallMessage, at block: BlockTag, overrides: CallOverrides)
        throws(ChainError) -> [UInt8]
    {
        let outcome = try withCall(at: block, overrides) { (call) throws(ChainError) -> ExecutionOutcome in
            try call.run(message, gas: nil)
        }
        guard outcome.succeeded else { throw Self.failure(outcome) }
        return outcome.output
    }

    package func estimateGas(_ message: CallMessage) throws(ChainError) -> UInt64 {
        try estimateGas(message, at: .pending, overrides: CallOverrides())
    }

    /// Prepares a machine on a block's state.
    func withCall<Result>(
        at tag: BlockTag, _ overrides: CallOverrides, _ body: (PreparedCall) throws(ChainError) -> Result
    ) throws(ChainError) -> Result {
        let block = try known(tag)
        let view = block.view(store)
        return try calls.with { (bench) throws(ChainError) in
            bench.world.reset(reader: view)
            bench.machine.block = context(of: block, overrides)
            bench.machine.movedPrecompiles = try overrides.movedPrecompiles(in: configuration.fork)
            apply(overrides, to: bench.world)
            let call = PreparedCall(
                machine: bench.machine, world: bench.world, view: view, gasCap: configuration.callGasLimit)
            return try body(call)
        }
    }

    /// What code sees of the block in which a call pretends to be.
    private func context(of block: ResolvedBlock, _ overrides: CallOverrides) -> BlockContext {
        var context = BlockContext(fork: configuration.fork, chainID: shared.now.chainID)
        let header = block.header
        context.number = overrides.number ?? header.number
        context.timestamp = overrides.timestamp ?? header.timestamp
        context.gasLimit = overrides.gasLimit ?? header.gasLimit
        context.coinbase = overrides.coinbase ?? header.beneficiary
        context.prevRandao = overrides.prevRandao ?? header.mixHash
        context.baseFee = overrides.baseFee ?? header.baseFeePerGas ?? .zero
        context.excessBlobGas = header.excessBlobGas ?? 0
        context.pretendedBlobBaseFee = overrides.blobBaseFee
        return context
    }

    func apply(_ overrides: CallOverrides, to world: WorldState) {
        for (address, account) in overrides.accounts {
            if let balance = account.balance { world.setBalance(balance, of: address) }
            if let nonce = account.nonce { world.setNonce(nonce, of: address) }
            if let code = account.code { world.setCode(code, of: address) }
            if let storage = account.storage {
                world.clearStorage(of: address)
                for (slot, value) in storage { world.setStorage(value, of: address, slot: slot) }
            }
            for (slot, value) in account.changedSlots { world.setStorage(value, of: address, slot: slot) }
        }
    }

    /// The error for an execution that did not succeed, as geth words it.
    static func failure(_ outcome: ExecutionOutcome) -> ChainError {
        switch outcome.status {
        case .success, .reverted:
            let reason = RevertReason(outcome.output).map { ": \($0)" } ?? ""
            return ChainError(.reverted, code: 3, "execution reverted\(reason)", data: outcome.output)
        case .halted(let reason):
            return ChainError(.reverted, code: -32000, "\(reason)")
        }
    }
}

/// A machine on a state, ready to run messages; nothing that they do stays.
struct PreparedCall {
    let machine: Machine
    let world: WorldState
    let view: StateView
    /// Gas that a message without a limit gets.
    let gasCap: UInt64

    /// Runs the message, with `gas` in place of its own limit where given.
    func run(_ message: CallMessage, gas: UInt64?, tracer: (any Tracer)? = nil) throws(ChainError) -> ExecutionOutcome {
        let transaction = transaction(message, gas: gas)
        let outcome: ExecutionOutcome
        do throws(TransactionRejection) {
            outcome = try machine.execute(
                transaction, sender: message.from ?? .zero, gasAvailable: .max, options: .call, tracer: tracer)
        } catch {
            if let failure = view.failure { throw ChainError(failure) }
            throw ChainError(.rejected, "err: \(error) (supplied gas \(transaction.gasLimit))")
        }
        if let failure = view.failure { throw ChainError(failure) }
        return outcome
    }

    func transaction(_ message: CallMessage, gas: UInt64?) -> Transaction {
        let isDynamic = message.maxFeePerGas != nil || message.maxPriorityFeePerGas != nil
        let kind: Transaction.Kind = isDynamic ? .dynamicFee : message.accessList.isEmpty ? .legacy : .accessList
        var transaction = Transaction(
            kind: kind, chainID: machine.block.chainID, nonce: 0, gasLimit: gas ?? min(message.gas ?? gasCap, gasCap),
            to: message.to)
        transaction.gasPrice = message.gasPrice ?? .zero
        transaction.maxFeePerGas = message.maxFeePerGas ?? message.maxPriorityFeePerGas ?? .zero
        transaction.maxPriorityFeePerGas = message.maxPriorityFeePerGas ?? .zero
        transaction.value = message.value
        transaction.data = message.data
        transaction.accessList = message.accessList
        return transaction
    }
}
