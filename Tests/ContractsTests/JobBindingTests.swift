import Bytes
import Contracts
import Crypto
import Devchain
import Ethereum
import Ledger
import Testing

/// The typed bindings through the life of a job on the embedded chain: calls, views, events, calldata read back.
@Suite("Job bindings")
struct JobBindingTests {
    private let rig: TestChain
    private var jobs: TrainingJobs { rig.contracts.jobs }
    private var initiator: TransactionSender { rig.senders[0] }
    private var holders: ArraySlice<TransactionSender> { rig.senders[1...3] }
    private var aggregator: TransactionSender { rig.senders[4] }
    private let rows = [10, 20, 30]

    init() async throws {
        rig = try await TestChain(wallets: 6)
        let program = keccak256(utf8: "program")
        let model = rig.contracts.models.registerModel(
            name: "digits", program: program, seed: keccak256(utf8: "seed"), parameters: [])
        _ = try await rig.senders[0].send(model)
    }

    private func terms(allowed: [Address] = []) -> JobTerms {
        JobTerms(
            modelID: ModelRegistry.id(of: "digits"), program: keccak256(utf8: "program"),
            optimiser: keccak256(utf8: "sgd"), seed: keccak256(utf8: "job"), parameterCount: 3, scaleBits: 20,
            rule: .inContract, rounds: 1, localEpochs: 5, minHolders: 2, maxHolders: 3, maxRows: 100,
            joinDeadline: TestChain.start + 3600, roundSeconds: 600, alpha: 7, computeReward: 1001,
            aggregatorReward: 503, modelReward: 9001, holderStake: 5000, aggregatorStake: 8000,
            aggregator: aggregator.address, allowedHolders: allowed)
    }

    /// int32 values as they travel.
    private static func packed(_ values: [Int32]) -> [UInt8] {
        values.flatMap { value in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) } }
    }

    /// Posts the job, commits each holder's data and lets it join.
    private func open() async throws -> UInt64 {
        let initial = Self.packed([4, -5, 6])
        let terms = terms(allowed: holders.map(\.address))
        let escrow = try #require(terms.escrow)
        // 7 * 100 + 1001 * 1 * 3 + 503 * 1 + 9001
        #expect(escrow == 13_207)
        #expect(
            await rig.refusal(jobs.createJob(terms, initialParameters: initial, escrow: escrow &- 1), by: initiator)
                == "escrow is short")
        let call = jobs.createJob(terms, initialParameters: initial, escrow: escrow)
        let read = try #require(TrainingJobs.created(by: call.data))
        #expect(read.terms == terms && read.initialParameters == initial)
        let receipt = try await initiator.send(call)
        let created = try #require(try TrainingJobs.JobCreated.all(in: receipt, of: jobs.address).first)
        #expect(created.specHash == terms.hash && created.contentHash == keccak256(initial))
        #expect(created.initiator == initiator.address && created.escrow == escrow)
        #expect(try await jobs.terms(created.job) == terms)
        for (place, holder) in holders.enumerated() {
            let data = rig.contracts.data.commitData(
                root: keccak256(utf8: "root \(place)"), rows: rows[place], schema: .zero)
            #expect(DataRegistry.committed(by: data.data)?.rows == rows[place])
            _ = try await holder.send(data)
            let join = jobs.join(
                created.job, dataID: UInt64(place + 1), salt: keccak256(utf8: "salt \(place)"), stake: 5000)
            let joined = try TrainingJobs.Joined.all(in: try await holder.send(join), of: jobs.address)
            #expect(joined.map(\.rows) == [rows[place]])
        }
        return created.job
    }

    @Test("a job runs from its posting to its payment")
    func life() async throws {
        let job = try await open()
        #expect(await rig.refusal(jobs.start(job), by: initiator) == "aggregation was not accepted")
        _ = try await aggregator.send(jobs.acceptAggregation(job, stake: 8000))
        let started = try TrainingJobs.JobStarted.all(in: try await initiator.send(jobs.start(job)), of: jobs.address)
        var seed = keccak256(U256(job).bytes + keccak256(utf8: "job").bytes)
        for place in 0..<3 { seed = keccak256(seed.bytes + keccak256(utf8: "salt \(place)").bytes) }
        #expect(started.map(\.seed) == [seed])
        let updates: [[Int32]] = [[1, 2, -3], [40, 50, -60], [1 << 30, -(1 << 30), 0]]
        for (place, holder) in holders.enumerated() {
            let call = jobs.submitUpdate(job, round: 1, update: Self.packed(updates[place]))
            #expect(
                TrainingJobs.update(in: call.data) == .whole(job: job, round: 1, bytes: Self.packed(updates[place])))
            _ = try await holder.send(call)
            #expect(await rig.refusal(call, by: holder) == "already submitted")
            #expect(try await jobs.holder(job, holder.address).updates == 1)
        }
        let closed = try await aggregator.send(jobs.closeRound(job))
        // floor((sum n v + 30) / 60) with n = 10, 20, 30.
        let mean = (0..<3).map { place -> Int32 in
            var sum = 30
            for (n, update) in zip(rows, updates) { sum += n * Int(update[place]) }
            return Int32((Double(sum) / 60).rounded(.down))
        }
        #expect(try await jobs.parameters(job) == Self.packed(mean))
        let round = try #require(try TrainingJobs.RoundClosed.all(in: closed, of: jobs.address).first)
        #expect(round.contentHash == keccak256(Self.packed(mean)) && round.updates == 3 && round.rows == 60)
        let settled = try await initiator.send(jobs.settle(job))
        let paid = try TrainingJobs.Paid.all(in: settled, of: jobs.address)
        let total = paid.reduce(U256.zero) { $0 &+ $1.amount }
        // The escrow and four stakes.
        #expect(total == 36_207)
        #expect(paid.filter { $0.kind == 0 }.map(\.amount) == [70, 140, 210])
        #expect(try await jobs.job(job).state == 4)
        #expect(await rig.refusal(jobs.settle(job), by: initiator) == "job is settled")
        let accepted = try await jobs.events(TrainingJobs.UpdateAccepted.self, topics: [.topic(job)])
        #expect(accepted.map(\.event.holder) == holders.map(\.address))
    }

    @Test("a round without enough updates fails the job, and the absent lose their stakes")
    func starved() async throws {
        let job = try await open()
        _ = try await aggregator.send(jobs.acceptAggregation(job, stake: 8000))
        _ = try await initiator.send(jobs.start(job))
        let first = try #require(holders.first)
        _ = try await first.send(jobs.submitUpdate(job, round: 1, update: Self.packed([1, 2, 3])))
        #expect(await rig.refusal(jobs.settle(job), by: initiator) == "job is not over")
        rig.clock.advance(by: 700)
        _ = try await rig.chain.mine()
        let late = jobs.submitUpdate(job, round: 1, update: Self.packed([1, 2, 3]))
        #expect(await rig.refusal(late, by: rig.senders[2]) == "round is over")
        let settled = try await rig.senders[5].send(jobs.settle(job))
        #expect(try TrainingJobs.JobFailed.all(in: settled, of: jobs.address).map(\.reason) == ["too few updates"])
        let paid = try TrainingJobs.Paid.all(in: settled, of: jobs.address)
        #expect(paid.first { $0.kind == 6 }?.amount == 10_000)
        #expect(paid.first { $0.kind == 6 }?.party == initiator.address)
    }

    @Test(
        "updates that are refused say why",
        arguments: [
            ([0, 0], 1, "update has the wrong length"), ([0, 0, 1 << 30 + 1], 1, "value out of range"),
            ([0, 0, 0], 2, "round has not begun"), ([0, 0, 0], 0, "round is over"),
        ] as [([Int32], Int, String)])
    func refusals(values: [Int32], round: Int, reason: String) async throws {
        let job = try await open()
        _ = try await aggregator.send(jobs.acceptAggregation(job, stake: 8000))
        _ = try await initiator.send(jobs.start(job))
        let call = jobs.submitUpdate(job, round: round, update: Self.packed(values))
        #expect(await rig.refusal(call, by: rig.senders[1]) == reason)
        #expect(await rig.refusal(call, by: rig.senders[5]) == "not a member")
    }

    @Test("an address without the contract is named, not believed")
    func strangeAddress() async throws {
        let nowhere = TrainingJobs(at: aggregator.address, on: rig.chain)
        await #expect(throws: ChainError.self) { try await nowhere.job(1) }
        let wrong = TrainingJobs(at: rig.contracts.data.address, on: rig.chain)
        await #expect(throws: ChainError.self) { try await wrong.job(1) }
    }
}
