import Contracts
package import Bytes
package import Ledger

/// What a data holder does in one job, as a pure value.
package struct HolderRole: Role {
    /// All that a data holder decides from, read at one block.
    package struct View: Hashable, Sendable {
        package var job: JobView
        /// The holder's own data set on chain, if it committed one.
        package var dataID: UInt64?
        package var revoked: Bool
        /// The holder's update of the round that takes updates was accepted.
        package var submitted: Bool
        /// A transaction of this account is handed in and not mined yet (it may be this role's, from before a crash).
        package var transactionWaits: Bool

        package init(job: JobView, dataID: UInt64?, revoked: Bool, submitted: Bool, transactionWaits: Bool) {
            (self.job, self.dataID, self.revoked) = (job, dataID, revoked)
            (self.submitted, self.transactionWaits) = (submitted, transactionWaits)
        }
    }

    package enum Action: Hashable, Sendable {
        /// Put root, row count and schema of the data on chain.
        case commitData
        /// Join with stake and salt.
        case join(dataID: UInt64)
        /// Train from the parameters on chain and hand in the update of this round.
        case train(round: Int)
        /// Ask for payment; anybody may.
        case settle
    }

    private let me: Address
    private let rows: Int
    private var horizon = Horizon()

    /// - Parameters:
    ///   - me: the account that holds the data.
    ///   - rows: how many rows it holds.
    package init(me: Address, rows: Int) { (self.me, self.rows) = (me, rows) }

    package mutating func done(_ action: Action, in block: UInt64) { horizon.reach(block) }

    package mutating func next(_ view: View) -> Step<Action> {
        let job = view.job
        guard horizon.isShown(by: job.block), !view.transactionWaits else { return .wait(until: nil) }
        let isMember = job.holders.contains(me)
        if isMember, job.canSettle { return .act([.settle]) }
        switch job.phase {
        case .open:
            if isMember { return .wait(until: job.nextChange) }
            if let refusal = refusal(of: job) { return .stop(.ended(refusal)) }
            guard let dataID = view.dataID else { return .act([.commitData]) }
            return view.revoked ? .stop(.ended(revoked(dataID))) : .act([.join(dataID: dataID)])
        case .running:
            if !isMember { return .stop(.ended("job \(job.id) started without \(me)")) }
            if view.revoked, let dataID = view.dataID { return .stop(.ended(revoked(dataID))) }
            if view.submitted || job.now > job.deadline { return .wait(until: job.nextChange) }
            return .act([.train(round: job.round)])
        case .trained: return .stop(.ended("job \(job.id) is over"))
        case .finished: return .stop(.finished)
        case .failed: return .stop(.ended(job.failure))
        }
    }

    private func revoked(_ dataID: UInt64) -> String { "data set \(dataID) is revoked; it takes no part in jobs" }

    /// Why this account cannot join, or nil where it can.
    private func refusal(of job: JobView) -> String? {
        if !job.terms.allows(me) { return "job \(job.id) admits only named holders, and \(me) is none of them" }
        if job.now > job.terms.joinDeadline { return "the deadline for joining job \(job.id) has passed" }
        if job.holders.count >= job.terms.maxHolders { return "job \(job.id) is full (\(job.terms.maxHolders))" }
        if job.rows + rows > job.terms.maxRows {
            return "job \(job.id) pays for \(job.terms.maxRows) rows; \(job.rows) are taken and \(rows) do not fit"
        }
        return nil
    }
}

extension HolderRole.Action: CustomStringConvertible {
    /// What was done, for whoever watches.
    package var description: String {
        switch self {
        case .commitData: "committed to the data"
        case .join(let dataID): "joined with data set \(dataID)"
        case .train(let round): "round \(round): trained and sent the update"
        case .settle: "asked for payment"
        }
    }
}
