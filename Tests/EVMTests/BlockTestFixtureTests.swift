import EVMTools
import Testing

@Suite struct BlockTestFixtureTests {
    /// Every official block import test passes.
    @Test func officialBlockTestsPass() throws {
        guard let path = SharedFixtures.path("ethereum/blockchain_tests.tar.xz") else { return }
        var runner = BlockTestRunner()
        try runner.run(path: path)
        for failure in runner.report.failures.prefix(20) { Issue.record("\(failure.name): \(failure.reason)") }
        #expect(runner.report.failed == 0)
        #expect(runner.report.passed == 7288)
        #expect(runner.report.unsupported.isEmpty)
    }
}
