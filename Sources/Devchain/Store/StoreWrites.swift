import Bytes
import Storage

/// The changes that the chain makes to its tables; each runs inside a transaction of `StoreConnection.write`.
final class StoreWrites {
    private var insertNode: Statement
    private var insertCode: Statement
    private var insertBlock: Statement
    private var insertTransaction: Statement
    private var insertReceipt: Statement
    private var insertLogKey: Statement
    private var insertIntervention: Statement
    private var deleteLogKey: Statement
    private var setMeta: Statement
    private var insertPooled: Statement
    private var deletePooled: Statement
    private var cutNodes: Statement
    private var cutBlocks: Statement
    private var cutTransactions: Statement
    private var cutReceipts: Statement
    private var cutInterventions: Statement

    init(_ database: borrowing Database) throws(StorageError) {
        insertNode = try database.prepare("INSERT OR REPLACE INTO nodes VALUES(?,?)")
        insertCode = try database.prepare("INSERT OR IGNORE INTO codes VALUES(?,?)")
        insertBlock = try database.prepare("INSERT INTO blocks VALUES(?,?,?,?,?,?,?,?,?)")
        insertTransaction = try database.prepare("INSERT INTO transactions VALUES(?,?,?,?,?,?)")
        insertReceipt = try database.prepare("INSERT INTO receipts VALUES(?,?)")
        insertLogKey = try database.prepare("INSERT OR IGNORE INTO log_index VALUES(?,?)")
        insertIntervention = try database.prepare("INSERT INTO interventions VALUES(?,?,?,?,?,?)")
        deleteLogKey = try database.prepare("DELETE FROM log_index WHERE key=? AND block=?")
        setMeta = try database.prepare("INSERT OR REPLACE INTO meta VALUES(?,?)")
        insertPooled = try database.prepare("INSERT OR REPLACE INTO pool VALUES(?,?,?)")
        deletePooled = try database.prepare("DELETE FROM pool WHERE arrival=?")
        cutNodes = try database.prepare("DELETE FROM nodes WHERE id>=?")
        cutBlocks = try database.prepare("DELETE FROM blocks WHERE number>=?")
        cutTransactions = try database.prepare("DELETE FROM transactions WHERE id>=?")
        cutReceipts = try database.prepare("DELETE FROM receipts WHERE id>=?")
        cutInterventions = try database.prepare("DELETE FROM interventions WHERE id>=?")
    }

    func append(_ rows: BlockRows) throws(StorageError) {
        try append(nodes: rows.nodes, codes: rows.codes)
        for (row, receipt) in zip(rows.transactions, rows.receipts) {
            try insertTransaction.bind(1, row.id)
            try insertTransaction.bind(2, row.hash.indexKey)
            try insertTransaction.bind(3, bits: row.block)
            try insertTransaction.bind(4, row.hash)
            try insertTransaction.bind(5, row.sender)
            try insertTransaction.bind(6, row.raw)
            try insertTransaction.run()
            try insertReceipt.bind(1, row.id)
            try insertReceipt.bind(2, receipt)
            try insertReceipt.run()
        }
        for key in rows.logKeys {
            try insertLogKey.bind(1, bits: key)
            try insertLogKey.bind(2, bits: rows.block.number)
            try insertLogKey.run()
        }
        let block = rows.block
        try insertBlock.bind(1, bits: block.number)
        try insertBlock.bind(2, block.hash)
        try insertBlock.bind(3, block.hash.indexKey)
        try insertBlock.bind(4, block.header)
        if let withdrawals = block.withdrawals {
            try insertBlock.bind(5, withdrawals)
        } else {
            try insertBlock.bindNull(5)
        }
        try insertBlock.bind(6, bits: block.stateRow)
        try insertBlock.bind(7, block.firstTransaction)
        try insertBlock.bind(8, block.transactionCount)
        try insertBlock.bind(9, bits: block.nextNode)
        try insertBlock.run()
    }

    func append(
        _ intervention: InterventionRow, nodes: [(row: UInt64, node: TrieNode)], codes: [Hash32: [UInt8]]
    ) throws(StorageError) {
        try append(nodes: nodes, codes: codes)
        try insertIntervention.bind(1, intervention.id)
        try insertIntervention.bind(2, bits: intervention.block)
        try insertIntervention.bind(3, intervention.data)
        try insertIntervention.bind(4, bits: intervention.stateRow)
        try insertIntervention.bind(5, intervention.stateRoot)
        try insertIntervention.bind(6, bits: intervention.nextNode)
        try insertIntervention.run()
    }

    private func append(nodes: [(row: UInt64, node: TrieNode)], codes: [Hash32: [UInt8]]) throws(StorageError) {
        for (row, node) in nodes {
            try insertNode.bind(1, bits: row)
            try insertNode.bind(2, node.record(row: row))
            try insertNode.run()
        }
        for (hash, code) in codes {
            try insertCode.bind(1, hash)
            try insertCode.bind(2, code)
            try insertCode.run()
        }
    }

    /// Cuts the ends off: blocks, transactions, trie nodes and interventions from the given ones on.
    func cut(block: UInt64, transaction: Int64, node: UInt64, intervention: Int64) throws(StorageError) {
        try cutBlocks.bind(1, bits: block)
        try cutBlocks.run()
        try cutTransactions.bind(1, transaction)
        try cutTransactions.run()
        try cutReceipts.bind(1, transaction)
        try cutReceipts.run()
        try cutNodes.bind(1, bits: node)
        try cutNodes.run()
        try cutInterventions.bind(1, intervention)
        try cutInterventions.run()
    }

    func append(pooled: [PoolRow]) throws(StorageError) {
        for row in pooled {
            try insertPooled.bind(1, bits: row.arrival)
            try insertPooled.bind(2, row.sender)
            try insertPooled.bind(3, row.raw)
            try insertPooled.run()
        }
    }

    func remove(pooled arrivals: Set<UInt64>) throws(StorageError) {
        for arrival in arrivals {
            try deletePooled.bind(1, bits: arrival)
            try deletePooled.run()
        }
    }

    func remove(logKeys: [UInt64], of block: UInt64) throws(StorageError) {
        for key in logKeys {
            try deleteLogKey.bind(1, bits: key)
            try deleteLogKey.bind(2, bits: block)
            try deleteLogKey.run()
        }
    }

    func set(meta key: String, to value: [UInt8]) throws(StorageError) {
        try setMeta.bind(1, text: key)
        try setMeta.bind(2, value)
        try setMeta.run()
    }
}
