import Bytes
import Storage
import Testing

@Suite struct DatabaseTests {
    @Test func returnsWhatWasBound() throws {
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a INTEGER, b BLOB, c BLOB, d TEXT, e BLOB, f BLOB)")
        var insert = try database.prepare("INSERT INTO t VALUES(?,?,?,?,?,?)")
        let hash = Hash32(1, 2, 3, .max)
        let address = Address(4, 5, 6)
        try insert.bind(1, bits: .max)
        try insert.bind(2, [1, 0, 255])
        try insert.bind(3, hash)
        try insert.bind(4, text: "grüße")
        try insert.bind(5, address)
        try insert.bindNull(6)
        try insert.run()
        var select = try database.prepare("SELECT * FROM t")
        let found = try select.step()
        #expect(found)
        #expect(select.bits(0) == .max)
        #expect(select.int64(0) == -1)
        #expect(select.blob(1) == [1, 0, 255])
        #expect(select.hash(2) == hash)
        #expect(select.hash(1) == nil)
        #expect(select.text(3) == "grüße")
        #expect(select.address(4) == address)
        let isNull = select.isNull(5)
        #expect(isNull)
        let more = try select.step()
        #expect(!more)
    }

    @Test func syncsEveryCommitToAWriteAheadLog() throws {
        let folder = try TemporaryDirectory()
        let database = try Database(path: folder.path + "/x.sqlite")
        #expect(try database.text("PRAGMA journal_mode") == "wal")
        #expect(try database.integer("PRAGMA synchronous") == 2)
    }

    @Test func undoesATransactionThatThrows() throws {
        struct Stop: Error {}
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)")
        #expect(throws: StorageError.self) {
            try database.transaction { () throws(StorageError) in
                try database.execute("INSERT INTO t VALUES(1)")
                try database.execute("INSERT INTO t VALUES(1)")
            }
        }
        #expect(try database.integer("SELECT count(*) FROM t") == 0)
        try database.transaction { () throws(StorageError) in try database.execute("INSERT INTO t VALUES(1)") }
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
    }

    @Test func saysThatAnotherProcessHoldsTheStore() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/x.sqlite"
        let first = try Database(path: path)
        try first.execute("CREATE TABLE t(a); BEGIN IMMEDIATE")
        let second = try Database(path: path, waitMilliseconds: 1)
        let error = #expect(throws: StorageError.self) { try second.execute("INSERT INTO t VALUES(1)") }
        #expect(error?.kind == .locked)
        #expect(error?.message.contains(path) == true)
    }

    @Test func saysThatTheFileIsNotAStore() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/x.sqlite"
        try Files.write(Array("this is not a database, though it is long enough to be read as one".utf8), to: path)
        #expect(throws: StorageError.self) { _ = try Database(path: path) }
        do {
            _ = try Database(path: path)
        } catch {
            #expect(error.kind == .corrupt)
        }
        do {
            _ = try Database(path: folder.path + "/absent/x.sqlite")
        } catch {
            #expect(error.kind == .notFound)
        }
    }

    @Test func saysThatTheDiskIsFullAndKeepsWhatWasThere() throws {
        let folder = try TemporaryDirectory()
        let database = try Database(path: folder.path + "/x.sqlite")
        try database.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1); PRAGMA max_page_count=8")
        let error = #expect(throws: StorageError.self) {
            try database.transaction { () throws(StorageError) in
                try database.execute("INSERT INTO t VALUES(2); INSERT INTO t VALUES(zeroblob(100000))")
            }
        }
        #expect(error?.kind == .full)
        #expect(error?.message.contains("disk is full") == true)
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
        try database.execute("PRAGMA max_page_count=1000; INSERT INTO t VALUES(3)")
        #expect(try database.integer("SELECT count(*) FROM t") == 2)
    }
}
