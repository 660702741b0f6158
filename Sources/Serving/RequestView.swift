package import Bytes

/// A request for inference as the contract shows it at one block.
package struct RequestView: Hashable, Sendable {
    package enum Status: UInt8, Sendable {
        case open, delivered, failed
    }

    package var id: UInt64
    package var modelID: Hash32
    package var version: Int
    package var consumer: Address
    package var input: [UInt8]
    package var status: Status
    /// How many servers the consumer wants.
    package var wanted: Int
    /// The servers the consumer admits; empty means any.
    package var allowed: [Address]
    /// Seconds since 1970.
    package var commitDeadline: UInt64
    package var revealDeadline: UInt64
    /// Who committed, in order, and whether they revealed.
    package var answers: [AnswerView]

    package init(
        id: UInt64, modelID: Hash32, version: Int, consumer: Address, input: [UInt8], status: Status, wanted: Int,
        allowed: [Address], commitDeadline: UInt64, revealDeadline: UInt64, answers: [AnswerView]
    ) {
        (self.id, self.modelID, self.version, self.consumer) = (id, modelID, version, consumer)
        (self.input, self.status, self.wanted, self.allowed) = (input, status, wanted, allowed)
        (self.commitDeadline, self.revealDeadline) = (commitDeadline, revealDeadline)
        self.answers = answers
    }

    /// The answer of this server, or nil.
    package func answer(of server: Address) -> AnswerView? { answers.first { $0.server == server } }

    /// Whether answers may be shown: all are committed, or the time for committing is past.
    package func revealing(at now: UInt64) -> Bool { answers.count == wanted || now > commitDeadline }

    /// Whether the result can be decided: no more can commit, and all that did have shown theirs or the time is past.
    package func decidable(at now: UInt64) -> Bool {
        revealing(at: now) && (answers.allSatisfy(\.revealed) || now > revealDeadline)
    }
}

/// One server's answer to a request.
package struct AnswerView: Hashable, Sendable {
    package var server: Address
    package var commitment: Hash32
    package var revealed: Bool

    package init(server: Address, commitment: Hash32, revealed: Bool) {
        (self.server, self.commitment, self.revealed) = (server, commitment, revealed)
    }
}
