import Bytes
import Crypto
import Storage
import Synchronization

/// A chain's file: one connection that writes, as many that read as are used at once, and the node cache.
final class ChainStore: Sendable {
    let path: String
    let nodes: NodeCache
    private let writer: StoreConnection
    /// Connections that nobody reads with at the moment.
    private let idle = Mutex<[StoreConnection]>([])
    private let inMemory: Bool
    /// Nil in memory.
    private let log: LogSync?

    /// Opens the file, and makes it when absent; nil keeps the chain in memory.
    ///
    /// - Parameter readOnly: never write, and refuse a file that is not there.
    init(path: String?, cachedNodes: Int = 12_000, fileLimit: UInt64? = nil, readOnly: Bool = false)
        throws(StorageError)
    {
        self.path = path ?? ":memory:"
        inMemory = path == nil
        log = path.map(LogSync.init)
        nodes = NodeCache(limit: cachedNodes)
        writer = try StoreConnection(path: self.path, writable: !readOnly)
        if let fileLimit { try writer.database.execute("PRAGMA max_page_count=\(max(1, fileLimit / 4096))") }
    }

    func read<Result>(_ body: (StoreReads) throws(StorageError) -> Result) throws(StorageError) -> Result {
        if inMemory { return try writer.read(body) }
        let connection: StoreConnection
        if let free = idle.withLock({ $0.popLast() }) {
            connection = free
        } else {
            connection = try StoreConnection(path: path, writable: false)
        }
        defer { idle.withLock { $0.append(connection) } }
        return try connection.read(body)
    }

    /// Runs `body` as one atomic change; it outlives the process when this returns, and the machine after `settle`.
    func write(_ body: (StoreWrites) throws(StorageError) -> Void) throws(StorageError) {
        guard let log else { return try writer.write(body) }
        try log.willWrite()
        defer { log.wrote() }
        try writer.write(body)
    }

    /// Waits until everything that can have been read is on the device.
    func settle() throws(StorageError) {
        guard let log else { return }
        if log.isWriting { writer.awaitEnd() }
        try log.settle()
    }

    /// Does something once everything that was written before is on the device, in the order of the calls.
    func afterSync(_ action: @escaping @Sendable () -> Void) {
        if let log { log.afterSync(action) } else { action() }
    }

    /// How long all syncs of the log took.
    var syncing: Duration { log?.spent ?? .zero }

    /// Moves the log into the file; for an orderly end.
    func checkpoint() throws(StorageError) {
        idle.withLock { $0.removeAll() }
        if !inMemory { try writer.database.checkpoint() }
    }
}

extension ChainStore: TrieSource {
    func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode {
        if let node = nodes.node(reference.row) { return node }
        guard let record = try read({ (reads) throws(StorageError) in try reads.node(reference.row) }) else {
            throw StorageError(
                .notFound, "nodes, row \(reference.row): this state is gone (the chain was taken back behind it)")
        }
        guard let node = TrieNode(record: record, row: reference.row),
            keccak256(node.rlp(depth: depth)) == reference.hash
        else {
            throw StorageError(
                .corrupt, "\(path): table nodes, row \(reference.row) is damaged: it does not hash to \(reference.hash)"
            )
        }
        nodes.insert(reference.row, node)
        return node
    }
}
