import Bytes
import Ethereum
package import Ledger
import Storage

extension Devchain {
    /// Writes the chain in a file as one stream of blocks, from which `importChain` makes the same chain.
    ///
    /// A chain that runs may be exported, too.
    ///
    /// - Parameter progress: told after every block how many are written, and of how many.
    package static func export(path: String, to target: String, progress: (UInt64, UInt64) -> Void = { _, _ in })
        throws(ChainError)
    {
        do throws(StorageError) {
            let store = try ChainStore(path: path, readOnly: true)
            guard let genesis = try store.read({ (reads) throws(StorageError) in try reads.meta(MetaKey.genesis) })
            else {
                throw StorageError(.incompatible, "\(path) holds no chain")
            }
            let newest = try store.read { (reads) throws(StorageError) in try reads.newestBlock()?.number ?? 0 }
            var file = try OutputFile(path: target)
            let document: GenesisDocument
            do { document = try GenesisDocument(decoding: genesis) } catch {
                throw StorageError(.corrupt, "\(path): table meta, row genesis is damaged: \(error)")
            }
            try file.append(ChainFile.opening(document))
            var nextIntervention: Int64 = 1
            for number in 0...newest {
                if number > 0 { try file.append(try exported(number, store)) }
                while true {
                    let rows = try store.read { (reads) throws(StorageError) in
                        try reads.interventions(from: nextIntervention)
                    }
                    let own = rows.prefix { $0.block == number }
                    for row in own {
                        try file.append(ChainFile.intervention(row.data))
                        nextIntervention = row.id + 1
                    }
                    if own.count < rows.count || rows.isEmpty { break }
                }
                progress(number + 1, newest + 1)
            }
            try file.append(try closing(newest, before: nextIntervention, store))
            try file.finish()
        } catch {
            throw ChainError(error)
        }
    }

    /// The last item: the hash of the newest block, and the root that the last intervention or that block left.
    private static func closing(_ newest: UInt64, before next: Int64, _ store: ChainStore)
        throws(StorageError) -> [UInt8]
    {
        let found = try store.read { (reads) throws(StorageError) -> (BlockRow, InterventionRow?)? in
            guard let row = try reads.block(newest) else { return nil }
            return (row, try reads.interventions(from: next - 1).first)
        }
        guard let (row, last) = found else {
            throw StorageError(.corrupt, "\(store.path): table blocks lacks row \(newest)")
        }
        var root = try store.header(of: row).stateRoot
        if let last, last.block == newest { root = last.stateRoot }
        return ChainFile.end(head: row.hash, stateRoot: root)
    }

    private static func exported(_ number: UInt64, _ store: ChainStore) throws(StorageError) -> [UInt8] {
        let found = try store.read { (reads) throws(StorageError) -> (BlockRow, [TransactionRow])? in
            guard let row = try reads.block(number) else { return nil }
            return (row, try reads.transactions(of: row))
        }
        guard let (row, entries) = found else {
            throw StorageError(.corrupt, "\(store.path): table blocks lacks row \(number)")
        }
        var transactions: [SignedTransaction] = []
        for entry in entries {
            do { transactions.append(try SignedTransaction(decoding: entry.raw)) } catch {
                throw StorageError(.corrupt, "\(store.path): table transactions, row \(entry.id) is damaged: \(error)")
            }
        }
        return Block(header: try store.header(of: row), transactions: transactions, withdrawals: []).encoded
    }
}
