package import Bytes
import Ethereum
package import Ledger
import Storage

extension Devchain {
    /// The receipt of a transaction, or nil where it is in no block.
    ///
    /// - Throws: also where it was accepted and its block could not be stored; it then waits for a block that can be.
    package func receipt(of transaction: Hash32) throws(ChainError) -> MinedReceipt? {
        guard let (entry, row) = try place(of: transaction) else {
            let failure = shared.update { $0.pool.transaction(transaction) == nil ? nil : $0.failure }
            if let failure { throw failure }
            return nil
        }
        guard let record = try stored({ (reads) throws(StorageError) in try reads.receipt(entry.id) }) else {
            throw damaged(entry.id, row)
        }
        return try receipt(record, entry, row)
    }

    /// The receipts of a block's transactions in order, or nil where there is no such block.
    package func receipts(at tag: BlockTag) throws(ChainError) -> [MinedReceipt]? {
        guard let block = try resolve(tag) else { return nil }
        if let pending = block.pending { return pending.built.minedReceipts }
        guard let row = try row(of: block) else { return nil }
        return try receipts(of: row)
    }

    /// The receipts of a block as its receipts root commits to them, or nil.
    package func rawReceipts(at tag: BlockTag) throws(ChainError) -> [[UInt8]]? {
        try receipts(at: tag)?.map {
            Receipt(
                kind: $0.kind, succeeded: $0.succeeded, cumulativeGasUsed: $0.cumulativeGasUsed,
                logs: $0.logs.map(\.log)
            ).encoded
        }
    }

    func receipts(of row: BlockRow) throws(ChainError) -> [MinedReceipt] {
        let rows = try stored { (reads) throws(StorageError) in
            let entries = try reads.transactions(of: row)
            var records: [(TransactionRow, [UInt8])] = []
            for entry in entries { records.append((entry, try reads.receipt(entry.id) ?? [])) }
            return records
        }
        var receipts: [MinedReceipt] = []
        receipts.reserveCapacity(rows.count)
        for (entry, record) in rows { receipts.append(try receipt(record, entry, row)) }
        return receipts
    }

    private func receipt(_ record: [UInt8], _ entry: TransactionRow, _ row: BlockRow) throws(ChainError) -> MinedReceipt
    {
        guard let receipt = ReceiptRecord(decoding: record) else { throw damaged(entry.id, row) }
        return receipt.mined(entry, to: try mined(entry, in: row).signed.transaction.to, in: row)
    }

    private func damaged(_ id: Int64, _ row: BlockRow) -> ChainError {
        ChainError(
            .storage,
            "\(store.path): table receipts, row \(id) (block \(row.number)) is damaged; run the chain's verification")
    }
}

extension BuiltBlock {
    /// The receipts with what a node derives for them.
    var minedReceipts: [MinedReceipt] {
        var logs = 0
        return rows.transactions.enumerated().map { index, row in
            let record = ReceiptRecord(receipt: receipts[index], outcome: outcomes[index], firstLog: logs)
            logs += receipts[index].logs.count
            return record.mined(row, to: transactions[index].signed.transaction.to, in: rows.block)
        }
    }
}
