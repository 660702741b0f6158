import Bytes
import Crypto
import Ethereum
import EVM
package import Ledger
import Storage

extension Devchain {
    /// Makes a chain file from an export: every block is executed and must come out with the hash that it had.
    ///
    /// - Parameters:
    ///   - path: of the new chain; there must be none.
    ///   - progress: told after every block how many are there.
    package static func importChain(from source: String, to path: String, progress: (UInt64) -> Void = { _ in })
        throws(ChainError)
    {
        if Files.exists(path) {
            throw ChainError(.invalidRequest, "\(path) exists; import into a new file, or remove that one first")
        }
        let unfinished = path + ".importing"
        do throws(StorageError) {
            let lock = try FileLock(path: path + ".lock")
            for end in ["", "-wal", "-shm"] { try Files.remove(unfinished + end) }
            do throws(StorageError) {
                try fill(unfinished, from: source, progress: progress)
                try Files.move(unfinished, to: path)
            } catch {
                for end in ["", "-wal", "-shm"] { try? Files.remove(unfinished + end) }
                throw error
            }
            _ = consume lock
        } catch {
            throw ChainError(error)
        }
    }

    /// Makes the chain of an export in a new file, and closes it.
    private static func fill(_ path: String, from source: String, progress: (UInt64) -> Void) throws(StorageError) {
        var file = try InputFile(path: source)
        let document = try ChainFile.readOpening(&file, path: source)
        let store = try ChainStore(path: path)
        var importer = try ChainImporter(store: store, document: document)
        while !importer.isComplete {
            guard let item = try ChainFile.readItem(&file, path: source, number: importer.head.number) else {
                throw StorageError(
                    .corrupt, "\(source) ends after block \(importer.head.number), before its end: copy it again")
            }
            try importer.add(item)
            progress(importer.head.number + 1)
        }
        try store.settle()
        try store.checkpoint()
    }
}

/// Executes blocks one after the other into a new store.
private struct ChainImporter {
    private let store: ChainStore
    private let builder: BlockBuilder
    private(set) var head: ChainHead
    /// Whether the export's last item was there and agrees.
    private(set) var isComplete = false

    init(store: ChainStore, document: GenesisDocument) throws(StorageError) {
        self.store = store
        head = try store.begin(document)
        builder = BlockBuilder(store: store, codes: CodeCache(), fork: document.fork, chainID: document.chainID)
    }

    mutating func add(_ item: ChainFile.Item) throws(StorageError) {
        switch item {
        case .intervention(let data): try add(intervention: data)
        case .block(let block, _): try add(block)
        case .end(let hash, let stateRoot):
            guard hash == head.block.hash, stateRoot == head.stateRoot else {
                throw StorageError(
                    .corrupt,
                    "after block \(head.number): the export ends with another head or state than execution gives")
            }
            isComplete = true
        }
    }

    private mutating func add(_ block: Block) throws(StorageError) {
        let number = head.number + 1
        var entries: [PooledTransaction] = []
        for (index, signed) in block.transactions.enumerated() {
            guard let sender = signed.minedSender() else {
                throw StorageError(.corrupt, "block \(number), transaction \(index): the signature belongs to no key")
            }
            let raw = signed.encoded
            entries.append(PooledTransaction(hash: keccak256(raw), sender: sender, signed: signed, raw: raw))
        }
        let header = block.header
        let spec = BlockSpec(
            timestamp: header.timestamp, gasLimit: header.gasLimit, coinbase: header.beneficiary,
            prevRandao: header.mixHash, baseFee: header.baseFeePerGas ?? .zero,
            parentBeaconRoot: header.parentBeaconBlockRoot ?? .zero)
        var candidates = ListedCandidates(entries)
        let built: BuiltBlock
        do throws(BlockFailure) {
            built = try builder.build(on: head, spec, &candidates)
        } catch {
            switch error {
            case .storage(let error): throw error
            case .invalid(let error): throw StorageError(.corrupt, "block \(number) is invalid: \(error)")
            }
        }
        if let refused = built.refused.first {
            throw StorageError(.corrupt, "block \(number): transaction \(refused.transaction.hash): \(refused.reason)")
        }
        guard built.hash == header.hash else {
            throw StorageError(
                .corrupt, "block \(number): execution gives the hash \(built.hash), the export says \(header.hash)")
        }
        head = built.head
        try store.write { (writes) throws(StorageError) in try writes.append(built.rows) }
        store.nodes.insert(built.rows.nodes)
    }

    private mutating func add(intervention data: [UInt8]) throws(StorageError) {
        let intervention: Intervention
        do { intervention = try Intervention(decoding: data) } catch {
            throw StorageError(.corrupt, "the change of state after block \(head.number) cannot be read: \(error)")
        }
        let version = try intervention.version(on: head.state, store: store, nextRow: head.nextNode)
        let row = InterventionRow(
            id: head.nextIntervention, block: head.number, data: data, stateRow: version.root.row,
            stateRoot: version.root.hash, nextNode: version.nextRow)
        try store.write { (writes) throws(StorageError) in
            try writes.append(row, nodes: version.nodes, codes: version.codes)
            if case .chainID(let id) = intervention { try writes.set(meta: MetaKey.chainID, to: U256(id).bytes) }
        }
        if case .chainID(let id) = intervention { builder.chainID = id }
        store.nodes.insert(version.nodes)
        head.state = version.root
        head.nextNode = version.nextRow
        head.nextIntervention += 1
    }
}
