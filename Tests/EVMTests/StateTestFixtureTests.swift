import EVMTools
import Testing

@Suite struct StateTestFixtureTests {
    /// Every official state test passes, or needs a precompile that is named.
    @Test func officialStateTestsPass() throws {
        guard let path = SharedFixtures.path("ethereum/state_tests.tar.xz") else { return }
        var runner = StateTestRunner()
        try runner.run(path: path)
        for failure in runner.report.failures.prefix(20) { Issue.record("\(failure.name): \(failure.reason)") }
        #expect(runner.report.failed == 0)
        #expect(runner.report.passed + runner.report.unsupported.count == 16057)
        #expect(runner.report.unsupported.allSatisfy { $0.contains("precompile 0x") })
    }
}
