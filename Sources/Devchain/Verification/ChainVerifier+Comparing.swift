import Bytes
import Crypto
import Ethereum
import Storage

extension ChainVerifier {
    /// Compares all that a block's execution makes with what is stored for it.
    func compare(_ built: BuiltBlock, _ row: BlockRow) throws {
        let right = built.rows
        // Receipts first: where one differs, it says more than the root in the header does.
        for (index, entry) in right.transactions.enumerated() {
            let stored = try store.read { (reads) throws(StorageError) in try reads.receipt(entry.id) }
            let fault = ChainFault(
                block: row.number, table: "receipts", row: entry.id, column: "data",
                reason: "the stored receipt is not what executing the transaction gives"
            ).of(entry, index: index)
            guard let stored, stored == right.receipts[index] else {
                throw fault.comparing(stored ?? [], with: right.receipts[index])
            }
        }
        try compare(row, right.block)
        try compare(right.nodes, codes: right.codes, block: row.number)
        for key in right.logKeys {
            let found = try store.read { (reads) throws(StorageError) in
                try reads.blocks(logKey: key, row.number...row.number)
            }
            guard found == [row.number] else {
                throw ChainFault(
                    block: row.number, table: "log_index", row: Int64(bitPattern: key),
                    reason: "the index lacks this block, so a search for logs would miss it")
            }
        }
    }

    func compare(_ stored: BlockRow, _ right: BlockRow) throws {
        var fault = ChainFault(
            block: right.number, table: "blocks", row: Int64(right.number), column: "header",
            reason: "executing the block gives another header")
        guard stored.header == right.header else { throw fault.comparing(stored.header, with: right.header) }
        fault.column = "hash"
        fault.reason = "the header hashes to \(right.hash)"
        guard stored.hash == right.hash else { throw fault.comparing(stored.hash.bytes, with: right.hash.bytes) }
        guard stored == right else {
            fault.column = nil
            fault.reason = "the row's numbers are not those of the block: \(stored.numbers), must be \(right.numbers)"
            throw fault
        }
    }

    func compare(_ nodes: [(row: UInt64, node: TrieNode)], codes: [Hash32: [UInt8]], block: UInt64) throws {
        for (row, node) in nodes {
            let stored = try store.read { (reads) throws(StorageError) in try reads.node(row) }
            let right = node.record(row: row)
            guard let stored, stored == right else {
                let fault = ChainFault(
                    block: block, table: "nodes", row: Int64(bitPattern: row), column: "data",
                    reason: "a node of the state is not what execution gives")
                throw fault.comparing(stored ?? [], with: right)
            }
        }
        for (hash, code) in codes.sorted(by: { $0.key < $1.key }) {
            let stored = try store.read { (reads) throws(StorageError) in try reads.code(hash) }
            guard let stored, stored == code else {
                let fault = ChainFault(
                    block: block, table: "codes", row: 0, column: "data",
                    reason: "the code with hash \(hash) was altered")
                throw fault.comparing(stored ?? [], with: code)
            }
        }
    }
}

extension BlockRow {
    fileprivate var numbers: String {
        "state \(stateRow), first transaction \(firstTransaction), count \(transactionCount), next node \(nextNode)"
    }
}
