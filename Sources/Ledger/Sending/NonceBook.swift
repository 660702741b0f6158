/// Which nonces of one account are taken, for many transactions in flight.
///
/// A nonce is taken when a transaction is signed for it. It comes back when the node refuses the transaction, and is
/// then the next to be given out, so that no gap stays below the transactions behind it.
struct NonceBook: Sendable {
    /// Nil until the node has been asked, and after an answer that leaves doubt.
    private(set) var next: UInt64?
    /// Handed out and not yet known to be mined.
    private(set) var taken: Set<UInt64> = []

    /// Learns the node's count of the account's transactions, waiting ones included.
    mutating func learn(pending: UInt64) { next = pending }

    /// Forgets what the node said; `taken` stays.
    mutating func doubt() { next = nil }

    /// Takes the lowest free nonce.
    ///
    /// - Precondition: `next` is known.
    mutating func take() -> UInt64 {
        guard var nonce = next else { preconditionFailure("take() before learn(pending:)") }
        while taken.contains(nonce) { nonce += 1 }
        taken.insert(nonce)
        next = nonce + 1
        return nonce
    }

    /// Gives a nonce back whose transaction was refused; true where others wait behind the gap it leaves.
    mutating func giveBack(_ nonce: UInt64) -> Bool {
        taken.remove(nonce)
        if let known = next { next = min(known, nonce) }
        return taken.contains { $0 > nonce }
    }

    /// The transaction with this nonce is mined.
    mutating func settle(_ nonce: UInt64) {
        taken.remove(nonce)
        if let known = next { next = max(known, nonce + 1) }
    }
}
