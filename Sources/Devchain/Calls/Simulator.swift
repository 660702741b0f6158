import Bytes
import Crypto
import EVM
import Ethereum
import Ledger
import Storage

/// Executes simulated blocks one after the other on one state.
struct Simulator {
    let bench: CallPool.Bench
    let view: StateView
    let fork: Fork
    let chainID: UInt64
    /// Gas that all calls together may still use.
    private(set) var gasPool: UInt64
    let validation: Bool
    let tracesTransfers: Bool
    private(set) var parent: BlockHeader

    init(
        bench: CallPool.Bench, view: StateView, fork: Fork, chainID: UInt64, gasCap: UInt64, validation: Bool,
        tracesTransfers: Bool, parent: BlockHeader
    ) {
        (self.bench, self.view, self.fork, self.chainID) = (bench, view, fork, chainID)
        (gasPool, self.validation, self.tracesTransfers) = (gasCap, validation, tracesTransfers)
        self.parent = parent
    }

    /// Blocks with the numbers between them filled in, and numbers and times in order.
    static func complete(_ blocks: [SimulationBlock], after base: Header) throws(ChainError) -> [SimulationBlock] {
        var (number, time) = (base.number, base.timestamp)
        var complete: [SimulationBlock] = []
        for block in blocks {
            let wanted = block.overrides.number ?? number + 1
            if wanted <= number {
                throw ChainError(
                    .invalidRequest, code: -38020, "block numbers must be in order: \(wanted) <= \(number)")
            }
            if wanted - base.number > 256 { throw ChainError(.invalidRequest, code: -38026, "too many blocks") }
            while number + 1 < wanted {
                (number, time) = (number + 1, time + 12)
                var empty = SimulationBlock()
                (empty.overrides.number, empty.overrides.timestamp) = (number, time)
                complete.append(empty)
            }
            let stamp = block.overrides.timestamp ?? time + 12
            if stamp > BlockTime.latest {
                throw ChainError(.invalidRequest, code: -38021, "block timestamp \(stamp) is too late")
            }
            if stamp <= time {
                throw ChainError(
                    .invalidRequest, code: -38021, "block timestamps must be in order: \(stamp) <= \(time)")
            }
            (number, time) = (wanted, stamp)
            var next = block
            (next.overrides.number, next.overrides.timestamp) = (number, time)
            complete.append(next)
        }
        return complete
    }

    mutating func run(_ block: SimulationBlock) throws(ChainError) -> SimulatedBlock {
        let spec = spec(block.overrides)
        var context = BlockBuilder.context(of: spec, on: parent.header, fork: fork, chainID: chainID)
        context.number = block.overrides.number ?? parent.header.number + 1
        context.pretendedBlobBaseFee = block.overrides.blobBaseFee
        let withdrawals = block.overrides.withdrawals ?? []
        bench.machine.block = context
        var executor = BlockExecutor(machine: bench.machine)
        executor.begin(parentHash: parent.hash, parentBeaconRoot: spec.parentBeaconRoot)
        var calls: [SimulatedCall] = []
        var signed: [(SignedTransaction, Address)] = []
        var receipts: [Receipt] = []
        for call in block.calls {
            let transaction = try transaction(call, gasLeft: executor.gasLeft, limit: context.gasLimit)
            let sender = call.message.from ?? .zero
            let tracer = tracesTransfers ? TransferTracer() : nil
            let result: (outcome: ExecutionOutcome, receipt: Receipt)
            do throws(TransactionRejection) {
                result = try executor.apply(transaction, sender: sender, options: options, tracer: tracer)
            } catch {
                throw Self.refusal(error, suppliedGas: transaction.gasLimit)
            }
            gasPool -= min(gasPool, result.outcome.gasUsed)
            let logs = tracer.map { $0.logs } ?? result.outcome.logs
            receipts.append(result.receipt)
            signed.append((SignedTransaction(transaction: transaction, yParity: 0, r: .zero, s: .zero), sender))
            calls.append(
                SimulatedCall(
                    status: result.outcome.status, output: result.outcome.output, gasUsed: result.outcome.gasUsed,
                    logs: logs.map { Self.unplaced($0) }))
        }
        let result: BlockResult
        do { result = try executor.finish(withdrawals: withdrawals) } catch {
            throw ChainError(.invalidRequest, "\(error)")
        }
        let root: Hash32
        do throws(StorageError) {
            root = try StateVersion(applying: bench.world.diff(), to: view, nextRow: UInt64(Int64.max)).rootHash
        } catch { throw ChainError(error) }
        let header = BlockBuilder.header(
            parent: parent.hash, spec, context, result, stateRoot: root,
            transactionsRoot: Block.transactionsRoot(signed.map(\.0)), withdrawals: withdrawals)
        parent = BlockHeader(hash: header.hash, header: header)
        view.unstoredHashes[header.number] = parent.hash
        return placed(calls, signed, withdrawals)
    }

    private func spec(_ overrides: CallOverrides) -> BlockSpec {
        BlockSpec(
            timestamp: overrides.timestamp ?? parent.header.timestamp + 12,
            gasLimit: overrides.gasLimit ?? parent.header.gasLimit,
            coinbase: overrides.coinbase ?? parent.header.beneficiary, prevRandao: overrides.prevRandao ?? .zero,
            baseFee: overrides.baseFee ?? (validation ? FeeRules.nextBaseFee(after: parent.header) : .zero),
            parentBeaconRoot: overrides.parentBeaconRoot ?? .zero)
    }

    private var options: ExecutionOptions {
        var options = validation ? ExecutionOptions.transaction : .call
        // Contracts may send in every mode.
        options.checksSenderCode = false
        options.checksGasCap = false
        options.commits = true
        return options
    }

    private func transaction(_ call: SimulationCall, gasLeft: UInt64, limit: UInt64) throws(ChainError) -> Transaction {
        let message = call.message
        if let gas = message.gas, gas > gasLeft {
            throw ChainError(
                .rejected, code: -38015, "block gas limit reached: \(limit - gasLeft) >= \(limit)")
        }
        guard gasPool > 0 else {
            throw ChainError(
                .rejected, code: -32603, "err: gas limit reached (supplied gas \(message.gas ?? gasLeft))")
        }
        let kind: Transaction.Kind = message.gasPrice != nil ? .legacy : .dynamicFee
        let nonce = call.nonce ?? bench.world.nonce(of: message.from ?? .zero)
        var transaction = Transaction(
            kind: kind, chainID: chainID, nonce: nonce, gasLimit: min(message.gas ?? gasLeft, gasPool), to: message.to)
        transaction.gasPrice = message.gasPrice ?? .zero
        transaction.maxFeePerGas = message.maxFeePerGas ?? .zero
        transaction.maxPriorityFeePerGas = message.maxPriorityFeePerGas ?? .zero
        transaction.value = message.value
        transaction.data = message.data
        transaction.accessList = message.accessList
        return transaction
    }

    /// The block with its hash known, and the logs with their places in it.
    private func placed(
        _ calls: [SimulatedCall], _ signed: [(SignedTransaction, Address)], _ withdrawals: [Withdrawal]
    ) -> SimulatedBlock {
        var logIndex = 0
        var simulated = calls
        var transactions: [MinedTransaction] = []
        for (index, (transaction, sender)) in signed.enumerated() {
            let hash = transaction.hash
            transactions.append(
                MinedTransaction(
                    hash: hash, sender: sender, signed: transaction, blockHash: parent.hash,
                    blockNumber: parent.header.number, index: index))
            for place in simulated[index].logs.indices {
                simulated[index].logs[place].blockHash = parent.hash
                simulated[index].logs[place].blockNumber = parent.header.number
                simulated[index].logs[place].transactionHash = hash
                simulated[index].logs[place].transactionIndex = index
                simulated[index].logs[place].logIndex = logIndex
                logIndex += 1
            }
        }
        return SimulatedBlock(
            block: MinedBlock(
                hash: parent.hash, header: parent.header, transactions: transactions, withdrawals: withdrawals),
            calls: simulated)
    }

    private static func unplaced(_ log: Log) -> MinedLog {
        MinedLog(
            log: log, blockNumber: 0, blockHash: .zero, transactionHash: .zero, transactionIndex: 0, logIndex: 0)
    }

    /// A rejection with the code that geth gives it here.
    private static func refusal(_ rejection: TransactionRejection, suppliedGas: UInt64) -> ChainError {
        let code =
            switch rejection {
            case .nonceTooLow: -38010
            case .nonceTooHigh: -38011
            case .feeCapTooLow, .gasPriceTooLow, .tipAboveFeeCap: -32602
            case .intrinsicGas, .floorDataGas: -38013
            case .insufficientFunds, .feeOverflow: -38014
            case .blockGasExceeded: -38015
            case .senderNotExternallyOwned: -38024
            case .initCodeTooLarge: -38025
            default: -32603
            }
        return ChainError(.rejected, code: code, "err: \(rejection) (supplied gas \(suppliedGas))")
    }
}
