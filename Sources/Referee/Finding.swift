package import Bytes

/// One thing that is not as it should be, and exactly where.
package struct Finding: Hashable, Sendable {
    /// What kind of thing it is about.
    package enum Subject: String, Hashable, Sendable {
        case block, transaction, receipt, data, job, seed, parameters, update, aggregate, payment, version, inference
        case fee, blob
    }

    /// Where on the chain, and whose doing.
    package struct Place: Hashable, Sendable {
        package var block: UInt64?
        package var transactionIndex: Int?
        package var transaction: Hash32?
        package var job: UInt64?
        package var round: Int?
        package var request: UInt64?
        package var party: Address?

        package init(
            block: UInt64? = nil, transactionIndex: Int? = nil, transaction: Hash32? = nil, job: UInt64? = nil,
            round: Int? = nil, request: UInt64? = nil, party: Address? = nil
        ) {
            (self.block, self.transactionIndex, self.transaction) = (block, transactionIndex, transaction)
            (self.job, self.round, self.request, self.party) = (job, round, request, party)
        }

        /// This place, with what it leaves open taken from another one.
        package func filled(from other: Place?) -> Place {
            Place(
                block: block ?? other?.block, transactionIndex: transactionIndex ?? other?.transactionIndex,
                transaction: transaction ?? other?.transaction, job: job ?? other?.job, round: round ?? other?.round,
                request: request ?? other?.request, party: party ?? other?.party)
        }
    }

    package var subject: Subject
    package var place: Place
    /// What is wrong, in words.
    package var message: String
    package var expected: String
    package var found: String

    package init(_ subject: Subject, at place: Place, _ message: String, expected: String = "", found: String = "") {
        (self.subject, self.place, self.message) = (subject, place, message)
        (self.expected, self.found) = (expected, found)
    }
}

extension Finding.Place: CustomStringConvertible {
    package var description: String {
        var parts = [String]()
        if let block { parts.append("block \(block)") }
        if let transactionIndex { parts.append("transaction \(transactionIndex)") }
        if let job { parts.append("job \(job)") }
        if let round { parts.append("round \(round)") }
        if let request { parts.append("request \(request)") }
        if let party { parts.append("party \(party)") }
        return parts.joined(separator: ", ")
    }
}

extension Finding: CustomStringConvertible {
    package var description: String {
        var text = place.description
        text += (text.isEmpty ? "" : ": ") + message
        if !expected.isEmpty || !found.isEmpty { text += " (expected \(expected), found \(found))" }
        return text
    }
}
