import Bytes
import Crypto
import Ethereum
import EVM
import Ledger
import Storage

/// Executes a stored chain again from its genesis block and compares every row that this makes with the one that is stored.
///
/// A state is read from the stored nodes, each checked by its hash; so the proof goes from block to block: the state
/// before a block is what the block before it was proved to leave.
struct ChainVerifier {
    let store: ChainStore
    private let document: GenesisDocument
    private let builder: BlockBuilder
    private(set) var report = VerificationReport()
    private var head: ChainHead
    private var chainID: UInt64

    /// - Throws: `StorageError` where the file cannot be read at all; `ChainFault` where its genesis is not right.
    init(store: ChainStore) throws {
        self.store = store
        guard let genesis = try store.read({ (reads) throws(StorageError) in try reads.meta(MetaKey.genesis) }) else {
            throw StorageError(.incompatible, "\(store.path) holds no chain")
        }
        do { document = try GenesisDocument(decoding: genesis) } catch {
            throw ChainFault(
                block: 0, table: "meta", row: 0, column: "value", reason: "the genesis document is damaged: \(error)")
        }
        builder = BlockBuilder(store: store, codes: CodeCache(), fork: document.fork, chainID: document.chainID)
        chainID = document.chainID
        let version = try StateVersion(
            applying: StateDiff(document.allAccounts), to: StateView(store: store, root: .none), nextRow: 1)
        let header = document.header(stateRoot: version.rootHash)
        head = ChainHead(
            block: BlockHeader(hash: header.hash, header: header), state: version.root, nextTransaction: 1,
            nextNode: version.nextRow, nextIntervention: 1)
        let row = BlockRow(
            number: 0, hash: header.hash, header: header.encoded, withdrawals: [0xc0], stateRow: version.root.row,
            firstTransaction: 1, transactionCount: 0, nextNode: version.nextRow)
        guard let stored = try store.read({ (reads) throws(StorageError) in try reads.block(0) }) else {
            throw ChainFault(block: 0, table: "blocks", row: 0, reason: "the genesis block is missing")
        }
        try compare(stored, row)
        try compare(version.nodes, codes: version.codes, block: 0)
        (report.blocks, report.head) = (1, header.hash)
    }

    /// Verifies the next block.
    ///
    /// - Returns: false where there is none.
    mutating func step() throws -> Bool {
        try replayInterventions()
        let number = head.number + 1
        guard let row = try store.read({ (reads) throws(StorageError) in try reads.block(number) }) else {
            return false
        }
        try checkHash(row)
        let header = try store.header(of: row)
        guard header.parentHash == head.block.hash else {
            throw ChainFault(
                block: number, table: "blocks", row: Int64(number), column: "header",
                reason: "its parent is \(header.parentHash), not block \(head.number) (\(head.block.hash))")
        }
        let entries = try transactions(of: row)
        let spec = BlockSpec(
            timestamp: header.timestamp, gasLimit: header.gasLimit, coinbase: header.beneficiary,
            prevRandao: header.mixHash, baseFee: header.baseFeePerGas ?? .zero,
            parentBeaconRoot: header.parentBeaconBlockRoot ?? .zero)
        var built = try build(spec, entries)
        if built.rows.block.nextNode != row.nextNode {
            // After blocks were taken back, rows are left out; begin where this block's nodes must begin.
            let first = head.nextNode &+ row.nextNode &- built.rows.block.nextNode
            if first > head.nextNode {
                head.nextNode = first
                built = try build(spec, entries)
            }
        }
        if let refused = built.refused.first,
            let index = entries.firstIndex(where: { $0.hash == refused.transaction.hash })
        {
            throw ChainFault(
                block: number, table: "transactions", row: row.firstTransaction + Int64(index), column: "raw",
                reason: "it could not stand in the block: \(refused.reason)"
            ).of(built.row(entries[index], row, index), index: index)
        }
        try compare(built, row)
        head = built.head
        report.blocks += 1
        report.transactions += entries.count
        report.gasUsed += built.header.gasUsed
        report.head = built.hash
        return true
    }

    private func build(_ spec: BlockSpec, _ entries: [PooledTransaction]) throws -> BuiltBlock {
        var candidates = ListedCandidates(entries)
        do {
            return try builder.build(on: head, spec, &candidates)
        } catch BlockFailure.storage(let error) {
            throw error
        }
    }

    /// The block's transactions, each checked against its hash and its sender.
    private func transactions(of row: BlockRow) throws -> [PooledTransaction] {
        let rows = try store.read { (reads) throws(StorageError) in try reads.transactions(of: row) }
        return try rows.enumerated().map { index, entry in
            var fault = ChainFault(
                block: row.number, table: "transactions", row: entry.id, column: "raw",
                reason: "the stored transaction was altered: it hashes to \(keccak256(entry.raw))"
            ).of(entry, index: index)
            guard keccak256(entry.raw) == entry.hash else { throw fault.locating(in: entry.raw, hashingTo: entry.hash) }
            guard let signed = try? SignedTransaction(decoding: entry.raw), let sender = signed.minedSender() else {
                fault.reason = "the stored transaction cannot be read"
                throw fault
            }
            guard sender == entry.sender else {
                (fault.column, fault.reason) = ("sender", "the transaction was signed by \(sender.hex0x)")
                throw fault.comparing(entry.sender.bytes, with: sender.bytes)
            }
            guard entry.block == row.number else {
                (fault.column, fault.reason) = ("block", "it says block \(entry.block)")
                throw fault
            }
            return PooledTransaction(hash: entry.hash, sender: sender, signed: signed, raw: entry.raw)
        }
    }

    private func checkHash(_ row: BlockRow) throws {
        guard keccak256(row.header) != row.hash else { return }
        let fault = ChainFault(
            block: row.number, table: "blocks", row: Int64(row.number), column: "header",
            reason: "the header hashes to \(keccak256(row.header)), not to the stored hash \(row.hash)")
        throw fault.locating(in: row.header, hashingTo: row.hash)
    }

    private mutating func replayInterventions() throws {
        while true {
            let next = head.nextIntervention
            let rows = try store.read { (reads) throws(StorageError) in try reads.interventions(from: next) }
            guard let row = rows.first, row.block == head.number else { return }
            var fault = ChainFault(
                block: row.block, table: "interventions", row: row.id, column: "data", reason: "it cannot be read")
            guard let intervention = try? Intervention(decoding: row.data) else { throw fault }
            var version = try intervention.version(on: head.state, store: store, nextRow: head.nextNode)
            if version.nextRow < row.nextNode {
                let first = head.nextNode + row.nextNode - version.nextRow
                version = try intervention.version(on: head.state, store: store, nextRow: first)
            }
            guard version.root.hash == row.stateRoot, version.root.row == row.stateRow else {
                (fault.column, fault.reason) = ("state_root", "the change leaves another state")
                throw fault
            }
            try compare(version.nodes, codes: version.codes, block: row.block)
            if case .chainID(let id) = intervention { builder.chainID = id }
            head.state = version.root
            head.nextNode = version.nextRow
            head.nextIntervention = row.id + 1
        }
    }
}

extension BuiltBlock {
    fileprivate func row(_ entry: PooledTransaction, _ block: BlockRow, _ index: Int) -> TransactionRow {
        TransactionRow(
            id: block.firstTransaction + Int64(index), block: block.number, hash: entry.hash, sender: entry.sender,
            raw: entry.raw)
    }
}
