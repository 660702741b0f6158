package import Bytes

/// What a payment of a request is for; the numbers are the contract's.
package enum FeeKind: UInt8, Hashable, Sendable, CustomStringConvertible {
    /// The model owner's share.
    case owner = 0
    /// An agreeing server's part.
    case server = 1
    /// What is left, to the consumer.
    case refund = 2
    /// The bonds of servers that did not show their answer, to the consumer.
    case forfeit = 3

    package var description: String {
        switch self {
        case .owner: "owner"
        case .server: "server"
        case .refund: "refund"
        case .forfeit: "forfeit"
        }
    }
}

/// One payment of a decided request.
package struct FeePayment: Hashable, Sendable {
    package var party: Address
    package var kind: FeeKind
    /// Wei.
    package var amount: U256

    package init(party: Address, kind: FeeKind, amount: U256) {
        (self.party, self.kind, self.amount) = (party, kind, amount)
    }
}

/// How a request is decided and its fee split: the contract's rule, computed again.
package struct FeeTable: Hashable, Sendable {
    /// What one server did.
    package struct Answer: Hashable, Sendable {
        package var server: Address
        /// The content hash of what it showed; nil where it showed nothing.
        package var resultHash: Hash32?

        package init(server: Address, resultHash: Hash32?) { (self.server, self.resultHash) = (server, resultHash) }
    }

    /// What a strict majority of the wanted servers showed; nil where there is none.
    package let winner: Hash32?
    /// Nothing of zero wei; in the order of the contract's events.
    package let payments: [FeePayment]

    /// - Precondition: `ownerShareBps` is at most 10,000, and `fee` below 2^128.
    package init(
        fee: U256, ownerShareBps: Int, owner: Address, consumer: Address, wanted: Int, answers: [Answer]
    ) {
        let counts = answers.reduce(into: [Hash32: Int]()) { if let hash = $1.resultHash { $0[hash, default: 0] += 1 } }
        let winner = counts.first { $0.value * 2 > wanted }
        var payments = [FeePayment]()
        func note(_ party: Address, _ kind: FeeKind, _ amount: U256) {
            if !amount.isZero { payments.append(FeePayment(party: party, kind: kind, amount: amount)) }
        }
        var (rest, forfeit, each) = (fee, U256.zero, U256.zero)
        if let winner {
            let share = fee &* U256(ownerShareBps) / 10_000
            each = (fee &- share) / U256(winner.value)
            rest = rest &- share
            note(owner, .owner, share)
        }
        for answer in answers {
            guard let hash = answer.resultHash else {
                forfeit = forfeit &+ fee
                continue
            }
            if hash == winner?.key {
                rest = rest &- each
                note(answer.server, .server, each)
            }
        }
        note(consumer, .refund, rest)
        note(consumer, .forfeit, forfeit)
        (self.winner, self.payments) = (winner?.key, payments)
    }

    /// All that is paid out: the fee, and what was forfeited.
    package var total: U256 { payments.reduce(.zero) { $0 &+ $1.amount } }
}

extension FeePayment: CustomStringConvertible {
    package var description: String { "\(amount) wei to \(party) (\(kind))" }
}
