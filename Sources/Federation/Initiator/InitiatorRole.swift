package import Contracts
package import Bytes
package import Ledger

/// What an initiator does for one model and one job, as a pure value.
package struct InitiatorRole: Role {
    /// All that an initiator decides from, read at one block.
    package struct View: Hashable, Sendable {
        package var block: UInt64
        package var now: UInt64
        /// Who owns the model's name, if anybody does.
        package var owner: Address?
        /// How many versions the model has.
        package var versions: Int
        /// The newest version came from this job.
        package var adopted: Bool
        /// The newest version is the deployed one.
        package var deployed: Bool
        /// The job with exactly these terms that this account posted.
        package var job: JobView?
        /// Wei.
        package var balance: U256
        /// A transaction of this account is handed in and not mined yet.
        package var transactionWaits: Bool

        package init(
            block: UInt64, now: UInt64, owner: Address?, versions: Int, adopted: Bool, deployed: Bool, job: JobView?,
            balance: U256, transactionWaits: Bool
        ) {
            (self.block, self.now, self.owner, self.versions) = (block, now, owner, versions)
            (self.adopted, self.deployed, self.job) = (adopted, deployed, job)
            (self.balance, self.transactionWaits) = (balance, transactionWaits)
        }
    }

    package enum Action: Hashable, Sendable {
        /// Register the model with the parameters that its seed gives.
        case register
        /// Post the job and lock exactly this much wei.
        case post(escrow: U256)
        /// Start the rounds; anybody may once enough have joined.
        case start
        /// Close a round whose deadline is past; anybody may.
        case close(round: Int)
        /// Ask for payment; anybody may.
        case settle
        /// Take the job's parameters as the model's next version.
        case adopt
        /// Deploy the newest version.
        case deploy
    }

    private let me: Address
    private let terms: JobTerms
    private let deploys: Bool
    private var horizon = Horizon()

    /// - Parameters:
    ///   - me: the account that owns the model and pays.
    ///   - terms: the job's.
    ///   - deploys: whether the trained model is deployed at the end.
    package init(me: Address, terms: JobTerms, deploys: Bool) {
        (self.me, self.terms, self.deploys) = (me, terms, deploys)
    }

    package mutating func done(_ action: Action, in block: UInt64) { horizon.reach(block) }

    package mutating func next(_ view: View) -> Step<Action> {
        guard horizon.isShown(by: view.block), !view.transactionWaits else { return .wait(until: nil) }
        guard let owner = view.owner else { return .act([.register]) }
        guard owner == me else { return .stop(.ended("the model's name belongs to \(owner); choose another name")) }
        guard let job = view.job else { return post(view) }
        if job.canSettle { return .act([.settle]) }
        switch job.phase {
        case .open: return job.canStart ? .act([.start]) : .wait(until: job.nextChange)
        case .running:
            let mayClose = terms.rule == .inContract && (job.now > job.deadline || terms.aggregator.isZero)
            return job.canClose && mayClose ? .act([.close(round: job.round)]) : .wait(until: job.nextChange)
        case .trained: return .wait(until: nil)
        case .failed: return .stop(.ended(job.failure))
        case .finished:
            if !view.adopted { return .act([.adopt]) }
            return !deploys || view.deployed ? .stop(.finished) : .act([.deploy])
        }
    }

    private func post(_ view: View) -> Step<Action> {
        guard let escrow = terms.escrow else { return .stop(.ended("the job's rewards do not fit into 256 bits")) }
        if terms.joinDeadline < view.now {
            return .stop(.ended("the deadline for joining lies in the past; post the job with a later one"))
        }
        if view.balance < escrow {
            return .stop(.ended("the job needs \(escrow) wei in escrow, and \(me) has \(view.balance); fund it first"))
        }
        return .act([.post(escrow: escrow)])
    }
}

extension InitiatorRole.Action: CustomStringConvertible {
    /// What was done, for whoever watches.
    package var description: String {
        switch self {
        case .register: "registered the model"
        case .post(let escrow): "posted the job with \(escrow) wei in escrow"
        case .start: "started the rounds"
        case .close(let round): "round \(round): closed, the contract averaged"
        case .settle: "asked for payment"
        case .adopt: "took the job's result as the model's next version"
        case .deploy: "deployed the newest version"
        }
    }
}
