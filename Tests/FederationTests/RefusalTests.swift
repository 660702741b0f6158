import Bytes
import Contracts
import Crypto
import Devchain
import Federation
import Ledger
import SmallWorld
import Testing
import Training

@Suite("What the contracts refuse, and what a party is told")
struct RefusalTests {
    /// A job of the small world that is running its first round.
    static func running(_ terms: JobTerms? = nil) async throws -> (world: SmallWorld, job: UInt64) {
        let world = try await SmallWorld()
        let job = try await world.post(terms ?? world.terms())
        try await world.aggregator(job: job).shell.step()
        for index in world.holders.indices {
            for _ in 0..<2 { try await world.holder(index, job: job).shell.step() }
        }
        try await world.aggregator(job: job).shell.step()
        #expect(try await world.contracts.jobs.job(job).state == 2)
        return (world, job)
    }

    /// The message of the refusal, without the words that every revert begins with.
    static func refusal(
        _ sender: TransactionSender, _ call: ContractCall
    ) async -> String {
        do {
            _ = try await sender.send(call)
            return "accepted"
        } catch {
            let prefix = "execution reverted: "
            return error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
        }
    }

    @Test(
        "updates: wrong length, out of range, from a non-member, early, twice, late; the job goes on as if nothing was")
    func updates() async throws {
        let (world, job) = try await Self.running()
        let jobs = world.contracts.jobs
        let count = SmallWorld.model.parameterCount
        let good = FixedPoint.bytes([Int32](repeating: 1, count: count))
        let (member, stranger) = (world.holders[0], world.stranger)
        func told(_ sender: TransactionSender, _ bytes: [UInt8], round: Int = 1) async -> String {
            await Self.refusal(sender, jobs.submitUpdate(job, round: round, update: bytes))
        }
        #expect(await told(member, good.dropLast(4)) == "update has the wrong length")
        #expect(await told(member, good + [0]) == "update has the wrong length")
        var values = [Int32](repeating: 0, count: count)
        for bad in [(1 << 30) + 1, -(1 << 30) - 1, Int32.max, .min] as [Int32] {
            values[count - 1] = bad
            #expect(await told(member, FixedPoint.bytes(values)) == "value out of range")
        }
        #expect(await told(stranger, good) == "not a member")
        #expect(await told(member, good, round: 2) == "round has not begun")
        #expect(await told(member, good) == "accepted")
        #expect(await told(member, good) == "already submitted")
        world.wait(until: try await jobs.job(job).deadline + 1)
        #expect(await told(world.holders[1], good) == "round is over")
        #expect(try await jobs.job(job).updates == 1)
        #expect(await Self.refusal(world.aggregator, jobs.closeRound(job)) == "too few updates")
    }

    @Test("escrow short or long by a wei, a deadline in the past, a name that is another's")
    func posting() async throws {
        let world = try await SmallWorld()
        let terms = world.terms()
        try await world.initiator(terms).shell.step()
        let jobs = world.contracts.jobs
        let initial = FixedPoint.bytes([Int32](repeating: 0, count: terms.parameterCount))
        let escrow = try #require(terms.escrow)
        func told(_ terms: JobTerms, _ wei: U256) async -> String {
            await Self.refusal(world.initiator, jobs.createJob(terms, initialParameters: initial, escrow: wei))
        }
        #expect(await told(terms, escrow - 1) == "escrow is short")
        #expect(await told(terms, escrow + 1) == "escrow is too large")
        var late = terms
        late.joinDeadline = SmallWorld.start - 1
        #expect(await told(late, escrow) == "join deadline has passed")
        let registry = world.contracts.models
        let taken = registry.registerModel(name: "small", program: .zero, seed: .zero, parameters: initial)
        #expect(await Self.refusal(world.stranger, taken) == "name is taken")
        let adopt = registry.adoptJob(name: "small", jobs: jobs.address, job: 1)
        #expect(await Self.refusal(world.stranger, adopt) == "caller is not the model's owner")
        let other = Initiator(plan: world.plan(terms), reader: world.reader, sender: world.stranger)
        let step = try await other.shell.step()
        #expect(
            step == .stop(.ended("the model's name belongs to \(world.initiator.address); choose another name")))
    }

    @Test("joining: another's data, revoked data, the same data twice, the wrong stake, too late")
    func joining() async throws {
        let world = try await SmallWorld()
        let terms = world.terms()
        let job = try await world.post(terms)
        let jobs = world.contracts.jobs
        try await world.holder(0, job: job).shell.step()
        func told(_ sender: TransactionSender, data: UInt64, stake: U256? = nil) async -> String {
            let call = jobs.join(job, dataID: data, salt: .zero, stake: stake ?? terms.holderStake)
            return await Self.refusal(sender, call)
        }
        #expect(await told(world.holders[1], data: 1) == "not your data")
        #expect(await told(world.holders[0], data: 7) == "data set is unknown")
        #expect(await told(world.holders[0], data: 1, stake: terms.holderStake - 1) == "stake is wrong")
        // A copy of the same rows under another account does not earn twice.
        let root = try await world.contracts.data.dataSet(1)
        let copy = world.contracts.data.commitData(root: root.root, rows: root.rows, schema: root.schema)
        _ = try await world.holders[1].send(copy)
        try await world.holder(0, job: job).shell.step()
        #expect(await told(world.holders[1], data: 2) == "data is already in the job")
        #expect(await told(world.holders[0], data: 1) == "already joined")
        _ = try await world.holders[1].send(world.contracts.data.revokeData(2))
        #expect(await told(world.holders[1], data: 2) == "data was revoked")
        #expect(
            await Self.refusal(world.holders[2], world.contracts.data.revokeData(2)) == "not your data")
        world.clock.advance(by: 2_000)
        let step = try await world.holder(2, job: job).shell.step()
        #expect(step == .stop(.ended("the deadline for joining job 1 has passed")))
    }

    @Test("a job that nobody aggregates ends by itself, and everybody has every wei back but the fees")
    func refunds() async throws {
        let world = try await SmallWorld()
        let terms = world.terms()
        let before = try world.balances()
        let job = try await world.post(terms)
        for index in world.holders.indices {
            for _ in 0..<2 { try await world.holder(index, job: job).shell.step() }
        }
        #expect(try await world.initiator(terms).shell.step() == .wait(until: terms.joinDeadline + 1))
        world.clock.advance(by: 1_001)
        #expect(try await world.holder(1, job: job).shell.step() == .act([.settle]))
        let told = JobView.Phase.failed
        #expect(try await world.contracts.jobs.job(job).state == told.rawValue)
        #expect(
            try await world.initiator(terms).shell.step()
                == .stop(.ended("job 1 failed; what was accepted is paid, the rest is refunded")))
        let after = try world.balances()
        for sender in world.holders + [world.initiator] {
            let fees = try world.fees(of: sender.address)
            #expect(after[sender.address] == before[sender.address].map { $0 - fees })
        }
    }

    @Test("a holder that revokes stops; the others go on after the deadline, and it loses only its later rounds")
    func revoked() async throws {
        let (world, job) = try await Self.running()
        for index in world.holders.indices { try await world.holder(index, job: job).shell.step() }
        try await world.aggregator(job: job).shell.step()
        _ = try await world.holders[2].send(world.contracts.data.revokeData(3))
        let step = try await world.holder(2, job: job).shell.step()
        #expect(step == .stop(.ended("data set 3 is revoked; it takes no part in jobs")))
        for index in 0..<2 { try await world.holder(index, job: job).shell.step() }
        let deadline = try await world.contracts.jobs.job(job).deadline
        #expect(try await world.aggregator(job: job).shell.step() == .wait(until: deadline + 1))
        world.wait(until: deadline + 1)
        #expect(try await world.aggregator(job: job).shell.step() == .act([.close(round: 2)]))
        #expect(try await world.aggregator(job: job).shell.step() == .act([.settle]))
        #expect(try await world.contracts.jobs.holder(job, world.holders[2].address).updates == 1)
        #expect(try await world.contracts.jobs.job(job).state == 4)
    }
}
