import Storage

/// The tables of a chain file.
///
/// Everything but the small indexes grows at its end only: blocks by number, transactions and receipts by a running
/// number, trie nodes by row. To go back to an earlier block is to cut the ends off.
enum Schema {
    /// Raised with every change of form; a file with another number is refused.
    static let version: Int64 = 2

    /// What brings a file of the version before to this one.
    private static let upgrade = """
        CREATE TABLE pool(arrival INTEGER PRIMARY KEY, sender BLOB NOT NULL, raw BLOB NOT NULL);
        PRAGMA user_version=2;
        """

    static let create = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
        CREATE TABLE blocks(number INTEGER PRIMARY KEY, hash BLOB NOT NULL, hash_key INTEGER NOT NULL,
            header BLOB NOT NULL, withdrawals BLOB, state_row INTEGER NOT NULL, first_transaction INTEGER NOT NULL,
            transaction_count INTEGER NOT NULL, next_node INTEGER NOT NULL);
        CREATE INDEX blocks_by_hash ON blocks(hash_key);
        CREATE TABLE transactions(id INTEGER PRIMARY KEY, hash_key INTEGER NOT NULL, block INTEGER NOT NULL,
            hash BLOB NOT NULL, sender BLOB NOT NULL, raw BLOB NOT NULL);
        CREATE INDEX transactions_by_hash ON transactions(hash_key);
        CREATE TABLE receipts(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE nodes(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
        CREATE TABLE codes(hash BLOB PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE log_index(key INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY(key, block)) WITHOUT ROWID;
        CREATE TABLE interventions(id INTEGER PRIMARY KEY, block INTEGER NOT NULL, data BLOB NOT NULL,
            state_row INTEGER NOT NULL, state_root BLOB NOT NULL, next_node INTEGER NOT NULL);
        \(upgrade)
        """

    /// Refuses a file that is not a chain of this version.
    static func check(_ database: borrowing Database) throws(StorageError) {
        let found = try database.integer("PRAGMA user_version") ?? 0
        if found == version - 1 {
            throw StorageError(
                .incompatible,
                "\(database.path) holds a chain of version \(found): start the chain on it once, which brings it to "
                    + "version \(version)")
        }
        guard found == version else {
            throw StorageError(
                .incompatible, "\(database.path) holds no chain of version \(version) (it says \(found))")
        }
    }

    /// Makes the tables in an empty file, upgrades those of the version before, or checks that they are of this one.
    static func prepare(_ database: borrowing Database) throws(StorageError) {
        let found = try database.integer("PRAGMA user_version") ?? 0
        if found == version { return }
        if found == version - 1 { return try change(database, upgrade) }
        guard found == 0, try database.integer("SELECT count(*) FROM sqlite_master") == 0 else {
            throw StorageError(
                .incompatible,
                "\(database.path): this is not a chain of version \(version) (it says \(found)); "
                    + "open it with the program that wrote it, or choose another file")
        }
        try change(database, create)
    }

    private static func change(_ database: borrowing Database, _ statements: String) throws(StorageError) {
        do {
            try database.execute("BEGIN IMMEDIATE; \(statements) COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }
}
