import EVMTools
import Testing

@Suite struct BlockTestFixtureTests {
    /// Every official block import test from Byzantium on passes, or needs a precompile that is named.
    @Test func officialBlockTestsPass() throws {
        guard let path = SharedFixtures.path("ethereum/blockchain_tests.tar.xz") else { return }
        var runner = BlockTestRunner()
        try runner.run(path: path)
        for failure in runner.report.failures.prefix(20) { Issue.record("\(failure.name): \(failure.reason)") }
        #expect(runner.report.failed == 0)
        #expect(runner.report.passed + runner.report.unsupported.count == 7288)
    }
}
