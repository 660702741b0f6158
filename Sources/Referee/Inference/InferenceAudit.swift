import Bytes
import Crypto
import Serving

/// Checks one request's record against the rules: conditions, commitments, answers, the result and the fee.
///
/// Pure: a record goes in, findings come out.
package struct InferenceAudit: Sendable {
    private let record: InferenceRecord
    private let expected: [UInt8]?

    /// - Parameters:
    ///   - record: what the chain tells of the request.
    ///   - expected: the canonical result, computed again from the version's parameters; nil where the program is
    ///     unknown.
    package init(record: InferenceRecord, expected: [UInt8]?) { (self.record, self.expected) = (record, expected) }

    package func findings() -> [Finding] { request() + record.answers.flatMap(answer) + decision() }

    private func request() -> [Finding] {
        let request = record.request
        var check = Comparison(subject: .inference, place: request.place)
        check.equal(request.consumer, request.sender, "the consumer did not send the request")
        check.equal(request.fee, request.value, "the fee is not the wei that were sent")
        if let version = record.deployedVersion {
            check.equal(request.version, version, "the version was not the deployed one")
        } else {
            check.fail("no version of the model was deployed")
        }
        return check.findings
    }

    private func answer(_ answer: InferenceRecord.Answer) -> [Finding] {
        var commit = Comparison(subject: .inference, place: answer.commitPlace)
        commit.equal(answer.server, answer.commitSender, "the server did not send the commitment")
        if !record.request.allowed.isEmpty, !record.request.allowed.contains(answer.server) {
            commit.fail("the server is not on the request's list")
        }
        guard let place = answer.revealPlace else { return commit.findings }
        var reveal = Comparison(subject: .inference, place: place)
        reveal.equal(answer.revealSender ?? .zero, answer.server, "the server did not send the answer")
        reveal.equal(answer.resultHash ?? .zero, keccak256(answer.result), "the answer does not hash to what was shown")
        let opened = ResultCommitment.hash(
            request: record.id, server: answer.server, salt: answer.salt, result: answer.result)
        reveal.equal(opened, answer.commitment, "the answer does not open the commitment")
        if let expected {
            reveal.equal(answer.result.hex, expected.hex, "the answer is not what the model gives")
        }
        return commit.findings + reveal.findings
    }

    private func decision() -> [Finding] {
        guard let decision = record.decision else { return [] }
        var check = Comparison(subject: .inference, place: decision.place)
        let table = FeeTable(
            fee: record.request.fee, ownerShareBps: decision.ownerShareBps, owner: decision.owner,
            consumer: record.request.consumer, wanted: record.request.wanted,
            answers: record.answers.map {
                FeeTable.Answer(server: $0.server, resultHash: $0.revealPlace == nil ? nil : keccak256($0.result))
            })
        check.equal(decision.resultHash ?? .zero, table.winner ?? .zero, "the result is not the majority's")
        if decision.resultHash != nil {
            check.equal(decision.stored.hex, decision.result.hex, "the stored result is not the delivered one")
            check.equal(
                keccak256(decision.result), decision.resultHash ?? .zero,
                "the result does not hash to what was delivered")
            if let expected { check.equal(decision.result.hex, expected.hex, "the result is not what the model gives") }
        }
        var fee = Comparison(subject: .fee, place: decision.place)
        fee.equal(
            decision.payments.map(\.description).joined(separator: ", "),
            table.payments.map(\.description).joined(separator: ", "), "the fee was split otherwise")
        return check.findings + fee.findings
    }
}
