import Bytes
import Crypto
import Referee
import Serving
import Testing

@Suite("Audit of one request's record")
struct InferenceAuditTests {
    static let (owner, consumer) = (Address(number: 1), Address(number: 2))
    static let servers = (0..<3).map { Address(number: 20 + UInt64($0)) }
    static let result: [UInt8] = [1, 2, 3, 4]

    static func answer(_ index: Int, result: [UInt8]) -> InferenceRecord.Answer {
        let (server, salt) = (servers[index], Hash32(0, 0, 0, UInt64(index + 1)))
        var answer = InferenceRecord.Answer(
            server: server, commitPlace: Finding.Place(block: UInt64(2 + index), request: 5, party: server),
            commitSender: server,
            commitment: ResultCommitment.hash(request: 5, server: server, salt: salt, result: result))
        answer.revealPlace = Finding.Place(block: UInt64(5 + index), request: 5, party: server)
        answer.revealSender = server
        answer.resultHash = keccak256(result)
        (answer.result, answer.salt) = (result, salt)
        return answer
    }

    /// A request in which everything is as it should be.
    static func record() -> InferenceRecord {
        var record = InferenceRecord(
            id: 5,
            request: InferenceRecord.Request(
                place: Finding.Place(block: 1, request: 5), sender: consumer, value: 1_000, modelID: .zero, version: 2,
                consumer: consumer, fee: 1_000, input: [9], wanted: 3, allowed: servers))
        record.deployedVersion = 2
        record.answers = (0..<3).map { answer($0, result: result) }
        let table = FeeTable(
            fee: 1_000, ownerShareBps: 1_000, owner: owner, consumer: consumer, wanted: 3,
            answers: servers.map { FeeTable.Answer(server: $0, resultHash: keccak256(result)) })
        record.decision = InferenceRecord.Decision(
            place: Finding.Place(block: 8, request: 5), resultHash: keccak256(result), result: result, stored: result,
            owner: owner, ownerShareBps: 1_000, payments: table.payments)
        return record
    }

    static func audit(_ record: InferenceRecord, expected: [UInt8]? = result) -> [String] {
        InferenceAudit(record: record, expected: expected).findings().map(\.description)
    }

    @Test("nothing is wrong with a request that kept the rules")
    func sound() { #expect(Self.audit(Self.record()) == []) }

    struct Alteration: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout InferenceRecord) -> Void
        init(_ expected: String, _ change: @escaping @Sendable (inout InferenceRecord) -> Void) {
            (testDescription, self.change) = (expected, change)
        }
    }

    static let alterations: [Alteration] = [
        Alteration("block 1, request 5: the consumer did not send the request") { $0.request.sender = .zero },
        Alteration("block 1, request 5: the fee is not the wei that were sent (expected 999, found 1000)") {
            $0.request.value = 999
        },
        Alteration("block 1, request 5: the version was not the deployed one (expected 1, found 2)") {
            $0.deployedVersion = 1
        },
        Alteration("block 1, request 5: no version of the model was deployed") { $0.deployedVersion = nil },
        Alteration("block 3, request 5, party \(servers[1]): the server is not on the request's list") {
            $0.request.allowed = [InferenceAuditTests.servers[0], InferenceAuditTests.servers[2]]
        },
        Alteration("block 4, request 5, party \(servers[2]): the server did not send the commitment") {
            $0.answers[2].commitSender = .zero
        },
        Alteration("block 5, request 5, party \(servers[0]): the answer does not open the commitment") {
            $0.answers[0].salt = .zero
        },
        Alteration("block 6, request 5, party \(servers[1]): the answer is not what the model gives") {
            $0.answers[1] = InferenceAuditTests.answer(1, result: [1, 2, 3, 5])
        },
        Alteration("block 8, request 5: the fee was split otherwise") {
            $0.answers[1] = InferenceAuditTests.answer(1, result: [1, 2, 3, 5])
        },
        Alteration("block 8, request 5: the result is not what the model gives") { record in
            record.decision?.result[0] = 7
        },
        Alteration("block 8, request 5: the stored result is not the delivered one") { $0.decision?.stored = [] },
        Alteration("block 8, request 5: the result is not the majority's") { record in
            record.answers = (0..<3).map { InferenceAuditTests.answer($0, result: [UInt8($0)]) }
        },
        Alteration("block 8, request 5: the fee was split otherwise") { $0.decision?.payments[1].amount -= 1 },
    ]

    @Test("one altered fact is named with its block, request and party", arguments: alterations)
    func altered(_ alteration: Alteration) {
        var record = Self.record()
        alteration.change(&record)
        let found = Self.audit(record)
        #expect(found.contains { $0.contains(alteration.testDescription) }, "\(found)")
    }

    @Test("a server that shows nothing is no finding, and its bond goes to the consumer")
    func silence() {
        var record = Self.record()
        record.answers[2].revealPlace = nil
        record.answers[2].resultHash = nil
        record.decision?.payments = [
            FeePayment(party: Self.owner, kind: .owner, amount: 100),
            FeePayment(party: Self.servers[0], kind: .server, amount: 450),
            FeePayment(party: Self.servers[1], kind: .server, amount: 450),
            FeePayment(party: Self.consumer, kind: .forfeit, amount: 1_000),
        ]
        #expect(Self.audit(record) == [])
    }
}
