import Contracts
import Ethereum
import Ledger

extension RecordReader {
    /// All data sets that were ever committed.
    mutating func data() async throws -> [DataRecord] {
        let events = try await reading(.data, "the data commitments") { reader in
            try await reader.contracts.data.events(DataRegistry.DataCommitted.self, to: reader.tag)
        }
        let revocations = try await reading(.data, "the revocations") { reader in
            try await reader.contracts.data.events(DataRegistry.DataRevoked.self, to: reader.tag)
        }
        var records = [DataRecord]()
        for found in events ?? [] {
            let event = found.event
            var place = Self.place(of: found.log)
            place.party = event.holder
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            var record = DataRecord(
                place: place, sender: transaction.sender, id: event.id, holder: event.holder, root: event.root,
                rows: event.rows, schema: event.schema)
            record.called = DataRegistry.committed(by: transaction.signed.transaction.data)
            let stored = try await reading(.data, "the stored commitment", at: place) { reader in
                try await reader.contracts.data.dataSet(event.id, at: reader.tag)
            }
            record.stored = stored.map { ($0.holder, $0.root, $0.rows, $0.schema) }
            record.revocation = revocations?.first { $0.event.id == event.id }.map { Self.place(of: $0.log) }
            records.append(record)
        }
        return records
    }
}
