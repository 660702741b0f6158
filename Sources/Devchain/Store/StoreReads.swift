import Bytes
import Storage

/// The questions that the chain asks of its tables.
final class StoreReads {
    private var nodeByRow: Statement
    private var codeByHash: Statement
    private var blockByNumber: Statement
    private var blockByHash: Statement
    private var lastBlock: Statement
    private var transactionByID: Statement
    private var transactionByHash: Statement
    private var receiptByID: Statement
    private var blocksByLogKey: Statement
    private var interventionsFrom: Statement
    private var lastInterventions: Statement
    private var firstInterventionFrom: Statement
    private var filledBlocks: Statement
    private var metaByKey: Statement
    private var pooledAfter: Statement

    init(_ database: borrowing Database) throws(StorageError) {
        let blockColumns = """
            SELECT number, hash, header, withdrawals, state_row, first_transaction, transaction_count, next_node FROM blocks
            """
        nodeByRow = try database.prepare("SELECT data FROM nodes WHERE id=?")
        codeByHash = try database.prepare("SELECT data FROM codes WHERE hash=?")
        blockByNumber = try database.prepare("\(blockColumns) WHERE number=?")
        blockByHash = try database.prepare("\(blockColumns) WHERE hash_key=?")
        lastBlock = try database.prepare("\(blockColumns) ORDER BY number DESC LIMIT 1")
        let transactionColumns = "SELECT id, block, hash, sender, raw FROM transactions"
        transactionByID = try database.prepare("\(transactionColumns) WHERE id=?")
        transactionByHash = try database.prepare("\(transactionColumns) WHERE hash_key=?")
        receiptByID = try database.prepare("SELECT data FROM receipts WHERE id=?")
        blocksByLogKey = try database.prepare(
            "SELECT block FROM log_index WHERE key=? AND block BETWEEN ? AND ? ORDER BY block")
        interventionsFrom = try database.prepare(
            "SELECT id, block, data, state_row, state_root, next_node FROM interventions WHERE id>=? ORDER BY id LIMIT 64"
        )
        lastInterventions = try database.prepare(
            "SELECT id, block, data, state_row, state_root, next_node FROM interventions ORDER BY id DESC LIMIT 1")
        firstInterventionFrom = try database.prepare("SELECT min(id) FROM interventions WHERE block>=?")
        filledBlocks = try database.prepare(
            "SELECT number FROM blocks WHERE number BETWEEN ? AND ? AND transaction_count>0 ORDER BY number")
        metaByKey = try database.prepare("SELECT value FROM meta WHERE key=?")
        pooledAfter = try database.prepare(
            "SELECT arrival, sender, raw FROM pool WHERE arrival>? ORDER BY arrival LIMIT 256")
    }

    func node(_ row: UInt64) throws(StorageError) -> [UInt8]? {
        defer { nodeByRow.reset() }
        try nodeByRow.bind(1, bits: row)
        return try nodeByRow.step() ? nodeByRow.blob(0) : nil
    }

    func code(_ hash: Hash32) throws(StorageError) -> [UInt8]? {
        defer { codeByHash.reset() }
        try codeByHash.bind(1, hash)
        return try codeByHash.step() ? codeByHash.blob(0) : nil
    }

    func block(_ number: UInt64) throws(StorageError) -> BlockRow? {
        defer { blockByNumber.reset() }
        guard let key = Int64(exactly: number) else { return nil }
        try blockByNumber.bind(1, key)
        return try blockByNumber.step() ? try Self.block(blockByNumber) : nil
    }

    func block(_ hash: Hash32) throws(StorageError) -> BlockRow? {
        defer { blockByHash.reset() }
        try blockByHash.bind(1, hash.indexKey)
        while try blockByHash.step() {
            if blockByHash.hash(1) == hash { return try Self.block(blockByHash) }
        }
        return nil
    }

    func newestBlock() throws(StorageError) -> BlockRow? {
        defer { lastBlock.reset() }
        return try lastBlock.step() ? try Self.block(lastBlock) : nil
    }

    /// The transactions of a block in order.
    func transactions(of block: BlockRow) throws(StorageError) -> [TransactionRow] {
        var rows: [TransactionRow] = []
        rows.reserveCapacity(block.transactionCount)
        for index in 0..<block.transactionCount {
            guard let row = try transaction(block.firstTransaction + Int64(index)) else {
                throw StorageError(
                    .corrupt,
                    "table transactions lacks row \(block.firstTransaction + Int64(index)) of block \(block.number)")
            }
            rows.append(row)
        }
        return rows
    }

    /// The numbers in a range of those blocks that have transactions.
    func blocksWithTransactions(_ range: ClosedRange<UInt64>) throws(StorageError) -> [UInt64] {
        defer { filledBlocks.reset() }
        try filledBlocks.bind(1, Int64(clamping: range.lowerBound))
        try filledBlocks.bind(2, Int64(clamping: range.upperBound))
        var numbers: [UInt64] = []
        while try filledBlocks.step() { numbers.append(filledBlocks.bits(0)) }
        return numbers
    }

    func transaction(_ id: Int64) throws(StorageError) -> TransactionRow? {
        defer { transactionByID.reset() }
        try transactionByID.bind(1, id)
        return try transactionByID.step() ? try Self.transaction(transactionByID) : nil
    }

    func transaction(_ hash: Hash32) throws(StorageError) -> TransactionRow? {
        defer { transactionByHash.reset() }
        try transactionByHash.bind(1, hash.indexKey)
        while try transactionByHash.step() {
            if transactionByHash.hash(2) == hash { return try Self.transaction(transactionByHash) }
        }
        return nil
    }

    func receipt(_ id: Int64) throws(StorageError) -> [UInt8]? {
        defer { receiptByID.reset() }
        try receiptByID.bind(1, id)
        return try receiptByID.step() ? receiptByID.blob(0) : nil
    }

    /// The blocks in a range that may hold a log with this key, in order.
    func blocks(logKey: UInt64, _ range: ClosedRange<UInt64>) throws(StorageError) -> [UInt64] {
        defer { blocksByLogKey.reset() }
        try blocksByLogKey.bind(1, bits: logKey)
        try blocksByLogKey.bind(2, Int64(clamping: range.lowerBound))
        try blocksByLogKey.bind(3, Int64(clamping: range.upperBound))
        var numbers: [UInt64] = []
        while try blocksByLogKey.step() { numbers.append(blocksByLogKey.bits(0)) }
        return numbers
    }

    /// Up to 64 interventions, from `id` on, in order.
    func interventions(from id: Int64) throws(StorageError) -> [InterventionRow] {
        defer { interventionsFrom.reset() }
        try interventionsFrom.bind(1, id)
        var rows: [InterventionRow] = []
        while try interventionsFrom.step() { rows.append(Self.intervention(interventionsFrom)) }
        return rows
    }

    func lastIntervention() throws(StorageError) -> InterventionRow? {
        defer { lastInterventions.reset() }
        return try lastInterventions.step() ? Self.intervention(lastInterventions) : nil
    }

    /// The first intervention made on this block or a later one.
    func firstIntervention(from block: UInt64) throws(StorageError) -> Int64? {
        defer { firstInterventionFrom.reset() }
        try firstInterventionFrom.bind(1, bits: block)
        guard try firstInterventionFrom.step(), !firstInterventionFrom.isNull(0) else { return nil }
        return firstInterventionFrom.int64(0)
    }

    func meta(_ key: String) throws(StorageError) -> [UInt8]? {
        defer { metaByKey.reset() }
        try metaByKey.bind(1, text: key)
        return try metaByKey.step() ? metaByKey.blob(0) : nil
    }

    /// Up to 256 transactions that waited, those that came after `arrival`, in the order in which they came.
    func pooled(after arrival: UInt64) throws(StorageError) -> [PoolRow] {
        defer { pooledAfter.reset() }
        try pooledAfter.bind(1, bits: arrival)
        var rows: [PoolRow] = []
        while try pooledAfter.step() {
            guard let sender = pooledAfter.address(1) else {
                throw StorageError(.corrupt, "pool, row \(pooledAfter.int64(0)): the sender is not 20 bytes")
            }
            rows.append(PoolRow(arrival: pooledAfter.bits(0), sender: sender, raw: pooledAfter.blob(2)))
        }
        return rows
    }

    private static func block(_ row: borrowing Statement) throws(StorageError) -> BlockRow {
        guard let hash = row.hash(1) else {
            throw StorageError(
                .corrupt, "blocks, row \(row.int64(0)): the hash is not 32 bytes; run the chain's verification")
        }
        return BlockRow(
            number: row.bits(0), hash: hash, header: row.blob(2), withdrawals: row.isNull(3) ? nil : row.blob(3),
            stateRow: row.bits(4), firstTransaction: row.int64(5), transactionCount: row.int(6), nextNode: row.bits(7))
    }

    private static func intervention(_ row: borrowing Statement) -> InterventionRow {
        InterventionRow(
            id: row.int64(0), block: row.bits(1), data: row.blob(2), stateRow: row.bits(3),
            stateRoot: row.hash(4) ?? .zero, nextNode: row.bits(5))
    }

    private static func transaction(_ row: borrowing Statement) throws(StorageError) -> TransactionRow {
        guard let hash = row.hash(2), let sender = row.address(3) else {
            throw StorageError(
                .corrupt,
                "transactions, row \(row.int64(0)): hash or sender has a wrong length; run the chain's verification")
        }
        return TransactionRow(id: row.int64(0), block: row.bits(1), hash: hash, sender: sender, raw: row.blob(4))
    }
}
