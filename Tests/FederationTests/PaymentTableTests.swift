import Contracts
import Bytes
import Federation
import Testing

@Suite("Payments of a settled job")
struct PaymentTableTests {
    static let (initiator, owner) = (Address(number: 1), Address(number: 9))
    static let terms = {
        var terms = RoleSimulationTests.terms(rounds: 4)
        terms.alpha = 7
        return terms
    }()

    static func outcome(_ end: JobOutcome.End, updates: [Int], inLastRound: [Bool], aggregated: Int) -> JobOutcome {
        JobOutcome(
            end: end, initiator: initiator, modelOwner: owner,
            holders: updates.indices.map {
                JobOutcome.Holder(
                    address: RoleSimulationTests.holders[$0], rows: 31 + $0, updates: updates[$0],
                    inLastRound: inLastRound[$0])
            }, aggregatorAccepted: true, aggregated: aggregated)
    }

    @Test("a finished job: every number by hand")
    func finished() {
        let table = PaymentTable(
            Self.terms, Self.outcome(.finished, updates: [4, 3, 4], inLastRound: [true, false, true], aggregated: 4))
        let holders = RoleSimulationTests.holders
        #expect(table.amount(holders[0], .data) == 217)  // 7 * 31
        #expect(table.amount(holders[1], .data) == 168)  // floor(7 * 32 * 3 / 4)
        #expect(table.amount(holders[1], .compute) == 15)  // 5 * 3
        #expect(table.amount(holders[1], .stake) == 13)
        #expect(table.amount(RoleSimulationTests.aggregator, .aggregation) == 28)  // 7 * 4
        #expect(table.amount(Self.owner, .model) == 11)
        // Escrow 7 * 500 + 5 * 4 * 5 + 7 * 4 + 11 = 3639; spent 217 + 168 + 231 + 55 + 28 + 11 = 710.
        #expect(table.amount(Self.initiator, .refund) == 2_929)
        #expect(table.total == U256(3_639 + 3 * 13 + 17))
        #expect(table.parties.count == 6)
    }

    @Test("in every small world the payments sum to the escrow and the stakes")
    func sums() {
        let ends: [JobOutcome.End] = [.finished, .notStarted, .tooFewUpdates, .noAggregate, .notClosed]
        for end in ends {
            for code in 0..<(5 * 5 * 5 * 8) {
                let updates = [code % 5, code / 5 % 5, code / 25 % 5]
                let last = (0..<3).map { code / 125 >> $0 & 1 == 1 }
                let table = PaymentTable(
                    Self.terms, Self.outcome(end, updates: updates, inLastRound: last, aggregated: updates[0]))
                #expect(table.total == U256(3_639 + 3 * 13 + 17))
                let forfeited = end == .tooFewUpdates ? 13 * last.count { !$0 } : end == .noAggregate ? 17 : 0
                #expect(table.total(.forfeit) == U256(forfeited))
                #expect(table.payments.allSatisfy { !$0.amount.isZero })
            }
        }
    }

    @Test("a sum that leaves 256 bits is no escrow")
    func overflow() {
        var terms = Self.terms
        terms.alpha = .max
        #expect(terms.escrow == nil)
        terms.maxRows = 1
        terms.computeReward = 0
        terms.aggregatorReward = 0
        terms.modelReward = 0
        #expect(terms.escrow == .max)
        terms.modelReward = 1
        #expect(terms.escrow == nil)
    }
}
