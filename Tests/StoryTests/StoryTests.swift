import Bytes
import Federation
import Foundation
import JSON
import Referee
import Story
import Synchronization
import Testing

@Suite("The whole story", .serialized)
struct StoryTests {
    static func directory() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("cairn-story-\(UUID().uuidString)").path
    }

    static func small(_ directory: String, seed: UInt64 = 1, threads: Int = 1, port: UInt16? = nil)
        -> StoryConfiguration
    {
        StoryConfiguration(directory: directory, port: port, seed: seed, rounds: 2, localEpochs: 2, threads: threads)
    }

    @Test("told over HTTP with two rounds, everything comes out as it must")
    func small() async throws {
        let directory = Self.directory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let said = Mutex<[String]>([])
        let summary = try await Story.run(Self.small(directory, port: 0)) { event in
            switch event {
            case .step(let number, let title): said.withLock { $0.append("\(number) \(title)") }
            case .line(let text): said.withLock { $0.append("  \(text)") }
            case .round(let round, _, let accuracy): said.withLock { $0.append("  round \(round): \(accuracy)") }
            case .progress, .payments: break
            }
        }
        print(said.withLock { $0.joined(separator: "\n") })
        #expect(summary.verification.findings.map(\.description) == [])
        #expect(summary.payments.isExact)
        #expect(summary.payments.paid == summary.payments.escrow)
        #expect(summary.tampering.detected)
        #expect(summary.succeeded)
        #expect(summary.modelHash == (try Rehearsal(Self.small(directory))).modelHash)
        #expect(summary.prediction.probabilities.count == 10)
        #expect(summary.curve.count == 3)
        let json = summary.json(report: nil)
        for key in [
            "accuracy", "centralAccuracy", "modelHash", "rounds", "escrowWei", "paidWei", "transactions", "gasUsed",
            "blocks", "bytes", "seconds", "tamperDetected", "report",
        ] { #expect(json[key] != nil, "\(key)") }
        print(json.text)
    }

    @Test("two threads, another time: the same model to the bit; another seed, another model")
    func reproducible() async throws {
        let directory = Self.directory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let one = try await Story.run(Self.small(directory))
        let two = try await Story.run(Self.small(directory, threads: 2))
        let other = try await Story.run(Self.small(directory, seed: 2))
        #expect(one.modelHash == two.modelHash)
        #expect(one.curve == two.curve)
        #expect(one.modelHash != other.modelHash)
    }
}
