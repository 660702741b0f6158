package import Bytes
package import Ledger
import Storage

extension Devchain {
    /// Executes the chain in a file again from its genesis block, and names the first byte that is not right.
    ///
    /// A chain that runs may be verified, too; what it adds meanwhile is verified as far as it is there.
    ///
    /// - Parameter progress: told after every block how many were verified and how many there were at the start.
    /// - Throws: `ChainError` where the file cannot be opened. What is wrong inside it is the report's `fault`.
    package static func verify(path: String, progress: (UInt64, UInt64) -> Void = { _, _ in })
        throws(ChainError) -> VerificationReport
    {
        let store: ChainStore
        let total: UInt64
        do throws(StorageError) {
            store = try ChainStore(path: path, readOnly: true)
            total = try store.read { (reads) throws(StorageError) in try reads.newestBlock()?.number ?? 0 } + 1
        } catch {
            throw ChainError(error)
        }
        var report = VerificationReport()
        do {
            var verifier = try ChainVerifier(store: store)
            report = verifier.report
            while try verifier.step() {
                report = verifier.report
                progress(report.blocks, total)
            }
        } catch let fault as ChainFault {
            report.fault = fault
        } catch {
            report.fault = ChainFault(
                block: report.blocks, table: "file", row: 0,
                reason: "the block or the state before it cannot be read: \(error)")
        }
        return report
    }

    /// Changes one byte of a stored transaction, as somebody with access to the file could; to show that it is noticed.
    ///
    /// - Returns: what was written over the byte.
    @discardableResult
    package static func tamper(path: String, transaction: Hash32, byte: Int) throws(ChainError) -> UInt8 {
        do throws(StorageError) {
            let database = try Database(path: path, access: .write)
            var select = try database.prepare("SELECT id, raw FROM transactions WHERE hash=?")
            try select.bind(1, transaction)
            guard try select.step() else {
                throw StorageError(.notFound, "\(path): no transaction \(transaction) is stored")
            }
            let id = select.int64(0)
            var raw = select.blob(1)
            guard raw.indices.contains(byte) else {
                throw StorageError(
                    .notFound, "transaction \(transaction) has \(raw.count) bytes, there is no byte \(byte)")
            }
            raw[byte] ^= 1
            select.reset()
            var update = try database.prepare("UPDATE transactions SET raw=? WHERE id=?")
            try update.bind(1, raw)
            try update.bind(2, id)
            try update.run()
            return raw[byte]
        } catch {
            throw ChainError(error)
        }
    }
}
