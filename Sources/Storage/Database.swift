import CSQLite

/// A connection to one SQLite file, closed when the value goes out of scope.
///
///     let database = try Database(path: "chain.sqlite")
///     try database.execute("CREATE TABLE IF NOT EXISTS notes(id INTEGER PRIMARY KEY, text BLOB)")
///     try database.transaction { () throws(StorageError) in ... }
///
/// The journal is a write-ahead log and every commit is synced to the device before it returns, so what was
/// committed survives a killed process and a lost power supply. A connection belongs to one task at a time; it holds no lock
/// of its own. Open a second, read-only connection to read beside a writer.
package struct Database: ~Copyable {
    /// How a connection may use its file.
    package enum Access: Sendable {
        /// Read and write; the file is made when absent.
        case create
        /// Read and write an existing file.
        case write
        /// Read an existing file.
        case read
    }

    /// The file, or `:memory:`.
    package let path: String
    let handle: OpaquePointer

    /// Opens `path`.
    ///
    /// - Parameter waitMilliseconds: how long to wait for another process that holds the file.
    package init(path: String, access: Access = .create, waitMilliseconds: Int32 = 2000) throws(StorageError) {
        self.path = path
        handle = try Self.open(path, access, waitMilliseconds)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that return no rows.
    package func execute(_ sql: String) throws(StorageError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, doing: "run \(sql.prefix(60))") }
    }

    /// Compiles one statement, to be used many times.
    package func prepare(_ sql: String) throws(StorageError) -> Statement {
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled else { throw error(code, doing: "prepare \(sql.prefix(60))") }
        return Statement(handle: compiled, path: path)
    }

    /// Runs `body` as one atomic change: all of it is durable when this returns, and none of it when it throws.
    package func transaction<E: Error>(_ body: () throws(E) -> Void, wrap: (StorageError) -> E) throws(E) {
        do { try execute("BEGIN IMMEDIATE") } catch { throw wrap(error) }
        do {
            try body()
        } catch {
            rollback()
            throw error
        }
        do {
            try execute("COMMIT")
        } catch {
            rollback()
            throw wrap(error)
        }
    }

    /// Runs `body` as one atomic change.
    package func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        try transaction(body, wrap: { $0 })
    }

    /// Gives up the transaction that is open, if one is.
    private func rollback() {
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Rows that the last statement changed.
    package var changes: Int { Int(sqlite3_changes64(handle)) }

    /// The single integer that `sql` yields, or nil where it yields none.
    package func integer(_ sql: String) throws(StorageError) -> Int64? {
        var statement = try prepare(sql)
        return try statement.step() ? statement.int64(0) : nil
    }

    /// The single text that `sql` yields, or nil where it yields none.
    package func text(_ sql: String) throws(StorageError) -> String? {
        var statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Moves the write-ahead log into the file, as far as no reader needs it.
    package func checkpoint() throws(StorageError) {
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY || code & 0xff == SQLITE_LOCKED else {
            throw error(code, doing: "move the log into the file")
        }
    }

    private static func open(_ path: String, _ access: Access, _ wait: Int32) throws(StorageError) -> OpaquePointer {
        let flags: Int32 =
            switch access {
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .write: SQLITE_OPEN_READWRITE
            case .read: SQLITE_OPEN_READONLY
            }
        var opened: OpaquePointer?
        var code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nil)
        if code == SQLITE_OK {
            sqlite3_extended_result_codes(opened, 1)
            sqlite3_busy_timeout(opened, wait)
            let settings = access == .read ? "PRAGMA query_only=ON" : "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
            code = sqlite3_exec(opened, settings, nil, nil, nil)
        }
        guard code == SQLITE_OK, let opened else {
            let detail = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw .sqlite(code, path: path, doing: "open the store", detail: detail)
        }
        return opened
    }

    private func error(_ code: Int32, doing: String) -> StorageError {
        .sqlite(code, path: path, doing: doing, detail: String(cString: sqlite3_errmsg(handle)))
    }
}
