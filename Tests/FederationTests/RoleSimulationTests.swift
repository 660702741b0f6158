import Contracts
import Bytes
import Federation
import Ledger
import Testing

@Suite("Roles in a simulated world")
struct RoleSimulationTests {
    static let initiator = Address(number: 1)
    static let aggregator = Address(number: 2)
    static let holders = (0..<5).map { Address(number: 10 + UInt64($0)) }

    static func terms(rounds: Int = 4, rule: JobTerms.Rule = .inContract) -> JobTerms {
        JobTerms(
            modelID: .zero, program: .zero, optimiser: .zero, seed: .zero, parameterCount: 3, scaleBits: 20, rule: rule,
            rounds: rounds, localEpochs: 1, minHolders: 3, maxHolders: 5, maxRows: 500, joinDeadline: 2_000,
            roundSeconds: 100, alpha: 3, computeReward: 5, aggregatorReward: 7, modelReward: 11, holderStake: 13,
            aggregatorStake: 17, aggregator: aggregator, allowedHolders: [])
    }

    /// Everyone's state, and the world they share.
    struct Play {
        var world: SimulatedJob
        var initiator: InitiatorRole
        var aggregator: AggregatorRole
        var holders: [Address: HolderRole]
        var outcomes: [Address: Outcome] = [:]

        init(_ terms: JobTerms) {
            world = SimulatedJob(terms: terms)
            initiator = InitiatorRole(me: RoleSimulationTests.initiator, terms: terms, deploys: true)
            aggregator = AggregatorRole(me: RoleSimulationTests.aggregator)
            holders = [:]
            for holder in RoleSimulationTests.holders { holders[holder] = HolderRole(me: holder, rows: 100) }
        }

        /// Lets one party look at `seen` (perhaps an old copy of the world) and act in the present one.
        ///
        /// - Returns: whether it acted.
        mutating func step(_ party: Address, seeing seen: SimulatedJob) throws(SimulatedJob.Refused) -> Bool {
            if party == RoleSimulationTests.initiator {
                let view = InitiatorRole.View(
                    block: seen.block, now: seen.now, owner: seen.owner, versions: seen.versions, adopted: seen.adopted,
                    deployed: seen.deployed, job: seen.view, balance: seen.balance, transactionWaits: false)
                return try act(initiator.next(view), party) { play, action throws(SimulatedJob.Refused) in
                    let block = try play.world.mine { world throws(SimulatedJob.Refused) in
                        try world.initiate(action, by: party)
                    }
                    play.initiator.done(action, in: block)
                }
            }
            guard let job = seen.view else { return false }
            if party == RoleSimulationTests.aggregator {
                let step = aggregator.next(AggregatorRole.View(job: job, transactionWaits: false))
                return try act(step, party) { play, action throws(SimulatedJob.Refused) in
                    let block = try play.world.mine { world throws(SimulatedJob.Refused) in
                        try world.aggregate(action)
                    }
                    play.aggregator.done(action, in: block)
                }
            }
            guard var role = holders[party] else { return false }
            let step = role.next(
                HolderRole.View(
                    job: job, dataID: seen.dataIDs[party], revoked: seen.revoked.contains(party),
                    submitted: seen.hasSubmitted(party), transactionWaits: false))
            return try act(step, party) { play, action throws(SimulatedJob.Refused) in
                let block = try play.world.mine { world throws(SimulatedJob.Refused) in
                    try world.hold(action, by: party, rows: 100)
                }
                play.holders[party]?.done(action, in: block)
            }
        }

        private mutating func act<A>(
            _ step: Step<A>, _ party: Address,
            _ perform: (inout Play, A) throws(SimulatedJob.Refused) -> Void
        ) throws(SimulatedJob.Refused) -> Bool {
            switch step {
            case .act(let actions):
                for action in actions { try perform(&self, action) }
                return true
            case .wait: return false
            case .stop(let outcome):
                outcomes[party] = outcome
                return false
            }
        }

        /// A process that died and came back: it remembers nothing.
        mutating func restart(_ party: Address) {
            if party == RoleSimulationTests.initiator {
                initiator = InitiatorRole(me: party, terms: world.terms, deploys: true)
            } else if party == RoleSimulationTests.aggregator {
                aggregator = AggregatorRole(me: party)
            } else {
                holders[party] = HolderRole(me: party, rows: 100)
            }
        }
    }

    static var everyone: [Address] { [initiator, aggregator] + holders }

    @Test("the whole job in any interleaving, with a crash before any step: nobody is ever refused", arguments: 0..<200)
    func interleavings(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var play = Play(Self.terms(rule: seed.isMultiple(of: 2) ? .inContract : .byContentHash))
        var steps = 0
        while play.outcomes.count < Self.everyone.count {
            steps += 1
            try #require(steps < 20_000)
            let party = Self.everyone[Int(random.next() % UInt64(Self.everyone.count))]
            if random.next() % 5 == 0 { play.restart(party) }
            if try !play.step(party, seeing: play.world), random.next() % 40 == 0 { play.world.now += 1 }
        }
        for party in Self.everyone { #expect(play.outcomes[party] == .finished) }
        #expect(play.world.accepted.values.reduce(0) { $0 + $1.count } == 20)
        #expect(play.world.versions == 2)
        #expect(play.world.deployed)
    }

    @Test("a node that lags behind makes nobody send anything twice", arguments: 0..<100)
    func lag(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var play = Play(Self.terms())
        var history = [play.world]
        var refused: Set<String> = []
        for _ in 0..<4_000 {
            let party = Self.everyone[Int(random.next() % UInt64(Self.everyone.count))]
            let seen = history[max(0, history.count - 1 - Int(random.next() % 4))]
            do {
                _ = try play.step(party, seeing: seen)
            } catch {
                refused.insert(error.reason)
            }
            if history.last?.block != play.world.block { history.append(play.world) }
        }
        // Another party may have been faster with what anybody may do; what is one's own is never repeated.
        #expect(refused.isSubset(of: ["cannot start", "cannot close", "cannot settle", "cannot join"]))
        #expect(play.world.accepted.values.reduce(0) { $0 + $1.count } == 20)
        #expect(play.world.job?.phase == .finished)
    }

    @Test("holders that vanish lose their rounds; too few fail the job, and everyone is told")
    func vanished() throws {
        for (gone, expected) in [(2, JobView.Phase.finished), (3, .failed)] {
            var play = Play(Self.terms())
            let absent = Set(Self.holders.prefix(gone))
            for _ in 0..<400 {
                for party in Self.everyone where !(absent.contains(party) && (play.world.job?.round ?? 0) >= 2) {
                    _ = try play.step(party, seeing: play.world)
                }
                play.world.now += 10
            }
            #expect(play.world.job?.phase == expected)
            let updates = gone == 2 ? 5 + 3 * 3 : 5 + 2
            #expect(play.world.accepted.values.reduce(0) { $0 + $1.count } == updates)
            let told = play.outcomes[Self.holders[4]]
            #expect(
                told
                    == (gone == 2 ? .finished : .ended("job 1 failed; what was accepted is paid, the rest is refunded"))
            )
        }
    }

    @Test("an aggregator that never comes, or too few holders: the escrow goes back after the deadline")
    func neverStarted() throws {
        for missing in [Set([Self.aggregator]), Set(Self.holders.prefix(3))] {
            var play = Play(Self.terms())
            for _ in 0..<200 {
                for party in Self.everyone where !missing.contains(party) {
                    _ = try play.step(party, seeing: play.world)
                }
                play.world.now += 10
            }
            #expect(play.world.job?.phase == .failed)
            #expect(
                play.outcomes[Self.initiator]
                    == .ended("job 1 failed; what was accepted is paid, the rest is refunded"))
        }
    }

    @Test("a job that nobody starts or closes is ended by the holders that wait for it")
    func left() {
        for (phase, deadline, last) in [
            (JobView.Phase.open, 0, 2_000 + 86_400), (.running, 2_100, 2_100 + 86_400),
        ] as [(JobView.Phase, UInt64, UInt64)] {
            var job = JobView(
                block: 5, now: last, id: 3, terms: Self.terms(), phase: phase, round: 1, deadline: deadline, updates: 3,
                rows: 300, holders: Self.holders, aggregatorAccepted: true)
            func told() -> Step<HolderRole.Action> {
                var role = HolderRole(me: Self.holders[0], rows: 100)
                return role.next(
                    HolderRole.View(job: job, dataID: 4, revoked: false, submitted: true, transactionWaits: false))
            }
            #expect(told() == .wait(until: last + 1))
            job.now += 1
            #expect(told() == .act([.settle]))
            #expect(!job.canStart && !job.canClose)
        }
    }

    @Test("who may not join is told why before a wei is spent")
    func refusals() {
        var terms = Self.terms()
        func told(_ change: (inout JobView) -> Void, _ me: Address = Self.holders[0]) -> Step<HolderRole.Action> {
            var job = JobView(
                block: 5, now: 1_000, id: 3, terms: terms, phase: .open, round: 0, deadline: 0, updates: 0, rows: 0,
                holders: [], aggregatorAccepted: true)
            change(&job)
            var role = HolderRole(me: me, rows: 100)
            return role.next(
                HolderRole.View(job: job, dataID: 4, revoked: false, submitted: false, transactionWaits: false))
        }
        let others = (0..<5).map { Address(number: 50 + $0) }
        #expect(told { _ in } == .act([.join(dataID: 4)]))
        #expect(told { $0.now = 2_001 } == .stop(.ended("the deadline for joining job 3 has passed")))
        #expect(told { $0.holders = others } == .stop(.ended("job 3 is full (5)")))
        terms.maxRows = 400
        #expect(
            told { $0.rows = 360 }
                == .stop(.ended("job 3 pays for 400 rows; 360 are taken and 100 do not fit")))
        terms.allowedHolders = [Self.holders[1]]
        #expect(
            told { _ in }
                == .stop(.ended("job 3 admits only named holders, and \(Self.holders[0]) is none of them")))
        #expect(told({ _ in }, Self.holders[1]) == .act([.join(dataID: 4)]))
    }

    @Test("an initiator without the wei, with a past deadline or another's name is told so")
    func initiatorRefusals() {
        let terms = Self.terms()
        var view = InitiatorRole.View(
            block: 1, now: 1_000, owner: Self.initiator, versions: 1, adopted: false, deployed: false, job: nil,
            balance: 1_638, transactionWaits: false)
        var role = InitiatorRole(me: Self.initiator, terms: terms, deploys: true)
        // 3 * 500 + 5 * 4 * 5 + 7 * 4 + 11
        #expect(terms.escrow == 1_639)
        #expect(
            role.next(view)
                == .stop(.ended("the job needs 1639 wei in escrow, and \(Self.initiator) has 1638; fund it first")))
        view.balance = 1_639
        #expect(role.next(view) == .act([.post(escrow: 1_639)]))
        view.now = 2_001
        #expect(
            role.next(view)
                == .stop(.ended("the deadline for joining lies in the past; post the job with a later one")))
        view.owner = Self.aggregator
        #expect(
            role.next(view)
                == .stop(.ended("the model's name belongs to \(Self.aggregator); choose another name")))
    }
}

/// A small seeded generator (Steele, Lea and Flood's SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
