import Bytes
import Ethereum
import EVM
import Ledger
import Storage

/// Names in the `meta` table.
enum MetaKey {
    static let genesis = "genesis"
    static let offset = "clock-offset"
    static let chainID = "chain-id"
}

extension ChainStore {
    /// The head of the stored chain, after writing the genesis block where there is none.
    func open(_ configuration: DevchainConfiguration, now: UInt64) throws(StorageError) -> ChainHead {
        let document = GenesisDocument(configuration, now: now)
        guard let stored = try read({ (reads) throws(StorageError) in try reads.meta(MetaKey.genesis) }) else {
            return try begin(document)
        }
        let found: GenesisDocument
        do { found = try GenesisDocument(decoding: stored) } catch {
            throw StorageError(.corrupt, "\(path): table meta, row genesis is damaged: \(error)")
        }
        guard found.identity == document.identity else {
            throw StorageError(
                .incompatible,
                "\(path) holds a chain with another genesis (chain id \(found.chainID), \(found.fork), "
                    + "\(found.accounts.count) funded accounts; asked for chain id \(document.chainID), \(document.fork), "
                    + "\(document.accounts.count)): start with the options it was made with, or choose another directory"
            )
        }
        return try storedHead()
    }

    /// Writes the genesis block into an empty store.
    func begin(_ document: GenesisDocument) throws(StorageError) -> ChainHead {
        let view = StateView(store: self, root: .none)
        let version = try StateVersion(applying: StateDiff(document.allAccounts), to: view, nextRow: 1)
        let header = document.header(stateRoot: version.rootHash)
        let hash = header.hash
        let block = BlockRow(
            number: 0, hash: hash, header: header.encoded, withdrawals: [0xc0], stateRow: version.root.row,
            firstTransaction: 1, transactionCount: 0, nextNode: version.nextRow)
        try write { (writes) throws(StorageError) in
            try writes.set(meta: MetaKey.genesis, to: document.encoded)
            try writes.append(BlockRows(block: block, nodes: version.nodes, codes: version.codes))
        }
        return ChainHead(
            block: BlockHeader(hash: hash, header: header), state: version.root, nextTransaction: 1,
            nextNode: version.nextRow, nextIntervention: 1)
    }

    /// The newest head of a chain that is stored.
    func storedHead() throws(StorageError) -> ChainHead {
        guard let row = try read({ (reads) throws(StorageError) in try reads.newestBlock() }) else {
            throw StorageError(.corrupt, "\(path): table blocks is empty; restore the file from a copy")
        }
        var head = try head(of: row)
        if let last = try read({ (reads) throws(StorageError) in try reads.lastIntervention() }) {
            head.nextIntervention = last.id + 1
            if last.block == row.number {
                head.state = TrieReference(row: last.stateRow, hash: last.stateRoot, embedded: nil)
                head.nextNode = last.nextNode
            }
        }
        return head
    }

    /// The head that the chain had right after a block.
    func head(of row: BlockRow) throws(StorageError) -> ChainHead {
        let header = try self.header(of: row)
        let state =
            row.stateRow == 0
            ? TrieReference.none : TrieReference(row: row.stateRow, hash: header.stateRoot, embedded: nil)
        return ChainHead(
            block: BlockHeader(hash: row.hash, header: header), state: state,
            nextTransaction: row.firstTransaction + Int64(row.transactionCount), nextNode: row.nextNode,
            nextIntervention: try read { (reads) throws(StorageError) -> Int64 in
                if let first = try reads.firstIntervention(from: row.number) { return first }
                return (try reads.lastIntervention()?.id ?? 0) + 1
            })
    }

    func header(of row: BlockRow) throws(StorageError) -> Header {
        do {
            return try Header(decoding: row.header)
        } catch {
            throw StorageError(
                .corrupt,
                "\(path): table blocks, row \(row.number): the header is damaged (\(error)); run the chain's verification"
            )
        }
    }
}
