import Contracts
import Bytes
import Federation

/// The rules of one training job as a value, for simulations: it refuses what the contract refuses.
struct SimulatedJob {
    struct Refused: Error, Hashable { let reason: String }

    var block: UInt64 = 1
    var now: UInt64 = 1_000
    var owner: Address?
    var versions = 0
    var adopted = false
    var deployed = false
    var balance: U256 = .max
    var job: JobView?
    var dataIDs: [Address: UInt64] = [:]
    var revoked: Set<Address> = []
    /// Accepted updates: the rounds of each holder.
    var accepted: [Address: [Int]] = [:]

    let terms: JobTerms

    init(terms: JobTerms) { self.terms = terms }

    /// What a node shows that lags `lag` blocks behind is an old copy; this one is the present.
    var view: JobView? {
        var view = job
        view?.block = block
        view?.now = now
        return view
    }

    func hasSubmitted(_ holder: Address) -> Bool {
        guard let job, let last = accepted[holder]?.last else { return false }
        return last == job.round
    }

    mutating func mine(_ change: (inout SimulatedJob) throws(Refused) -> Void) throws(Refused) -> UInt64 {
        var copy = self
        copy.block += 1
        copy.now += 1
        try change(&copy)
        self = copy
        return block
    }

    mutating func initiate(_ action: InitiatorRole.Action, by me: Address) throws(Refused) {
        switch action {
        case .register:
            try require(owner == nil, "name taken")
            (owner, versions) = (me, 1)
        case .post(let escrow):
            try require(job == nil && escrow == terms.escrow, "already posted, or wrong escrow")
            job = JobView(
                block: block, now: now, id: 1, terms: terms, phase: .open, round: 0, deadline: 0, updates: 0, rows: 0,
                holders: [], aggregatorAccepted: false)
        case .start: try start()
        case .close(let round):
            try require(now > job?.deadline ?? .max || terms.aggregator.isZero, "not the aggregator")
            try close(round)
        case .settle: try settle()
        case .adopt:
            try require(job?.phase == .finished && !adopted, "nothing to adopt")
            (versions, adopted) = (versions + 1, true)
        case .deploy:
            try require(adopted && !deployed, "nothing to deploy")
            deployed = true
        }
    }

    mutating func aggregate(_ action: AggregatorRole.Action) throws(Refused) {
        switch action {
        case .accept:
            try require(
                job?.phase == .open && job?.aggregatorAccepted == false && now <= terms.joinDeadline,
                "cannot accept")
            job?.aggregatorAccepted = true
        case .start: try start()
        case .close(let round), .aggregate(let round): try close(round)
        case .settle: try settle()
        }
    }

    mutating func hold(_ action: HolderRole.Action, by me: Address, rows: Int) throws(Refused) {
        switch action {
        case .commitData:
            try require(dataIDs[me] == nil, "committed twice")
            dataIDs[me] = UInt64(dataIDs.count + 1)
        case .join(let dataID):
            try require(dataIDs[me] == dataID && !revoked.contains(me), "not your data")
            guard let job, job.phase == .open, !job.holders.contains(me), now <= terms.joinDeadline else {
                throw Refused(reason: "cannot join")
            }
            try require(job.holders.count < terms.maxHolders, "full")
            self.job?.holders.append(me)
            self.job?.rows += rows
        case .train(let round):
            guard let job, job.phase == .running, job.holders.contains(me) else {
                throw Refused(reason: "not a member")
            }
            try require(job.round == round && now <= job.deadline, "late")
            try require(!hasSubmitted(me), "twice")
            self.job?.updates += 1
            accepted[me, default: []].append(round)
        case .settle: try settle()
        }
    }

    private mutating func start() throws(Refused) {
        try require(view?.canStart ?? false, "cannot start")
        job?.phase = .running
        job?.round = 1
        job?.deadline = now + terms.roundSeconds
    }

    private mutating func close(_ round: Int) throws(Refused) {
        guard let view, view.round == round, view.canClose else { throw Refused(reason: "cannot close") }
        if round == terms.rounds {
            job?.phase = .trained
        } else {
            job?.round = round + 1
            job?.updates = 0
            job?.deadline = now + terms.roundSeconds
        }
    }

    private mutating func settle() throws(Refused) {
        guard let view else { throw Refused(reason: "no job") }
        try require(view.canSettle, "cannot settle")
        job?.phase = view.phase == .trained ? .finished : .failed
    }

    private func require(_ condition: Bool, _ reason: String) throws(Refused) {
        if !condition { throw Refused(reason: reason) }
    }
}
