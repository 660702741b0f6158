import Bytes
import Contracts
import Crypto
import Devchain
import Federation
import Foundation
import Ledger
import SmallWorld
import Storage
import Testing
import Training

@Suite("Jobs whose parameters live beside the chain")
struct LargeJobTests {
    static func withWorld(_ body: (SmallWorld) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cairn-large-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(try await SmallWorld(blobs: directory.path))
    }

    @Test(
        "by content hash, with everybody restarted before every step, the result is the one of the contract's own mean")
    func sameResult() async throws {
        try await Self.withWorld { world in
            let terms = world.terms(rule: .byContentHash)
            let (job, outcomes) = try await world.run(terms)
            #expect(outcomes.values.allSatisfy { $0 == .finished })
            let expected = try await JobOnChainTests.rehearsal(world, job: job, terms: terms)
            let version = try await world.contracts.models.version(terms.modelID, 2)
            #expect(version.contentHash == FixedPoint.hash(expected))
            #expect(!version.isWhole)
            let blobs = try #require(world.blobs)
            #expect(try blobs.get(version.contentHash) == FixedPoint.bytes(expected))
        }
    }

    @Test("a missing update, a damaged one and a missing store are named")
    func missing() async throws {
        try await Self.withWorld { world in
            let terms = world.terms(rule: .byContentHash)
            let job = try await world.post(terms)
            let blobs = try #require(world.blobs)
            try await world.aggregator(job: job).shell.step()
            for index in world.holders.indices {
                for _ in 0..<2 { try await world.holder(index, job: job).shell.step() }
            }
            try await world.aggregator(job: job).shell.step()
            for index in world.holders.indices { try await world.holder(index, job: job).shell.step() }
            let holder = world.holders[1].address
            let hash = try #require(try await world.contracts.jobs.updateHash(job, round: 1, holder))
            let bytes = try blobs.get(hash)
            try blobs.remove(hash)
            await #expect(throws: FederationError.missingUpdate(round: 1, holder: holder, hash: hash)) {
                try await world.aggregator(job: job).shell.step()
            }
            try blobs.put(bytes)
            let reader = JobReader(contracts: world.contracts, blobs: nil)
            await #expect(throws: FederationError.noStore("the updates of job 1")) {
                try await Aggregator(job: job, reader: reader, sender: world.aggregator).shell.step()
            }
            #expect(try await world.aggregator(job: job).shell.step() == .act([.aggregate(round: 1)]))
        }
    }

    @Test("an aggregator that posts nothing in time loses its stake to the initiator")
    func absentAggregator() async throws {
        try await Self.withWorld { world in
            let terms = world.terms(rule: .byContentHash)
            let job = try await world.post(terms)
            try await world.aggregator(job: job).shell.step()
            for index in world.holders.indices {
                for _ in 0..<2 { try await world.holder(index, job: job).shell.step() }
            }
            try await world.aggregator(job: job).shell.step()
            for index in world.holders.indices { try await world.holder(index, job: job).shell.step() }
            let deadline = try await world.contracts.jobs.job(job).deadline
            world.wait(until: deadline + terms.roundSeconds + 1)
            #expect(try await world.holder(0, job: job).shell.step() == .act([.settle]))
            let paid = try await world.contracts.jobs.events(TrainingJobs.Paid.self)
            let forfeited = paid.filter { $0.event.kind == PaymentKind.forfeit.rawValue }
            #expect(forfeited.map(\.event.amount) == [terms.aggregatorStake])
            #expect(forfeited.map(\.event.party) == [world.initiator.address])
        }
    }
}
