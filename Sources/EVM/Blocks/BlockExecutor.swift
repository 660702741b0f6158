package import Bytes
package import Ethereum

/// What executing a block came to.
package struct BlockResult: Sendable {
    package var gasUsed: UInt64
    package var blobGasUsed: UInt64
    package var receipts: [Receipt]
    package var bloom: Bloom
    /// EIP-7685: type byte and data of each kind that has any; empty before Prague.
    package var requests: [[UInt8]]
    /// Nil before Prague.
    package var requestsHash: Hash32?
}

/// Executes one block, step by step: `begin`, `apply` for each transaction, `finish`.
///
///     var executor = BlockExecutor(machine: machine)  // with machine.block set
///     executor.begin(parentHash: parent, parentBeaconRoot: root)
///     let (outcome, receipt) = try executor.apply(transaction, sender: sender)
///     let result = try executor.finish(withdrawals: [])
///
/// The effects lie in the machine's `WorldState`; nothing reaches its reader.
package struct BlockExecutor {
    package let machine: Machine
    package private(set) var gasUsed: UInt64 = 0
    package private(set) var blobGasUsed: UInt64 = 0
    package private(set) var receipts: [Receipt] = []
    private var bloom = Bloom()

    package init(machine: Machine) { self.machine = machine }

    private var fork: Fork { machine.block.fork }

    /// Stores the beacon root (EIP-4788) and the parent's hash (EIP-2935) where the fork does so.
    package mutating func begin(parentHash: Hash32, parentBeaconRoot: Hash32?) {
        if fork >= .cancun, let root = parentBeaconRoot {
            _ = machine.systemCall(to: SystemContract.beaconRoots.address, data: root.bytes)
        }
        if fork >= .prague {
            _ = machine.systemCall(to: SystemContract.blockHashes.address, data: parentHash.bytes)
        }
    }

    /// What transactions to come may use together.
    package var gasLeft: UInt64 { machine.block.gasLimit - gasUsed }

    /// Executes a transaction; where it is rejected, the block goes on as if it had not been tried.
    package mutating func apply(
        _ transaction: Transaction, sender: Address, options: ExecutionOptions = .transaction,
        tracer: (any Tracer)? = nil
    ) throws(TransactionRejection) -> (Outcome, Receipt) {
        let blobGas = UInt64(transaction.blobVersionedHashes.count) * Gas.blob
        let blobGasLeft = machine.block.blobSchedule.max &* Gas.blob &- blobGasUsed
        if blobGas > blobGasLeft { throw .blockBlobGasExceeded(have: blobGasLeft, want: blobGas) }
        let outcome = try machine.execute(
            transaction, sender: sender, gasAvailable: gasLeft, options: options, tracer: tracer)
        gasUsed += outcome.gasUsed
        blobGasUsed += outcome.blobGasUsed
        let receipt = Receipt(
            kind: transaction.kind, succeeded: outcome.succeeded, cumulativeGasUsed: gasUsed, logs: outcome.logs)
        receipts.append(receipt)
        for log in receipt.logs { bloom.insert(log) }
        return (outcome, receipt)
    }

    /// Puts the root of the state as it is now into the last receipt: what blocks before Byzantium do after each
    /// transaction.
    package mutating func seal(stateRoot: Hash32) {
        guard let last = receipts.indices.last else { return }
        receipts[last].stateRoot = stateRoot
    }

    /// Credits withdrawals, collects requests, pays the miner of a block before the merge.
    package mutating func finish(withdrawals: [Withdrawal] = []) throws(BlockError) -> BlockResult {
        let state = machine.state
        state.beginTransaction()
        for withdrawal in withdrawals {
            let account = state.index(of: withdrawal.address)
            state.touch(account)
            let wei = U256(withdrawal.amount) &* U256(1_000_000_000 as UInt64)
            if !wei.isZero { state.setBalance(account, state.record(account).pointee.balance &+ wei) }
        }
        if fork < .paris { payMiner() }
        state.finishTransaction(clearingEmpty: fork >= .spuriousDragon)
        var result = resultWithoutEnd()
        if fork >= .prague {
            result.requests = try BlockRequests.collect(machine, receipts)
            result.requestsHash = BlockRequests.hash(result.requests)
        }
        return result
    }

    /// What the transactions came to, without all that follows them in a block: for state tests.
    package func resultWithoutEnd() -> BlockResult {
        BlockResult(
            gasUsed: gasUsed, blobGasUsed: blobGasUsed, receipts: receipts, bloom: bloom, requests: [],
            requestsHash: nil)
    }

    private func payMiner() {
        let ether: UInt64 = fork >= .constantinople ? 2 : fork >= .byzantium ? 3 : 5
        let account = machine.state.index(of: machine.block.coinbase)
        machine.state.touch(account)
        let reward = U256(ether) &* U256(1_000_000_000_000_000_000 as UInt64)
        machine.state.setBalance(account, machine.state.record(account).pointee.balance &+ reward)
    }
}

extension Machine {
    /// Lets the protocol call a system contract; nil where there is no code.
    ///
    /// It costs nobody anything and does not count to the block's gas.
    package func systemCall(to address: Address, data: [UInt8]) -> Outcome? {
        let account = state.index(of: address)
        guard state.bytecode(account).count > 0 else { return nil }
        state.beginTransaction()
        prepare(origin: SystemContract.caller, gasPrice: block.baseFee, baseFee: block.baseFee, blobs: [])
        call(to: address, from: SystemContract.caller, value: .zero, data: data, gas: SystemContract.gas)
        state.finishTransaction(clearingEmpty: true)
        initCodes.removeAll(keepingCapacity: true)
        let used = UInt64(SystemContract.gas - result.gasLeft)
        return Outcome(
            status: result.status, gasUsed: used, gasRefunded: 0, gasPeak: used, output: returnData.pointee.bytes,
            encodedLogs: logs.pointee.encoded, createdAddress: nil, effectiveGasPrice: block.baseFee, blobGasUsed: 0)
    }
}
