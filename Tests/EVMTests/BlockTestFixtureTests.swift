import EVMTools
import Testing

@Suite struct BlockTestFixtureTests {
    /// Every official block import test from Byzantium on passes; before, receipts carry a state root each.
    @Test func officialBlockTestsPass() throws {
        guard let path = SharedFixtures.path("ethereum/blockchain_tests.tar.xz") else { return }
        var runner = BlockTestRunner()
        try runner.run(path: path)
        for failure in runner.report.failures.prefix(20) { Issue.record("\(failure.name): \(failure.reason)") }
        #expect(runner.report.failed == 0)
        #expect(runner.report.passed == 7204)
        #expect(runner.report.unsupported.count == 84)
        #expect(runner.report.unsupported.allSatisfy { $0.contains("Frontier") || $0.contains("Homestead") })
    }
}
