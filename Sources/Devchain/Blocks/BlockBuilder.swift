import Bytes
import Crypto
import Ethereum
import EVM
import Ledger
import Storage

/// Executes transactions on top of a head and makes the block of them; stores nothing.
///
/// It keeps the machine's memory between blocks. One task uses it at a time.
final class BlockBuilder {
    private let store: ChainStore
    private let world: WorldState
    private let machine: Machine
    private let fork: Fork
    private let withdrawals: [Withdrawal] = []
    /// More bytes than a block has beside its transactions: a header without extra data, and the heads of the lists.
    private static let emptyBlockSize = 1024

    init(store: ChainStore, codes: CodeCache, fork: Fork, chainID: UInt64) {
        (self.store, self.fork) = (store, fork)
        world = WorldState(reader: MemoryState(), codes: codes)
        machine = Machine(state: world, block: BlockContext(fork: fork, chainID: chainID))
    }

    var chainID: UInt64 {
        get { machine.block.chainID }
        set { machine.block.chainID = newValue }
    }

    /// Executes what `candidates` gives until it gives no more or the block is full.
    func build(on head: ChainHead, _ spec: BlockSpec, _ candidates: inout some Candidates)
        throws(BlockFailure) -> BuiltBlock
    {
        let view = StateView(store: store, root: head.state)
        world.reset(reader: view)
        let context = Self.context(of: spec, on: head.block.header, fork: fork, chainID: chainID)
        machine.block = context
        var executor = BlockExecutor(machine: machine)
        executor.begin(parentHash: head.block.hash, parentBeaconRoot: spec.parentBeaconRoot)
        var included: [(transaction: PooledTransaction, outcome: ExecutionOutcome, receipt: Receipt)] = []
        var refused: [(transaction: PooledTransaction, reason: TransactionRejection)] = []
        var gasLeft = spec.gasLimit
        var bytesLeft = fork >= .osaka ? Limits.blockSize - Self.emptyBlockSize : Int.max
        while let next = candidates.next(gasLeft: gasLeft, bytesLeft: bytesLeft) {
            do throws(TransactionRejection) {
                let (outcome, receipt) = try executor.apply(next.signed.transaction, sender: next.sender)
                gasLeft = spec.gasLimit - receipt.cumulativeGasUsed
                bytesLeft -= next.itemSize
                included.append((next, outcome, receipt))
                candidates.settle(nil)
            } catch {
                refused.append((next, error))
                candidates.settle(error)
            }
            if let failure = view.failure { throw .storage(failure) }
        }
        let result: BlockResult
        do { result = try executor.finish(withdrawals: withdrawals) } catch { throw .invalid(error) }
        if let failure = view.failure { throw .storage(failure) }
        let start = ContinuousClock.now
        let diff = world.diff()
        let version: StateVersion
        do { version = try StateVersion(applying: diff, to: view, nextRow: head.nextNode) } catch {
            throw .storage(error)
        }
        let hashing = ContinuousClock.now - start
        var built = assemble(head, spec, context, result, version, included, refused)
        built.hashing = hashing
        if fork >= .osaka, built.size > Limits.blockSize {
            throw .invalid(.tooLarge(size: built.size, limit: Limits.blockSize))
        }
        for change in diff.accounts where change.after?.nonce != change.before?.nonce {
            built.nonces.append((change.address, change.after?.nonce ?? 0))
        }
        return built
    }

    private func assemble(
        _ head: ChainHead, _ spec: BlockSpec, _ context: BlockContext, _ result: BlockResult, _ version: StateVersion,
        _ included: [(transaction: PooledTransaction, outcome: ExecutionOutcome, receipt: Receipt)],
        _ refused: [(transaction: PooledTransaction, reason: TransactionRejection)]
    ) -> BuiltBlock {
        let header = Self.header(
            parent: head.block.hash, spec, context, result, stateRoot: version.rootHash,
            transactionsRoot: MerkleTrie.orderedRoot(included.map { $0.transaction.raw }),
            withdrawals: withdrawals)
        let hash = header.hash
        let block = BlockRow(
            number: header.number, hash: hash, header: header.encoded, withdrawals: [0xc0], stateRow: version.root.row,
            firstTransaction: head.nextTransaction, transactionCount: included.count, nextNode: version.nextRow)
        var rows = BlockRows(block: block, nodes: version.nodes, codes: version.codes)
        var logs = 0
        for (index, entry) in included.enumerated() {
            rows.transactions.append(
                TransactionRow(
                    id: head.nextTransaction + Int64(index), block: header.number, hash: entry.transaction.hash,
                    sender: entry.transaction.sender, raw: entry.transaction.raw))
            rows.receipts.append(
                ReceiptRecord(receipt: entry.receipt, outcome: entry.outcome, firstLog: logs).encoded)
            logs += entry.receipt.logs.count
        }
        rows.logKeys = LogKey.all(included.lazy.flatMap { $0.receipt.logs })
        let next = ChainHead(
            block: BlockHeader(hash: hash, header: header), state: version.root,
            nextTransaction: head.nextTransaction + Int64(included.count), nextNode: version.nextRow,
            nextIntervention: head.nextIntervention)
        return BuiltBlock(
            hash: hash, header: header, rows: rows, receipts: included.map { $0.receipt },
            outcomes: included.map { $0.outcome }, transactions: included.map { $0.transaction }, refused: refused,
            nonces: [], hashing: .zero, head: next)
    }

    /// The header of a block that was executed.
    static func header(
        parent: Hash32, _ spec: BlockSpec, _ context: BlockContext, _ result: BlockResult, stateRoot: Hash32,
        transactionsRoot: Hash32, withdrawals: [Withdrawal]
    ) -> Header {
        var header = Header()
        header.parentHash = parent
        header.ommersHash = Hash32.emptyOmmers
        header.beneficiary = spec.coinbase
        header.stateRoot = stateRoot
        header.transactionsRoot = transactionsRoot
        header.receiptsRoot = MerkleTrie.orderedRoot(result.receipts.map(\.encoded))
        header.logsBloom = result.bloom
        header.number = context.number
        header.gasLimit = spec.gasLimit
        header.gasUsed = result.gasUsed
        header.timestamp = spec.timestamp
        header.mixHash = spec.prevRandao
        header.baseFeePerGas = spec.baseFee
        header.withdrawalsRoot = Block.withdrawalsRoot(withdrawals)
        header.blobGasUsed = result.blobGasUsed
        header.excessBlobGas = context.excessBlobGas
        header.parentBeaconBlockRoot = spec.parentBeaconRoot
        header.requestsHash = result.requestsHash
        return header
    }

    /// What code sees of a block.
    static func context(of spec: BlockSpec, on parent: Header, fork: Fork, chainID: UInt64) -> BlockContext {
        var context = BlockContext(fork: fork, chainID: chainID)
        context.number = parent.number + 1
        context.timestamp = spec.timestamp
        context.gasLimit = spec.gasLimit
        context.coinbase = spec.coinbase
        context.prevRandao = spec.prevRandao
        context.baseFee = spec.baseFee
        context.excessBlobGas = FeeRules.nextExcessBlobGas(after: parent, fork: fork, schedule: context.blobSchedule)
        return context
    }
}

/// Why a block could not be made.
enum BlockFailure: Error {
    case storage(StorageError)
    case invalid(BlockError)
}
