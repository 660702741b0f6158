import HTTP
import Testing

@Suite("What connections may hold and take")
struct BudgetTests {
    @Test("a budget is never overdrawn, and what is given back can be had again")
    func budget() {
        let budget = ByteBudget(10)
        let taken = [budget.reserve(6), budget.reserve(5), budget.reserve(4), budget.reserve(1)]
        #expect(taken == [true, false, true, false])
        budget.release(4)
        let again = [budget.reserve(4), budget.reserve(1)]
        #expect(again == [true, false])
    }

    @Test("a load counts what it is charged, and forgets at a twentieth of real time")
    func load() {
        let load = ConnectionLoad()
        #expect(load.recent == 0)
        #expect(load.served == 0)
        for _ in 0..<3 { load.charge(1_000_000_000_000) }
        #expect(load.served == 3)
        #expect(load.recent <= 3_000_000_000_000)
        #expect(load.recent > 2_000_000_000_000)
        #expect(load.charging { 7 } == 7)
        #expect(load.served == 4)
        #expect(load.charge(beyondFree: 999_999) == 0)
        #expect(load.charge(beyondFree: 1_000_000) == 1_000_000)
        #expect(load.served == 6)
    }

    @Test("answers beyond the budget are refused, small ones never")
    func answers() async throws {
        try await withServer({ $0.answerBudget = 80_000 }) { _, url in
            let client = HTTPClient()
            // The last two show that what was taken is given back.
            for (count, status) in [(90_000, 503), (60_000, 200), (70_000, 200), (70_000, 200)] {
                let answer = try await client.send(
                    HTTPClient.Request(method: "POST", url: url + "/echo", body: [UInt8](repeating: 1, count: count)))
                #expect(answer.status == status)
            }
        }
    }
}
