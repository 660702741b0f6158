import Foundation
import JSON
import Story
import Testing

/// Whether the tests were built with optimisation.
private let isOptimised: Bool = {
    #if DEBUG
        false
    #else
        true
    #endif
}()

/// Twenty rounds take seconds in a release build and minutes in a debug one.
@Suite("The story at full length", .enabled(if: isOptimised, "skipped: only in release builds"))
struct FullStoryTests {
    @Test("federated accuracy over five seeds is at least 0.94, and within 0.03 of central training")
    func fiveSeeds() throws {
        let told = try (1...5).map { try Rehearsal(StoryConfiguration(directory: "", seed: $0)) }
        for one in told {
            print("seed \(one.seed): federated \(one.accuracy), central \(one.centralAccuracy), model \(one.modelHash)")
        }
        let federated = told.reduce(0) { $0 + $1.accuracy } / 5
        let central = told.reduce(0) { $0 + $1.centralAccuracy } / 5
        print("mean: federated \(federated), central \(central)")
        #expect(federated >= 0.94)
        #expect(abs(federated - central) <= 0.03)
    }

    @Test("twenty rounds on the chain give the rehearsal's model")
    func full() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let configuration = StoryConfiguration(directory: directory, port: 0)
        let summary = try await Story.run(configuration)
        print(summary.json(report: nil).text)
        #expect(summary.succeeded)
        #expect(summary.modelHash == (try Rehearsal(configuration)).modelHash)
    }
}
