import Bytes
import Storage
import Synchronization

/// One SQLite connection with the chain's statements, used by one task at a time.
final class StoreConnection {
    let database: Database
    private let lock = Mutex<Void>(())
    private let reads: StoreReads
    private let writes: StoreWrites?

    init(path: String, writable: Bool) throws(StorageError) {
        database = try Database(path: path, access: writable ? .create : .read)
        try database.execute("PRAGMA cache_size=\(writable ? -16000 : -4000); PRAGMA temp_store=MEMORY")
        if writable {
            // A longer log is moved into the file less often; moving costs more syncs.
            // The syncs of the log are the store's own; moving it into the file still syncs both.
            try database.execute("PRAGMA wal_autocheckpoint=4000; PRAGMA synchronous=NORMAL")
            try Schema.prepare(database)
        } else {
            try Schema.check(database)
        }
        reads = try StoreReads(database)
        writes = writable ? try StoreWrites(database) : nil
    }

    func read<Result>(_ body: (StoreReads) throws(StorageError) -> Result) throws(StorageError) -> Result {
        var outcome: Swift.Result<Result, StorageError>?
        lock.withLock { _ in
            do throws(StorageError) { outcome = .success(try body(reads)) } catch { outcome = .failure(error) }
        }
        return try outcome!.get()  // set on both ways through the closure
    }

    /// Waits for the change that is under way.
    func awaitEnd() { lock.withLock { _ in } }

    /// Runs `body` as one atomic change, in the write-ahead log when this returns.
    func write(_ body: (StoreWrites) throws(StorageError) -> Void) throws(StorageError) {
        var outcome: Swift.Result<Void, StorageError> = .success(())
        lock.withLock { _ in
            guard let writes else { preconditionFailure("a connection opened for reading was asked to write") }
            do throws(StorageError) {
                try database.transaction { () throws(StorageError) in try body(writes) }
            } catch {
                outcome = .failure(error)
            }
        }
        try outcome.get()
    }
}

/// The lock serialises all use of the connection and its statements.
extension StoreConnection: @unchecked Sendable {}
