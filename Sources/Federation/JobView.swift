package import Bytes

/// A training job as the contract shows it at one block.
package struct JobView: Hashable, Sendable {
    /// Where a job stands.
    package enum Phase: UInt8, Sendable {
        /// Holders may join.
        case open
        /// Rounds are being trained.
        case running
        /// All rounds are closed; payment is due.
        case finished
        /// It died of a deadline; payment and refunds are due.
        case failed
        /// Paid out after the last round.
        case settled
        /// Paid out after a failure.
        case settledFailed
    }

    /// The block this was read at, and its time.
    package var block: UInt64
    package var now: UInt64
    package var id: UInt64
    package var terms: JobTerms
    package var phase: Phase
    /// The round being trained, from 1; `terms.rounds + 1` once all are closed, 0 before the start.
    package var round: Int
    /// When the round being trained ends (seconds since 1970).
    package var roundDeadline: UInt64
    /// In the order in which they joined.
    package var holders: [HolderView]
    package var aggregatorAccepted: Bool

    package init(
        block: UInt64, now: UInt64, id: UInt64, terms: JobTerms, phase: Phase, round: Int, roundDeadline: UInt64,
        holders: [HolderView], aggregatorAccepted: Bool
    ) {
        (self.block, self.now, self.id, self.terms) = (block, now, id, terms)
        (self.phase, self.round, self.roundDeadline) = (phase, round, roundDeadline)
        (self.holders, self.aggregatorAccepted) = (holders, aggregatorAccepted)
    }

    /// The holder of this address, or nil.
    package func holder(_ address: Address) -> HolderView? { holders.first { $0.address == address } }

    /// The rows of all holders.
    package var rows: Int { holders.reduce(0) { $0 + $1.rows } }

    /// How many holders handed in an update for the round being trained.
    package var submitted: Int { holders.count { $0.submittedRound == round } }

    /// Whether `start` succeeds now.
    package var canStart: Bool {
        phase == .open && aggregatorAccepted && holders.count >= terms.minHolders
            && (holders.count == terms.maxHolders || now > terms.joinDeadline)
    }

    /// Whether nobody can bring this job to a start any more.
    package var cannotStart: Bool {
        phase == .open && now > terms.joinDeadline && (holders.count < terms.minHolders || !aggregatorAccepted)
    }

    /// Whether the round being trained can be closed now: everyone is in, or the deadline is past.
    package var canClose: Bool {
        phase == .running && (submitted == holders.count || now > roundDeadline)
    }
}

/// A member of a job.
package struct HolderView: Hashable, Sendable {
    package var address: Address
    package var dataID: UInt64
    package var rows: Int
    package var salt: Hash32
    /// The newest round for which an update was accepted; 0 for none.
    package var submittedRound: Int
    /// How many updates were accepted.
    package var accepted: Int

    package init(address: Address, dataID: UInt64, rows: Int, salt: Hash32, submittedRound: Int, accepted: Int) {
        (self.address, self.dataID, self.rows, self.salt) = (address, dataID, rows, salt)
        (self.submittedRound, self.accepted) = (submittedRound, accepted)
    }
}
