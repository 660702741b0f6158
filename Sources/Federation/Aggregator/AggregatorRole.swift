import Contracts
package import Bytes
package import Ledger

/// What an aggregator does in one job, as a pure value.
package struct AggregatorRole: Role {
    /// All that an aggregator decides from, read at one block.
    package struct View: Hashable, Sendable {
        package var job: JobView
        /// A transaction of this account is handed in and not mined yet.
        package var transactionWaits: Bool

        package init(job: JobView, transactionWaits: Bool) {
            (self.job, self.transactionWaits) = (job, transactionWaits)
        }
    }

    package enum Action: Hashable, Sendable {
        /// Take the job on, with stake.
        case accept
        /// Start the rounds; anybody may once enough have joined.
        case start
        /// Let the contract close the round.
        case close(round: Int)
        /// Compute the weighted mean from the stored updates, store it and post its content hash.
        case aggregate(round: Int)
        /// Ask for payment; anybody may.
        case settle
    }

    private let me: Address
    private var horizon = Horizon()

    /// - Parameter me: the account that the job names as its aggregator.
    package init(me: Address) { self.me = me }

    package mutating func done(_ action: Action, in block: UInt64) { horizon.reach(block) }

    package mutating func next(_ view: View) -> Step<Action> {
        let job = view.job
        guard horizon.isShown(by: job.block), !view.transactionWaits else { return .wait(until: nil) }
        guard job.terms.aggregator == me else {
            return .stop(.ended("job \(job.id) names \(job.terms.aggregator) as its aggregator, not \(me)"))
        }
        if job.canSettle { return .act([.settle]) }
        switch job.phase {
        case .open:
            if !job.aggregatorAccepted, job.now <= job.terms.joinDeadline { return .act([.accept]) }
            return job.canStart ? .act([.start]) : .wait(until: job.nextChange)
        case .running:
            guard job.canClose else { return .wait(until: job.nextChange) }
            switch job.terms.rule {
            case .inContract: return .act([.close(round: job.round)])
            case .byContentHash: return .act([.aggregate(round: job.round)])
            }
        case .trained: return .wait(until: nil)
        case .finished: return .stop(.finished)
        case .failed: return .stop(.ended(job.failure))
        }
    }
}

extension AggregatorRole.Action: CustomStringConvertible {
    /// What was done, for whoever watches.
    package var description: String {
        switch self {
        case .accept: "accepted the aggregation"
        case .start: "started the rounds"
        case .close(let round): "round \(round): closed, the contract averaged"
        case .aggregate(let round): "round \(round): averaged and posted the content hash"
        case .settle: "asked for payment"
        }
    }
}
