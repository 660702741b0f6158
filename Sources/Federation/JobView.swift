package import Contracts
package import Bytes

/// A training job as the contract shows it at one block.
package struct JobView: Hashable, Sendable {
    /// Where a job stands; the numbers are the contract's.
    package enum Phase: UInt8, Sendable {
        /// Holders may join.
        case open = 1
        /// Rounds are being trained.
        case running = 2
        /// All rounds are closed; payment is due.
        case trained = 3
        /// Paid out after the last round.
        case finished = 4
        /// Died of a deadline; paid out and refunded.
        case failed = 5
    }

    /// The block this was read at.
    package var block: UInt64
    /// The time that a transaction sent now would be mined at (seconds since 1970).
    package var now: UInt64
    package var id: UInt64
    package var terms: JobTerms
    package var phase: Phase
    /// The round that takes updates, from 1; 0 before the start, `terms.rounds` after the last.
    package var round: Int
    /// When the round stops taking updates (seconds since 1970).
    package var deadline: UInt64
    /// Updates accepted in the round.
    package var updates: Int
    /// The rows of all holders.
    package var rows: Int
    /// In the order in which they joined.
    package var holders: [Address]
    /// Whether the job's aggregator has accepted.
    package var aggregatorAccepted: Bool

    package init(
        block: UInt64, now: UInt64, id: UInt64, terms: JobTerms, phase: Phase, round: Int, deadline: UInt64,
        updates: Int, rows: Int, holders: [Address], aggregatorAccepted: Bool
    ) {
        (self.block, self.now, self.id, self.terms) = (block, now, id, terms)
        (self.phase, self.round, self.deadline) = (phase, round, deadline)
        (self.updates, self.rows, self.holders) = (updates, rows, holders)
        self.aggregatorAccepted = aggregatorAccepted
    }

    /// Whether an aggregator has accepted, or none is asked for.
    package var isManned: Bool { aggregatorAccepted || terms.aggregator.isZero }

    /// Whether `start` succeeds now.
    package var canStart: Bool {
        phase == .open && isManned && holders.count >= terms.minHolders
            && (holders.count == terms.maxHolders || now > terms.joinDeadline) && !isStale
    }

    /// Whether it is too late to start: a day after the deadline for joining.
    package var isStale: Bool { phase == .open && now > terms.joinDeadline + TrainingJobs.grace }

    /// Whether the round can be closed now by whoever may: everyone is in or the deadline is past, and enough are in.
    package var canClose: Bool {
        phase == .running && updates >= terms.minHolders && (updates == holders.count || now > deadline)
            && !isAbandoned
    }

    /// Whether the time to post the round's aggregate, or to close the round, is over.
    package var isAbandoned: Bool { phase == .running && now > deadline + aggregateSeconds }

    private var aggregateSeconds: UInt64 {
        switch terms.rule {
        case .inContract: TrainingJobs.grace
        case .byContentHash: terms.roundSeconds
        }
    }

    /// Whether `settle` succeeds now, because all is done or because a deadline killed the job.
    package var canSettle: Bool {
        switch phase {
        case .open: now > terms.joinDeadline && (holders.count < terms.minHolders || !isManned || isStale)
        case .running: now > deadline && (updates < terms.minHolders || isAbandoned)
        case .trained: true
        case .finished, .failed: false
        }
    }

    /// The next time at which something changes without anybody acting; nil where nothing does.
    package var nextChange: UInt64? {
        switch phase {
        case .open:
            if now <= terms.joinDeadline {
                terms.joinDeadline + 1
            } else {
                isStale ? nil : terms.joinDeadline + TrainingJobs.grace + 1
            }
        case .running:
            if now <= deadline {
                deadline + 1
            } else {
                isAbandoned ? nil : deadline + aggregateSeconds + 1
            }
        case .trained, .finished, .failed: nil
        }
    }

    /// What to tell a party of a job that failed.
    package var failure: String { "job \(id) failed; what was accepted is paid, the rest is refunded" }
}
