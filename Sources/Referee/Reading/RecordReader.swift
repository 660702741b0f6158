import Bytes
import Contracts
import Ethereum
import Ledger
import Storage

/// Reads what the audits check from a chain and a blob store; what cannot be read becomes a finding.
struct RecordReader: Sendable {
    let contracts: ProtocolContracts
    let blobs: BlobStore?
    /// The newest block that is looked at.
    let head: UInt64
    private(set) var findings: [Finding] = []
    private var transactions: [Hash32: MinedTransaction] = [:]
    private var times: [UInt64: UInt64] = [:]

    init(contracts: ProtocolContracts, blobs: BlobStore?, head: UInt64) {
        (self.contracts, self.blobs, self.head) = (contracts, blobs, head)
    }

    var tag: BlockTag { .number(head) }

    /// Runs a reading step; a chain that answers with a failure is a finding, one that does not answer throws.
    mutating func reading<Value>(
        _ subject: Finding.Subject, _ what: String, at place: Finding.Place = Finding.Place(),
        _ body: (inout RecordReader) async throws -> Value
    ) async throws -> Value? {
        do {
            return try await body(&self)
        } catch let error as ChainError where error.kind == .unreachable || error.kind == .timedOut {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            findings.append(Finding(subject, at: place, "\(what) cannot be read: \(error)"))
            return nil
        }
    }

    /// The transaction that a log is from; a finding where it cannot be read.
    mutating func transaction(of log: MinedLog, place: Finding.Place) async throws -> MinedTransaction? {
        if let known = transactions[log.transactionHash] { return known }
        let found = try await reading(.transaction, "the transaction", at: place) { reader in
            try await reader.contracts.chain.transaction(log.transactionHash)
        }
        guard let transaction = found ?? nil else {
            if found != nil { findings.append(Finding(.transaction, at: place, "the transaction is missing")) }
            return nil
        }
        transactions[log.transactionHash] = transaction
        return transaction
    }

    /// When a block was made (seconds since 1970).
    mutating func time(of block: UInt64) async throws -> UInt64 {
        if let known = times[block] { return known }
        let time = try await contracts.chain.header(at: .number(block))?.header.timestamp ?? 0
        times[block] = time
        return time
    }

    /// The bytes of a blob, or nil where there is no store or the blob is not in it; a damaged one is a finding.
    mutating func blob(_ hash: Hash32, place: Finding.Place) -> [UInt8]? {
        guard let blobs, blobs.contains(hash) else { return nil }
        do {
            return try blobs.get(hash)
        } catch {
            findings.append(Finding(.blob, at: place, error.message))
            return nil
        }
    }

    mutating func add(_ finding: Finding) { findings.append(finding) }

    static func place(of log: MinedLog) -> Finding.Place {
        Finding.Place(
            block: log.blockNumber, transactionIndex: log.transactionIndex, transaction: log.transactionHash)
    }
}
