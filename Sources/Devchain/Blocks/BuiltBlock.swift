import Bytes
import Ethereum
import EVM
import Ledger

/// A block that was executed and hashed, and all that has to be stored for it.
struct BuiltBlock {
    var hash: Hash32
    var header: Header
    var rows: BlockRows
    var receipts: [Receipt]
    var outcomes: [ExecutionOutcome]
    var transactions: [PooledTransaction]
    /// What could not stand in the block, and why.
    var refused: [(transaction: PooledTransaction, reason: TransactionRejection)]
    /// The accounts whose nonces changed, with the new ones.
    var nonces: [(address: Address, nonce: UInt64)]
    /// How long the new state root took.
    var hashing: Duration
    /// The head that the chain has with this block.
    var head: ChainHead

    /// Bytes of the block's RLP.
    var size: Int {
        func list(_ content: Int) -> Int { RLPEncoder.headerSize(content) + content }
        let transactions = transactions.reduce(0) { $0 + $1.itemSize }
        // The lists of ommers and withdrawals are empty: a byte each.
        return list(rows.block.header.count + list(transactions) + 1 + (rows.block.withdrawals?.count ?? 0))
    }

    /// All logs with their places.
    var logs: [MinedLog] {
        var logs: [MinedLog] = []
        for (index, receipt) in receipts.enumerated() {
            for log in receipt.logs {
                logs.append(
                    MinedLog(
                        log: log, blockNumber: header.number, blockHash: hash,
                        transactionHash: transactions[index].hash,
                        transactionIndex: index, logIndex: logs.count))
            }
        }
        return logs
    }
}

/// Where a block's transactions come from.
protocol Candidates {
    /// The next transaction to try, or nil when the block is done.
    ///
    /// - Parameter bytesLeft: what the transaction's item in the block may take.
    mutating func next(gasLeft: UInt64, bytesLeft: Int) -> PooledTransaction?
    /// What became of the transaction that `next` gave.
    mutating func settle(_ reason: TransactionRejection?)
}

/// Takes from the pool what pays best.
struct PoolCandidates: Candidates {
    private let pool: Mempool
    private var queue: PoolQueue

    init(_ pool: Mempool, baseFee: U256, minimumTip: U256) {
        self.pool = pool
        queue = pool.queue(baseFee: baseFee, minimumTip: minimumTip)
    }

    mutating func next(gasLeft: UInt64, bytesLeft: Int) -> PooledTransaction? {
        while let first = queue.first {
            if gasLeft < 21_000 { return nil }
            if first.signed.transaction.gasLimit <= gasLeft, first.itemSize <= bytesLeft { return first }
            queue.skipSender()
        }
        return nil
    }

    mutating func settle(_ reason: TransactionRejection?) {
        if reason == nil { queue.advance(in: pool) } else { queue.skipSender() }
    }
}

/// Takes the given transactions in their order.
struct ListedCandidates: Candidates {
    private var rest: ArraySlice<PooledTransaction>

    init(_ transactions: [PooledTransaction]) { rest = transactions[...] }

    mutating func next(gasLeft: UInt64, bytesLeft: Int) -> PooledTransaction? { rest.first }
    mutating func settle(_ reason: TransactionRejection?) { rest = rest.dropFirst() }
}
