import Bytes
import Contracts
import Ethereum
import Ledger
import Serving

extension RecordReader {
    /// All requests for inference.
    mutating func requests(models: [ModelRecord]) async throws -> [InferenceRecord] {
        let events = try await reading(.inference, "the requests") { reader in
            try await reader.contracts.market.events(InferenceMarket.InferenceRequested.self, to: reader.tag)
        }
        var records = [InferenceRecord]()
        for found in events ?? [] {
            let event = found.event
            var place = Self.place(of: found.log)
            (place.request, place.party) = (event.id, event.consumer)
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            let asked = InferenceMarket.asked(by: transaction.signed.transaction.data)
            if asked == nil { add(Finding(.inference, at: place, "the transaction does not carry a request")) }
            var record = InferenceRecord(
                id: event.id,
                request: InferenceRecord.Request(
                    place: place, sender: transaction.sender, value: transaction.signed.transaction.value,
                    modelID: event.modelID, version: event.version, consumer: event.consumer, fee: event.fee,
                    input: asked?.input ?? event.input, wanted: asked?.servers ?? 0, allowed: asked?.allowed ?? []))
            record.deployedVersion = models.first { $0.id == event.modelID }?.deployedVersion(at: place)
            record.answers = try await answers(event.id)
            record.decision = try await decision(event.id)
            records.append(record)
        }
        return records
    }

    private mutating func answers(_ id: UInt64) async throws -> [InferenceRecord.Answer] {
        let place = Finding.Place(request: id)
        let committed = try await reading(.inference, "the commitments", at: place) { reader in
            try await reader.contracts.market.events(
                InferenceMarket.Committed.self, topics: [.topic(id)], to: reader.tag)
        }
        let revealed = try await reading(.inference, "the answers", at: place) { reader in
            try await reader.contracts.market.events(
                InferenceMarket.Revealed.self, topics: [.topic(id)], to: reader.tag)
        }
        var answers = [InferenceRecord.Answer]()
        for found in committed ?? [] {
            let server = found.event.server
            var commitPlace = Self.place(of: found.log)
            (commitPlace.request, commitPlace.party) = (id, server)
            guard let transaction = try await transaction(of: found.log, place: commitPlace) else { continue }
            var answer = InferenceRecord.Answer(
                server: server, commitPlace: commitPlace, commitSender: transaction.sender,
                commitment: found.event.commitment)
            if let shown = revealed?.first(where: { $0.event.server == server }) {
                var revealPlace = Self.place(of: shown.log)
                (revealPlace.request, revealPlace.party) = (id, server)
                guard let transaction = try await self.transaction(of: shown.log, place: revealPlace) else { continue }
                (answer.revealPlace, answer.revealSender) = (revealPlace, transaction.sender)
                answer.resultHash = shown.event.resultHash
                if let sent = InferenceMarket.revealed(by: transaction.signed.transaction.data) {
                    (answer.result, answer.salt) = (sent.result, sent.salt)
                } else {
                    add(Finding(.inference, at: revealPlace, "the transaction does not carry an answer"))
                }
            }
            answers.append(answer)
        }
        return answers
    }

    private mutating func decision(_ id: UInt64) async throws -> InferenceRecord.Decision? {
        let place = Finding.Place(request: id)
        let delivered = try await reading(.inference, "the delivery", at: place) { reader in
            try await reader.contracts.market.events(
                InferenceMarket.InferenceDelivered.self, topics: [.topic(id)], to: reader.tag)
        }
        let failed = try await reading(.inference, "the end", at: place) { reader in
            try await reader.contracts.market.events(
                InferenceMarket.InferenceFailed.self, topics: [.topic(id)], to: reader.tag)
        }
        guard let log = delivered?.first?.log ?? failed?.first?.log else { return nil }
        let paid = try await reading(.fee, "the fee's payments", at: place) { reader in
            try await reader.contracts.market.events(
                InferenceMarket.FeePaid.self, topics: [.topic(id)], to: reader.tag)
        }
        let record = try await reading(.inference, "the stored request", at: place) { reader in
            try await reader.contracts.market.request(id, at: reader.tag)
        }
        let stored = try await reading(.inference, "the stored result", at: place) { reader in
            try await reader.contracts.market.result(id, at: reader.tag).bytes
        }
        guard let record else { return nil }
        var end = Self.place(of: log)
        end.request = id
        return InferenceRecord.Decision(
            place: end, resultHash: delivered?.first?.event.resultHash, result: delivered?.first?.event.result ?? [],
            stored: stored ?? [], owner: record.owner, ownerShareBps: record.ownerShareBps,
            payments: (paid ?? []).compactMap { found in
                FeeKind(rawValue: found.event.kind).map {
                    FeePayment(party: found.event.party, kind: $0, amount: found.event.amount)
                }
            })
    }
}
