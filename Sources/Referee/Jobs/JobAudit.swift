import Contracts
import Bytes
import Crypto
import Federation
import Training

/// Checks one job's record against the rules: who, what, when, the seed, every mean and every wei.
///
/// Pure: a record goes in, findings come out.
package struct JobAudit: Sendable {
    private let record: JobRecord
    private let data: [UInt64: DataRecord]
    private let expectedInitial: [Int32]?
    private var terms: JobTerms { record.creation.terms }

    /// - Parameters:
    ///   - record: what the chain tells of the job.
    ///   - data: all data sets by id.
    ///   - expectedInitial: the initial parameters that the model's seed gives, where the program is known.
    package init(record: JobRecord, data: [UInt64: DataRecord], expectedInitial: [Int32]?) {
        (self.record, self.data, self.expectedInitial) = (record, data, expectedInitial)
    }

    /// Everything that is wrong, in the order in which it happened.
    package func findings() -> [Finding] {
        creation() + record.joins.flatMap(join) + seed() + record.updates.flatMap(update) + rounds() + settlement()
    }

    private func creation() -> [Finding] {
        let made = record.creation
        var check = Comparison(subject: .job, place: made.place)
        check.equal(made.initiator, made.sender, "the job's initiator did not send it")
        if made.terms != made.storedTerms { check.fail("the stored terms are not those that were sent") }
        if let escrow = terms.escrow {
            check.equal(made.escrow, escrow, "the escrow is not what the terms ask for")
            check.equal(made.value, escrow, "the wei sent are not what the terms ask for")
        } else {
            check.fail("the terms' escrow does not fit into 256 bits")
        }
        var parameters = Comparison(subject: .parameters, place: made.place)
        if let hash = made.initialHash {
            parameters.equal(made.contentHash, hash, "the initial parameters do not hash to what was announced")
        } else {
            parameters.fail("the initial parameters \(made.contentHash) are in no store")
        }
        if let initial = made.initial, let expectedInitial, initial != expectedInitial {
            let place = zip(initial, expectedInitial).enumerated().first { $1.0 != $1.1 }?.offset
            parameters.fail(
                "the initial parameters are not those of the model's seed"
                    + (place.map { "; the first that differs is number \($0)" } ?? "; their number differs"))
        }
        return check.findings + parameters.findings
    }

    private func join(_ join: JobRecord.Join) -> [Finding] {
        var check = Comparison(subject: .data, place: join.place)
        check.equal(join.holder, join.sender, "the holder did not send its joining")
        check.equal(join.value, terms.holderStake, "the stake is not the job's")
        if !terms.allows(join.holder) { check.fail("the job does not admit this holder") }
        guard let set = data[join.dataID] else {
            check.fail("data set \(join.dataID) was never committed")
            return check.findings
        }
        check.equal(set.holder, join.holder, "data set \(join.dataID) is another's")
        check.equal(join.rows, set.rows, "the rows are not those of data set \(join.dataID)")
        if let revoked = set.revocation, isBefore(revoked, join.place) {
            check.fail("data set \(join.dataID) was revoked before")
        }
        return check.findings
    }

    private func isBefore(_ a: Finding.Place, _ b: Finding.Place) -> Bool {
        (a.block ?? 0, a.transactionIndex ?? 0) < (b.block ?? 0, b.transactionIndex ?? 0)
    }

    private func seed() -> [Finding] {
        guard let start = record.start else { return [] }
        var check = Comparison(subject: .seed, place: start.place)
        let expected = JobSeed.seed(job: record.id, seed: terms.seed, salts: record.joins.map(\.salt))
        check.equal(start.seed, expected, "the job's seed does not follow from the holders' salts")
        return check.findings
    }

    /// When the round opened and until when it takes updates.
    private func deadline(of round: Int) -> UInt64? {
        if round == 1 { return record.start?.deadline }
        return record.closings.first { $0.round == round - 1 }.map { $0.time + terms.roundSeconds }
    }

    private func update(_ update: JobRecord.Update) -> [Finding] {
        var check = Comparison(subject: .update, place: update.place)
        check.equal(update.holder, update.sender, "the holder did not send the update")
        check.equal(update.calledRound, update.round, "the update was sent for another round")
        let join = record.joins.first { $0.holder == update.holder }
        if let join {
            check.equal(update.rows, join.rows, "the update does not weigh the holder's rows")
        } else {
            check.fail("the update is from a non-member")
        }
        if let deadline = deadline(of: update.round), update.time > deadline { check.fail("the update came late") }
        if record.updates.count(where: { $0.holder == update.holder && $0.round == update.round }) > 1 {
            check.fail("the holder has more than one update in the round")
        }
        if let hash = update.bytesHash {
            check.equal(hash, update.contentHash, "the update's bytes do not hash to what was accepted")
        } else {
            check.fail("the update's bytes \(update.contentHash) are in no store")
        }
        if let values = update.values {
            do throws(UpdateError) {
                try UpdateError.check(values, parameterCount: terms.parameterCount)
            } catch { check.fail("\(error)") }
        }
        return check.findings
    }

    private func rounds() -> [Finding] {
        var findings = [Finding]()
        for (index, closing) in record.closings.enumerated() {
            var check = Comparison(subject: .aggregate, place: closing.place)
            check.equal(closing.round, index + 1, "the round is out of order")
            let updates = record.updates.filter { $0.round == closing.round }
            check.equal(closing.updates, updates.count, "the round counts other updates than were accepted")
            check.equal(
                closing.rows, updates.reduce(0) { $0 + $1.rows }, "the round weighs other rows than were accepted")
            if let mean = mean(of: updates) {
                check.equal(closing.contentHash, mean, "the aggregate is not the weighted mean of the round's updates")
            }
            if let stored = closing.storedHash {
                check.equal(stored, closing.contentHash, "the stored parameters are not those of the round")
            } else {
                check.fail("the round's parameters \(closing.contentHash) are in no store")
            }
            findings += check.findings
        }
        return findings
    }

    /// The content hash of the weighted mean; nil where an update's values are missing or malformed.
    private func mean(of updates: [JobRecord.Update]) -> Hash32? {
        var average = FederatedAverage(parameterCount: max(1, terms.parameterCount))
        for update in updates {
            guard let values = update.values, (try? average.add(values, rows: update.rows)) != nil else { return nil }
        }
        return (try? average.result()).map { keccak256(FixedPoint.bytes($0)) }
    }

    private func settlement() -> [Finding] {
        guard let paid = record.settlement else { return [] }
        var check = Comparison(subject: .payment, place: paid.place)
        let expected = PaymentTable(terms, outcome(paid))
        let found = PaymentTable(paid.payments)
        for party in Set(expected.parties + found.parties).sorted() {
            for kind in PaymentKind.allCases {
                let (should, did) = (expected.amount(party, kind), found.amount(party, kind))
                if should != did {
                    var place = paid.place
                    place.party = party
                    var wrong = Comparison(subject: .payment, place: place)
                    wrong.equal(did, should, "the \(kind) payment is wrong")
                    wrong.findings.forEach { check.add($0) }
                }
            }
        }
        let stakes =
            terms.holderStake &* U256(record.joins.count)
            &+ (record.acceptance == nil ? .zero : terms.aggregatorStake)
        check.equal(found.total, record.creation.escrow &+ stakes, "the payments do not sum to escrow and stakes")
        for (party, gain) in (paid.gains ?? [:]).sorted(by: { $0.key < $1.key }) where !paid.credited.contains(party) {
            var place = paid.place
            place.party = party
            var wrong = Comparison(subject: .payment, place: place)
            wrong.equal(gain, found.amount(party), "the balance did not grow by what was paid")
            wrong.findings.forEach { check.add($0) }
        }
        return check.findings
    }

    private func outcome(_ paid: JobRecord.Settlement) -> JobOutcome {
        let open = record.closings.count + (paid.failure == nil ? 0 : 1)
        let inLast = record.updates.filter { $0.round == open }
        let end: JobOutcome.End
        if paid.failure == nil {
            end = .finished
        } else if record.start == nil {
            end = .notStarted
        } else if inLast.count < terms.minHolders {
            end = .tooFewUpdates
        } else {
            end = terms.rule == .byContentHash ? .noAggregate : .notClosed
        }
        return JobOutcome(
            end: end, initiator: record.creation.initiator, modelOwner: paid.modelOwner,
            holders: record.joins.map { join in
                JobOutcome.Holder(
                    address: join.holder, rows: join.rows,
                    updates: record.updates.count { $0.holder == join.holder },
                    inLastRound: inLast.contains { $0.holder == join.holder })
            }, aggregatorAccepted: record.acceptance != nil,
            aggregated: record.closings.count { $0.sender == terms.aggregator })
    }
}
