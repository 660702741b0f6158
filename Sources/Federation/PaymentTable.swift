package import Contracts
package import Bytes

/// What a payment is for; the numbers are the contract's.
package enum PaymentKind: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    /// `alpha` for each row.
    case data = 0
    /// For each accepted update.
    case compute = 1
    /// For each round that the aggregator closed.
    case aggregation = 2
    /// To the owner of the model.
    case model = 3
    /// A stake that comes back.
    case stake = 4
    /// What was locked and not earned, back to the initiator.
    case refund = 5
    /// Stakes of those who broke a promise, to the initiator.
    case forfeit = 6

    package var description: String {
        switch self {
        case .data: "data"
        case .compute: "compute"
        case .aggregation: "aggregation"
        case .model: "model"
        case .stake: "stake"
        case .refund: "refund"
        case .forfeit: "forfeit"
        }
    }
}

/// One payment of a settled job.
package struct Payment: Hashable, Sendable {
    package var party: Address
    package var kind: PaymentKind
    /// Wei.
    package var amount: U256

    package init(party: Address, kind: PaymentKind, amount: U256) {
        (self.party, self.kind, self.amount) = (party, kind, amount)
    }
}

/// How a job came to its end, as far as money is concerned.
package struct JobOutcome: Hashable, Sendable {
    /// One holder's record at the end.
    package struct Holder: Hashable, Sendable {
        package var address: Address
        package var rows: Int
        /// How many updates were accepted.
        package var updates: Int
        /// Whether an update of the round that was open at the end was accepted.
        package var inLastRound: Bool

        package init(address: Address, rows: Int, updates: Int, inLastRound: Bool) {
            (self.address, self.rows) = (address, rows)
            (self.updates, self.inLastRound) = (updates, inLastRound)
        }
    }

    /// What the job ended with.
    package enum End: Hashable, Sendable {
        /// After the last round.
        case finished
        /// It never started.
        case notStarted
        /// A round got too few updates by its deadline.
        case tooFewUpdates
        /// The aggregator posted nothing in time.
        case noAggregate
        /// Nobody closed a round that the contract averages.
        case notClosed
    }

    package var end: End
    package var initiator: Address
    package var modelOwner: Address
    /// In the order in which they joined.
    package var holders: [Holder]
    /// Whether the aggregator had accepted, and how many rounds it closed itself.
    package var aggregatorAccepted: Bool
    package var aggregated: Int

    package init(
        end: End, initiator: Address, modelOwner: Address, holders: [Holder], aggregatorAccepted: Bool, aggregated: Int
    ) {
        (self.end, self.initiator, self.modelOwner, self.holders) = (end, initiator, modelOwner, holders)
        (self.aggregatorAccepted, self.aggregated) = (aggregatorAccepted, aggregated)
    }
}

/// Who is paid what when a job is settled: the contract's rule, computed again.
///
/// The amounts sum to the escrow and all stakes, to the wei.
package struct PaymentTable: Hashable, Sendable {
    /// Nothing of zero wei; in the order of the contract's events.
    package let payments: [Payment]

    /// - Precondition: the terms' escrow fits into 256 bits, as a job that was accepted has it.
    package init(_ terms: JobTerms, _ outcome: JobOutcome) {
        var payments = [Payment]()
        func note(_ party: Address, _ kind: PaymentKind, _ amount: U256) {
            if !amount.isZero { payments.append(Payment(party: party, kind: kind, amount: amount)) }
        }
        var (rest, forfeit) = (terms.escrow ?? .zero, U256.zero)
        for holder in outcome.holders {
            let data = terms.alpha &* U256(holder.rows) &* U256(holder.updates) / U256(terms.rounds)
            let compute = terms.computeReward &* U256(holder.updates)
            let forfeits = outcome.end == .tooFewUpdates && !holder.inLastRound
            rest = rest &- data &- compute
            if forfeits { forfeit = forfeit &+ terms.holderStake }
            note(holder.address, .data, data)
            note(holder.address, .compute, compute)
            note(holder.address, .stake, forfeits ? .zero : terms.holderStake)
        }
        if outcome.aggregatorAccepted {
            let reward = terms.aggregatorReward &* U256(outcome.aggregated)
            let forfeits = outcome.end == .noAggregate
            rest = rest &- reward
            if forfeits { forfeit = forfeit &+ terms.aggregatorStake }
            note(terms.aggregator, .aggregation, reward)
            note(terms.aggregator, .stake, forfeits ? .zero : terms.aggregatorStake)
        }
        if outcome.end == .finished {
            rest = rest &- terms.modelReward
            note(outcome.modelOwner, .model, terms.modelReward)
        }
        note(outcome.initiator, .refund, rest)
        note(outcome.initiator, .forfeit, forfeit)
        self.payments = payments
    }

    /// A table of payments that were read from a chain.
    package init(_ payments: [Payment]) { self.payments = payments }

    /// All that is paid out.
    package var total: U256 { payments.reduce(.zero) { $0 &+ $1.amount } }

    /// All that is paid for this.
    package func total(_ kind: PaymentKind) -> U256 {
        payments.reduce(.zero) { $1.kind == kind ? $0 &+ $1.amount : $0 }
    }

    /// All that this party gets for this; zero where nothing.
    package func amount(_ party: Address, _ kind: PaymentKind) -> U256 {
        payments.reduce(.zero) { $1.party == party && $1.kind == kind ? $0 &+ $1.amount : $0 }
    }

    /// All that this party gets.
    package func amount(_ party: Address) -> U256 {
        payments.reduce(.zero) { $1.party == party ? $0 &+ $1.amount : $0 }
    }

    /// Everyone who is paid, each once, in the order of the first payment.
    package var parties: [Address] {
        var seen = Set<Address>()
        return payments.map(\.party).filter { seen.insert($0).inserted }
    }
}
