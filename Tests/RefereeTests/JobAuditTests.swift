import Contracts
import Bytes
import Crypto
import Federation
import Referee
import Testing
import Training

@Suite("Audit of one job's record")
struct JobAuditTests {
    static let (initiator, aggregator) = (Address(number: 1), Address(number: 2))
    static let holders = (0..<3).map { Address(number: 10 + UInt64($0)) }

    static let terms = JobTerms(
        modelID: .zero, program: .zero, optimiser: .zero, seed: Hash32(1, 2, 3, 4), parameterCount: 2, scaleBits: 20,
        rule: .inContract, rounds: 2, localEpochs: 1, minHolders: 2, maxHolders: 3, maxRows: 100, joinDeadline: 2_000,
        roundSeconds: 100, alpha: 3, computeReward: 5, aggregatorReward: 7, modelReward: 11, holderStake: 13,
        aggregatorStake: 17, aggregator: aggregator, allowedHolders: holders)

    static let data = Dictionary(
        uniqueKeysWithValues: holders.indices.map { index in
            let record = DataRecord(
                place: Finding.Place(block: 1, transactionIndex: 0), sender: holders[index], id: UInt64(index + 1),
                holder: holders[index], root: .zero, rows: 20 + index, schema: .zero)
            return (record.id, record)
        })

    /// A job in which everything is as it should be.
    static func record() throws -> JobRecord {
        let initial: [Int32] = [100, -100]
        let hash = keccak256(FixedPoint.bytes(initial))
        let escrow = try #require(terms.escrow)
        var record = JobRecord(
            id: 1,
            creation: JobRecord.Creation(
                place: Finding.Place(block: 2, job: 1), sender: initiator, value: escrow, terms: terms,
                storedTerms: terms, initiator: initiator, escrow: escrow, contentHash: hash, initial: initial,
                initialHash: hash))
        for (index, holder) in holders.enumerated() {
            record.joins.append(
                JobRecord.Join(
                    place: Finding.Place(block: UInt64(3 + index), job: 1, party: holder), sender: holder, value: 13,
                    holder: holder, dataID: UInt64(index + 1), rows: 20 + index, salt: Hash32(0, 0, 0, UInt64(index))))
        }
        record.acceptance = Finding.Place(block: 6)
        let seed = JobSeed.seed(job: 1, seed: terms.seed, salts: record.joins.map(\.salt))
        record.start = (Finding.Place(block: 7), seed, 1_100)
        for round in 1...2 {
            var average = FederatedAverage(parameterCount: 2)
            for (index, holder) in holders.enumerated() {
                let values: [Int32] = [Int32(round * 10 + index), Int32(-7 * index - round)]
                let hash = keccak256(FixedPoint.bytes(values))
                try average.add(values, rows: 20 + index)
                record.updates.append(
                    JobRecord.Update(
                        place: Finding.Place(block: UInt64(4 + 4 * round + index), job: 1, round: round, party: holder),
                        sender: holder, round: round, holder: holder, contentHash: hash, rows: 20 + index,
                        calledRound: round, time: UInt64(1_000 + 10 * round), values: values, bytesHash: hash))
            }
            let mean = keccak256(FixedPoint.bytes(try average.result()))
            record.closings.append(
                JobRecord.Closing(
                    place: Finding.Place(block: UInt64(7 + 4 * round), job: 1, round: round), sender: aggregator,
                    round: round, contentHash: mean, updates: 3, rows: 63, time: UInt64(1_005 + 10 * round),
                    storedHash: mean))
        }
        let table = PaymentTable(
            terms,
            JobOutcome(
                end: .finished, initiator: initiator, modelOwner: initiator,
                holders: holders.indices.map {
                    JobOutcome.Holder(address: holders[$0], rows: 20 + $0, updates: 2, inLastRound: true)
                }, aggregatorAccepted: true, aggregated: 2))
        record.settlement = JobRecord.Settlement(
            place: Finding.Place(block: 16, job: 1), failure: nil, modelOwner: initiator, payments: table.payments,
            gains: Dictionary(uniqueKeysWithValues: table.parties.map { ($0, table.amount($0)) }), credited: [])
        return record
    }

    static func audit(_ record: JobRecord, data: [UInt64: DataRecord] = data) -> [Finding] {
        JobAudit(record: record, data: data, expectedInitial: [100, -100]).findings()
    }

    @Test("nothing is wrong with a job that kept the rules")
    func sound() throws { #expect(Self.audit(try Self.record()).map(\.description) == []) }

    struct Alteration: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout JobRecord) -> Void
        init(_ expected: String, _ change: @escaping @Sendable (inout JobRecord) -> Void) {
            (testDescription, self.change) = (expected, change)
        }
    }

    static let alterations: [Alteration] = [
        Alteration("block 2, job 1: the job's initiator did not send it") { $0.creation.sender = .zero },
        Alteration("block 2, job 1: the wei sent are not what the terms ask for") { $0.creation.value -= 1 },
        Alteration("block 2, job 1: the stored terms are not those") { $0.creation.storedTerms.rounds = 3 },
        Alteration(
            "block 2, job 1: the initial parameters are not those of the model's seed; the first that differs is number 1"
        ) {
            $0.creation.initial = [100, -101]
        },
        Alteration("block 2, job 1: the initial parameters do not hash") { $0.creation.initialHash = .zero },
        Alteration("are in no store") { $0.creation.initialHash = nil },
        Alteration("block 4, job 1, party \(holders[1]): the stake is not the job's (expected 13, found 12)") {
            $0.joins[1].value = 12
        },
        Alteration("block 5, job 1, party \(holders[2]): the rows are not those of data set 3") {
            $0.joins[2].rows = 99
        },
        Alteration("block 3, job 1, party \(holders[0]): data set 9 was never committed") { $0.joins[0].dataID = 9 },
        Alteration("block 7: the job's seed does not follow") { $0.joins[1].salt = Hash32(9, 9, 9, 9) },
        Alteration("block 9, job 1, round 1, party \(holders[1]): the holder did not send the update") {
            $0.updates[1].sender = .zero
        },
        Alteration("block 14, job 1, round 2, party \(holders[2]): the update's bytes do not hash") {
            $0.updates[5].bytesHash = .zero
        },
        Alteration("block 13, job 1, round 2, party \(holders[1]): the update's bytes") {
            $0.updates[4].bytesHash = nil
        },
        Alteration("block 8, job 1, round 1, party \(holders[0]): the update came late") { $0.updates[0].time = 1_101 },
        Alteration("block 8, job 1, round 1, party \(holders[0]): the update was sent for another round") {
            $0.updates[0].calledRound = 2
        },
        Alteration("block 12, job 1, round 2, party \(holders[0]): the update has 1 values") {
            $0.updates[3].values = [1]
        },
        Alteration("block 12, job 1, round 2, party \(holders[0]): value -2147483648 of parameter 1 is out of range") {
            $0.updates[3].values = [1, .min]
        },
        Alteration("block 11, job 1, round 1: the aggregate is not the weighted mean") {
            $0.updates[1].values = [0, 0]
        },
        Alteration("block 15, job 1, round 2: the aggregate is not the weighted mean") {
            $0.closings[1].contentHash = .zero
        },
        Alteration("block 15, job 1, round 2: the stored parameters are not those of the round") {
            $0.closings[1].storedHash = .zero
        },
        Alteration("block 11, job 1, round 1: the round counts other updates") { $0.closings[0].updates = 2 },
        Alteration("block 16, job 1, party \(holders[0]): the data payment is wrong (expected 60, found 59)") {
            $0.settlement?.payments[0].amount -= 1
        },
        Alteration("block 16, job 1: the payments do not sum to escrow and stakes") {
            $0.settlement?.payments.removeLast()
        },
        Alteration("block 16, job 1, party \(holders[2]): the balance did not grow") {
            $0.settlement?.gains?[JobAuditTests.holders[2]] = 5
        },
    ]

    @Test("one altered fact is named with its block, round and party", arguments: alterations)
    func altered(_ alteration: Alteration) throws {
        var record = try Self.record()
        alteration.change(&record)
        let found = Self.audit(record).map(\.description)
        #expect(found.contains { $0.contains(alteration.testDescription) }, "\(found)")
    }

    @Test("a second update, an update of a stranger, and data revoked before joining")
    func strangers() throws {
        var record = try Self.record()
        record.updates.append(record.updates[0])
        #expect(Self.audit(record).contains { $0.message == "the holder has more than one update in the round" })
        record = try Self.record()
        record.updates[0].holder = Address(number: 99)
        record.updates[0].sender = Address(number: 99)
        #expect(Self.audit(record).contains { $0.message == "the update is from a non-member" })
        var data = Self.data
        data[2]?.revocation = Finding.Place(block: 3, transactionIndex: 0)
        #expect(
            Self.audit(try Self.record(), data: data).map(\.description)
                == ["block 4, job 1, party \(Self.holders[1]): data set 2 was revoked before"])
    }
}
