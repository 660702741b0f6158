import EVMTools
import Testing

@Suite struct StateTestFixtureTests {
    /// Every official state test passes.
    @Test func officialStateTestsPass() throws {
        guard let path = SharedFixtures.path("ethereum/state_tests.tar.xz") else { return }
        var runner = StateTestRunner()
        try runner.run(path: path)
        for failure in runner.report.failures.prefix(20) { Issue.record("\(failure.name): \(failure.reason)") }
        #expect(runner.report.failed == 0)
        #expect(runner.report.unsupported == [])
        #expect(runner.report.passed == 16057)
    }
}
