import Bytes
import Contracts
import Crypto
import Ethereum
import Federation
import Ledger
import Training

extension RecordReader {
    /// All jobs that were ever posted.
    mutating func jobs() async throws -> [JobRecord] {
        let events = try await reading(.job, "the jobs") { reader in
            try await reader.contracts.jobs.events(TrainingJobs.JobCreated.self, to: reader.tag)
        }
        var records = [JobRecord]()
        for found in events ?? [] {
            guard var record = try await creation(found) else { continue }
            let id = record.id
            record.joins = try await joins(id)
            try await startAndAcceptance(&record)
            record.updates = try await updates(id)
            record.closings = try await closings(id, terms: record.creation.terms)
            record.settlement = try await settlement(record)
            records.append(record)
        }
        return records
    }

    private mutating func creation(_ found: Occurrence<TrainingJobs.JobCreated>) async throws -> JobRecord? {
        let event = found.event
        var place = Self.place(of: found.log)
        (place.job, place.party) = (event.job, event.initiator)
        guard let transaction = try await transaction(of: found.log, place: place) else { return nil }
        guard let sent = TrainingJobs.created(by: transaction.signed.transaction.data) else {
            add(Finding(.job, at: place, "the transaction does not post a job"))
            return nil
        }
        let stored = try await reading(.job, "the stored terms", at: place) { reader in
            try await reader.contracts.jobs.terms(event.job, at: reader.tag)
        }
        var bytes: [UInt8]? = sent.initialParameters
        if sent.terms.rule == .byContentHash {
            bytes = Hash32(checking: sent.initialParameters).flatMap { blob($0, place: place) }
        }
        return JobRecord(
            id: event.job,
            creation: JobRecord.Creation(
                place: place, sender: transaction.sender, value: transaction.signed.transaction.value,
                terms: sent.terms, storedTerms: stored ?? sent.terms, initiator: event.initiator,
                escrow: event.escrow, contentHash: event.contentHash,
                initial: bytes.flatMap { try? FixedPoint.values($0) }, initialHash: bytes.map { keccak256($0) }))
    }

    private mutating func joins(_ job: UInt64) async throws -> [JobRecord.Join] {
        let events = try await reading(.data, "the joinings", at: Finding.Place(job: job)) { reader in
            try await reader.contracts.jobs.events(TrainingJobs.Joined.self, topics: [.topic(job)], to: reader.tag)
        }
        var joins = [JobRecord.Join]()
        for found in events ?? [] {
            var place = Self.place(of: found.log)
            (place.job, place.party) = (job, found.event.holder)
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            joins.append(
                JobRecord.Join(
                    place: place, sender: transaction.sender, value: transaction.signed.transaction.value,
                    holder: found.event.holder, dataID: found.event.dataID, rows: found.event.rows,
                    salt: found.event.salt))
        }
        return joins
    }

    private mutating func startAndAcceptance(_ record: inout JobRecord) async throws {
        let id = record.id
        let accepted = try await reading(.job, "the acceptance", at: Finding.Place(job: id)) { reader in
            try await reader.contracts.jobs.events(
                TrainingJobs.AggregationAccepted.self, topics: [.topic(id)], to: reader.tag)
        }
        record.acceptance = accepted?.first.map { Self.place(of: $0.log) }
        let started = try await reading(.seed, "the start", at: Finding.Place(job: id)) { reader in
            try await reader.contracts.jobs.events(TrainingJobs.JobStarted.self, topics: [.topic(id)], to: reader.tag)
        }
        record.start = started?.first.map { found in
            var place = Self.place(of: found.log)
            place.job = id
            return (place, found.event.seed, found.event.deadline)
        }
    }

    private mutating func updates(_ job: UInt64) async throws -> [JobRecord.Update] {
        let events = try await reading(.update, "the updates", at: Finding.Place(job: job)) { reader in
            try await reader.contracts.jobs.events(
                TrainingJobs.UpdateAccepted.self, topics: [.topic(job)], to: reader.tag)
        }
        var updates = [JobRecord.Update]()
        for found in events ?? [] {
            let event = found.event
            var place = Self.place(of: found.log)
            (place.job, place.round, place.party) = (job, event.round, event.holder)
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            var (calledRound, bytes) = (event.round, [UInt8]?.none)
            switch TrainingJobs.update(in: transaction.signed.transaction.data) {
            case .whole(_, let round, let sent): (calledRound, bytes) = (round, sent)
            case .byHash(_, let round, _): (calledRound, bytes) = (round, blob(event.contentHash, place: place))
            case nil: add(Finding(.update, at: place, "the transaction does not carry an update"))
            }
            updates.append(
                JobRecord.Update(
                    place: place, sender: transaction.sender, round: event.round, holder: event.holder,
                    contentHash: event.contentHash, rows: event.rows, calledRound: calledRound,
                    time: try await time(of: found.log.blockNumber),
                    values: bytes.flatMap { try? FixedPoint.values($0) }, bytesHash: bytes.map { keccak256($0) }))
        }
        return updates
    }

    private mutating func closings(_ job: UInt64, terms: JobTerms) async throws -> [JobRecord.Closing] {
        let events = try await reading(.aggregate, "the rounds", at: Finding.Place(job: job)) { reader in
            try await reader.contracts.jobs.events(TrainingJobs.RoundClosed.self, topics: [.topic(job)], to: reader.tag)
        }
        var closings = [JobRecord.Closing]()
        for found in events ?? [] {
            let event = found.event
            var place = Self.place(of: found.log)
            (place.job, place.round) = (job, event.round)
            guard let transaction = try await transaction(of: found.log, place: place) else { continue }
            let stored: [UInt8]?
            switch terms.rule {
            case .inContract:
                stored = try await reading(.parameters, "the round's parameters", at: place) { reader in
                    try await reader.contracts.jobs.parameters(job, after: event.round, at: reader.tag)
                }
            case .byContentHash: stored = blob(event.contentHash, place: place)
            }
            closings.append(
                JobRecord.Closing(
                    place: place, sender: transaction.sender, round: event.round, contentHash: event.contentHash,
                    updates: event.updates, rows: event.rows, time: try await time(of: found.log.blockNumber),
                    storedHash: stored.map { keccak256($0) }))
        }
        return closings
    }

    private mutating func settlement(_ record: JobRecord) async throws -> JobRecord.Settlement? {
        let id = record.id
        let paid =
            try await reading(.payment, "the payments", at: Finding.Place(job: id)) { reader in
                try await reader.contracts.jobs.events(TrainingJobs.Paid.self, topics: [.topic(id)], to: reader.tag)
            } ?? []
        let failed = try await reading(.job, "the job's end", at: Finding.Place(job: id)) { reader in
            try await reader.contracts.jobs.events(TrainingJobs.JobFailed.self, topics: [.topic(id)], to: reader.tag)
        }
        let finished = try await reading(.job, "the job's end", at: Finding.Place(job: id)) { reader in
            try await reader.contracts.jobs.events(TrainingJobs.JobFinished.self, topics: [.topic(id)], to: reader.tag)
        }
        guard let log = failed?.first?.log ?? finished?.first?.log else { return nil }
        var place = Self.place(of: log)
        place.job = id
        let payments = paid.compactMap { found in
            PaymentKind(rawValue: found.event.kind).map {
                Payment(party: found.event.party, kind: $0, amount: found.event.amount)
            }
        }
        let owner = try await reading(.payment, "the model's owner", at: place) { reader in
            try await reader.contracts.models.owner(of: record.creation.terms.modelID, at: .number(log.blockNumber))
        }
        let receipt = try await reading(.receipt, "the settlement's receipt", at: place) { reader in
            try await reader.contracts.chain.receipt(of: log.transactionHash)
        }
        let credited = try (receipt ?? nil).map {
            try TrainingJobs.Credited.all(in: $0, of: contracts.jobs.address).map(\.party)
        }
        return JobRecord.Settlement(
            place: place, failure: failed?.first?.event.reason, modelOwner: (owner ?? nil) ?? .zero,
            payments: payments, gains: await gains(Set(payments.map(\.party)), receipt: receipt ?? nil),
            credited: Set(credited ?? []))
    }

    /// What balances grew by in the settlement's block, where it holds nothing else and the node still knows.
    private func gains(_ parties: Set<Address>, receipt: MinedReceipt?) async -> [Address: U256]? {
        guard let receipt, receipt.blockNumber > 0,
            let block = try? await contracts.chain.block(at: .number(receipt.blockNumber)),
            block.transactions.count == 1, !parties.contains(block.header.beneficiary)
        else { return nil }
        var gains: [Address: U256] = [:]
        for party in parties {
            guard let before = try? await contracts.chain.balance(of: party, at: .number(receipt.blockNumber - 1)),
                let after = try? await contracts.chain.balance(of: party, at: .number(receipt.blockNumber))
            else { return nil }
            let fee = party == receipt.from ? receipt.effectiveGasPrice &* U256(receipt.gasUsed) : .zero
            gains[party] = after &+ fee &- before
        }
        return gains
    }
}
