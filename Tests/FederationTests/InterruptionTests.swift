import Bytes
import Contracts
import Devchain
import Federation
import Foundation
import Ledger
import SmallWorld
import Testing
import Training

@Suite("Interruptions")
struct InterruptionTests {
    static func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-stop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory.path)
    }

    @Test("chain and parties stopped and started again after every step: the same result as without a stop")
    func everyStep() async throws {
        try await Self.withDirectory { directory in
            let (restart, job, terms) = try await Self.post(directory)
            var outcomes: [Int: Outcome] = [:]
            for _ in 0..<60 where outcomes.count < 5 {
                for party in 0..<5 {
                    if let outcome = try await Self.step(party, try restart(), job, terms) { outcomes[party] = outcome }
                }
            }
            #expect(outcomes.count == 5)
            #expect(outcomes.values.allSatisfy { $0 == .finished })
            let world = try restart()
            let expected = try await JobOnChainTests.rehearsal(world, job: job, terms: terms)
            #expect(try await world.contracts.models.parameters(terms.modelID, 2) == FixedPoint.bytes(expected))
            let updates = try await world.contracts.jobs.events(TrainingJobs.UpdateAccepted.self)
            #expect(updates.count == 3)
        }
    }

    /// Posts a job of one round and lets go of the world.
    private static func post(
        _ directory: String
    ) async throws -> (restart: () throws -> SmallWorld, job: UInt64, terms: JobTerms) {
        let world = try await SmallWorld(path: directory + "/chain.sqlite")
        let terms = world.terms(rounds: 1)
        let job = try await world.post(terms)
        await world.chain.close()
        return (world.restart(), job, terms)
    }

    /// One step of one party in a world that is closed afterwards; its outcome where it stopped.
    private static func step(
        _ party: Int, _ world: SmallWorld, _ job: UInt64, _ terms: JobTerms
    ) async throws -> Outcome? {
        var outcome: Outcome?
        switch party {
        case 0: if case .stop(let end) = try await world.initiator(terms).shell.step() { outcome = end }
        case 1: if case .stop(let end) = try await world.aggregator(job: job).shell.step() { outcome = end }
        default: if case .stop(let end) = try await world.holder(party - 2, job: job).shell.step() { outcome = end }
        }
        await world.chain.close()
        return outcome
    }

    @Test("a party that dies with its transaction handed in waits for it when it is back, and sends nothing twice")
    func inFlight() async throws {
        let (world, job) = try await RefusalTests.running()
        try await world.chain.setMining(.manual)
        let dying = Task { try await world.holder(0, job: job).shell.step() }
        while try await !world.chain.transactionWaits(of: world.holders[0].address) {
            try await Task.sleep(for: .milliseconds(5))
        }
        dying.cancel()
        await #expect(throws: ChainError.self) { try await dying.value }
        let revived = world.holder(0, job: job)
        #expect(try await revived.shell.step() == .wait(until: nil))
        #expect(try await revived.shell.step() == .wait(until: nil))
        _ = try await world.chain.mine()
        let step = try await revived.shell.step()
        let deadline = try await world.contracts.jobs.job(job).deadline
        #expect(step == .wait(until: deadline + 1))
        #expect(try await world.contracts.jobs.job(job).updates == 1)
        let address = world.holders[0].address
        let sent = try await world.contracts.jobs.events(
            TrainingJobs.UpdateAccepted.self, topics: [nil, nil, .topic(address)])
        #expect(sent.count == 1)
    }
}
