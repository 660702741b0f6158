import Bytes
import Ethereum
import EVM

/// What executing a block came to.
struct BlockResult {
    var gasUsed: UInt64
    var blobGasUsed: UInt64
    var receipts: [Receipt]
    var bloom: Bloom
    var requestsHash: Hash32?
}

/// Why a block cannot end.
enum BlockError: Error { case never }

/// Executes the transactions of a block between the protocol's own entries at its start and end.
struct BlockExecutor {
    private let machine: Machine
    private let context: BlockContext
    private var receipts: [Receipt] = []
    private var gasUsed: UInt64 = 0
    private var blobGasUsed: UInt64 = 0

    init(machine: Machine, context: BlockContext) { (self.machine, self.context) = (machine, context) }

    mutating func begin(parentHash: Hash32, parentBeaconRoot: Hash32?) {
        let ring: UInt64 = 8191
        for contract in SystemContract.all(of: context.fork) {
            if contract.address.w2 == 0xd0be_ac02 {
                let place = context.timestamp % ring
                machine.state.setStorage(U256(context.timestamp), of: contract.address, slot: U256(place))
                let root = U256(parentBeaconRoot ?? .zero)
                machine.state.setStorage(root, of: contract.address, slot: U256(place + ring))
            } else if contract.address.w2 == 0x2000_2935 {
                let place = (context.number - 1) % ring
                machine.state.setStorage(U256(parentHash), of: contract.address, slot: U256(place))
            }
        }
    }

    mutating func apply(_ tx: SignedTransaction, sender: Address, tracer: (any Tracer)?)
        throws(TransactionRejection) -> (ExecutionOutcome, Receipt)
    {
        let outcome = try machine.execute(
            tx.transaction, sender: sender, gasAvailable: context.gasLimit - gasUsed, tracer: tracer)
        gasUsed += outcome.gasUsed
        blobGasUsed += outcome.blobGasUsed
        let receipt = Receipt(
            kind: tx.transaction.kind, succeeded: outcome.succeeded, cumulativeGasUsed: gasUsed, logs: outcome.logs)
        receipts.append(receipt)
        return (outcome, receipt)
    }

    mutating func finish(withdrawals: [Withdrawal]) throws(BlockError) -> BlockResult {
        BlockResult(
            gasUsed: gasUsed, blobGasUsed: blobGasUsed, receipts: receipts,
            bloom: Bloom(logs: receipts.lazy.flatMap(\.logs)),
            requestsHash: GenesisDocument.noRequests)
    }
}
