package import Bytes
import CSQLite

/// A compiled statement of a `Database`, released when the value goes out of scope.
///
/// Bind, step until `false`, then `reset()` before the next use. Parameters count from 1, columns from 0.
package struct Statement: ~Copyable {
    let handle: OpaquePointer
    let path: String

    init(handle: OpaquePointer, path: String) { (self.handle, self.path) = (handle, path) }

    deinit { sqlite3_finalize(handle) }

    /// Moves to the next row.
    ///
    /// - Returns: false at the end.
    package mutating func step() throws(StorageError) -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = failure(code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs a statement that returns no rows, and makes it ready for the next use.
    package mutating func run() throws(StorageError) {
        _ = try step()
        sqlite3_reset(handle)
    }

    /// Makes the statement ready for the next use; its bindings stay.
    package mutating func reset() { sqlite3_reset(handle) }

    // MARK: Parameters

    package mutating func bind(_ index: Int32, _ value: Int64) throws(StorageError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    package mutating func bind(_ index: Int32, _ value: Int) throws(StorageError) { try bind(index, Int64(value)) }

    /// Binds the 64 bits of `value`; the column shows them as a signed number.
    package mutating func bind(_ index: Int32, bits value: UInt64) throws(StorageError) {
        try bind(index, Int64(bitPattern: value))
    }

    package mutating func bind(_ index: Int32, _ bytes: [UInt8]) throws(StorageError) {
        let code = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { sqlite3_bind_blob64(handle, index, $0, UInt64(buffer.count), transient) }
                ?? sqlite3_bind_zeroblob(handle, index, 0)
        }
        try check(code)
    }

    package mutating func bind(_ index: Int32, _ hash: Hash32) throws(StorageError) {
        let code = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
            hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
            return sqlite3_bind_blob64(handle, index, scratch.baseAddress, 32, transient)
        }
        try check(code)
    }

    package mutating func bind(_ index: Int32, _ address: Address) throws(StorageError) {
        let code = withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { scratch in
            address.write(to: scratch.baseAddress!)  // 24 bytes were asked for, 20 are written
            return sqlite3_bind_blob64(handle, index, scratch.baseAddress, 20, transient)
        }
        try check(code)
    }

    package mutating func bind(_ index: Int32, text: String) throws(StorageError) {
        try check(sqlite3_bind_text(handle, index, text, -1, transient))
    }

    package mutating func bindNull(_ index: Int32) throws(StorageError) { try check(sqlite3_bind_null(handle, index)) }

    // MARK: Columns

    package func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    package func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }

    /// The 64 bits that `bind(_:bits:)` stored.
    package func bits(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    package func blob(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// The column's 32 bytes, or nil where it holds another number of them.
    package func hash(_ column: Int32) -> Hash32? {
        guard let start = sqlite3_column_blob(handle, column), sqlite3_column_bytes(handle, column) == 32 else {
            return nil
        }
        return Hash32(at: start)
    }

    /// The column's 20 bytes, or nil where it holds another number of them.
    package func address(_ column: Int32) -> Address? { Address(checking: blob(column)) }

    package func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    private func check(_ code: Int32) throws(StorageError) {
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> StorageError {
        let sql = sqlite3_sql(handle).map { String(cString: $0) } ?? "a statement"
        return .sqlite(
            code, path: path, doing: "run \(sql.prefix(60))",
            detail: String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))))
    }
}

/// Tells SQLite to copy what is bound before the call returns.
private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
