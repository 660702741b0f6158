import Bytes
import Contracts
import Crypto
import Ethereum
import Ledger
import Training

extension RecordReader {
    /// All models; what was only submitted under a name has no program and no seed.
    mutating func models() async throws -> [ModelRecord] {
        let events = try await reading(.version, "the models") { reader in
            try await reader.contracts.models.events(ModelRegistry.ModelRegistered.self, to: reader.tag)
        }
        var records = [ModelRecord]()
        for found in events ?? [] {
            let event = found.event
            var place = Self.place(of: found.log)
            place.party = event.owner
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            var record = ModelRecord(
                id: event.modelID, name: event.modelName, place: place, sender: transaction.sender, owner: event.owner,
                program: event.program, seed: event.seed)
            record.versions = try await versions(event.modelID)
            let deployed = try await reading(.version, "the deployments", at: place) { reader in
                try await reader.contracts.models.events(
                    ModelRegistry.VersionDeployed.self, topics: [event.modelID], to: reader.tag)
            }
            record.deployments = (deployed ?? []).map {
                (Self.place(of: $0.log), $0.event.version, $0.event.contentHash)
            }
            records.append(record)
        }
        return records
    }

    private mutating func versions(_ id: Hash32) async throws -> [ModelRecord.Version] {
        let events = try await reading(.version, "the versions") { reader in
            try await reader.contracts.models.events(ModelRegistry.VersionAdded.self, topics: [id], to: reader.tag)
        }
        var versions = [ModelRecord.Version]()
        for found in events ?? [] {
            let event = found.event
            let place = Self.place(of: found.log)
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            var version = ModelRecord.Version(
                place: place, sender: transaction.sender, number: event.version, contentHash: event.contentHash)
            if !event.jobs.isZero { version.trainedBy = (event.jobs, event.jobID) }
            let stored = try await reading(.version, "the stored version", at: place) { reader in
                let record = try await reader.contracts.models.version(id, event.version, at: reader.tag)
                guard record.isWhole else { return reader.blob(record.contentHash, place: place) }
                return try await reader.contracts.models.parameters(id, event.version, at: reader.tag)
            }
            if let bytes = stored ?? nil {
                version.storedHash = keccak256(bytes)
                version.parameters = try? FixedPoint.values(bytes)
            }
            versions.append(version)
        }
        return versions
    }
}
