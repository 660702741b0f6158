import Bytes
import Testing
import Training

@Suite struct FederatedBenchmarkTests {
    @Test func benchmarkLearnsAndRepeats() throws {
        let clock = ContinuousClock()
        let start = clock.now
        func seconds() -> Double {
            let parts = (clock.now - start).components
            return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        }
        let one = try FederatedBenchmark(rounds: 50, clock: seconds)
        print("50 rounds of 10 clients: \(one.seconds) s, accuracy \(one.accuracy)")
        #expect(one.accuracy >= 0.88)
        let two = try FederatedBenchmark(rounds: 50, threads: 2, clock: seconds)
        #expect(one.parameterHash == two.parameterHash)
    }
}
