import Bytes
import Contracts
import Crypto
import Devchain
import Ethereum
import Federation
import Foundation
import Ledger
import Referee
import SmallWorld
import Storage
import Testing
import Training

@Suite("Stores that somebody wrote into")
struct TamperedStoreTests {
    static func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cairn-tamper-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory.path)
    }

    @Test(
        "one flipped bit in any kind of transaction is named with its block, and round, request and party where it has them"
    )
    func transactions() async throws {
        try await Self.withDirectory { directory in
            let path = directory + "/chain.sqlite"
            let world = try await LineageTests.story(path: path)
            let honest = try await LineageTests.verify(world)
            #expect(honest.isSound)
            await world.chain.close()
            let job = honest.jobs[0]
            let answer = honest.requests[0].answers[1]
            let places: [(String, Finding.Place)] = [
                ("job 1, party \(world.initiator.address)", job.creation.place),
                ("party \(world.holders[1].address)", honest.data[1].place),
                ("job 1, party \(world.holders[2].address)", job.joins[2].place),
                ("job 1, round 2, party \(world.holders[0].address)", job.updates[3].place),
                ("job 1, round 1", job.closings[0].place),
                ("request 1, party \(world.servers[1].address)", try #require(answer.revealPlace)),
                ("request 1, party \(world.consumer.address)", honest.requests[0].request.place),
            ]
            for (expected, place) in places {
                let copy = directory + "/copy.sqlite"
                for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + suffix) }
                for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
                let block = try #require(place.block)
                try Devchain.tamper(path: copy, transaction: try #require(place.transaction), byte: 60)
                let fault = try #require(try Devchain.verify(path: copy).fault)
                #expect(fault.block == block)
                #expect(fault.transactionIndex == 0)
                var configuration = world.configuration
                configuration.path = copy
                let chain = try Devchain(configuration, clock: world.clock)
                let findings = try await LineageTests.verify(world, through: chain).findings
                await chain.close()
                let first = try #require(findings.first)
                #expect(first.place.description.hasPrefix("block \(block)"), "\(first)")
                #expect(first.place.description.contains(expected), "\(first)")
                let others = findings.filter { $0.subject == .transaction && $0.place.block != block }
                #expect(others.isEmpty, "\(others)")
            }
        }
    }

    @Test("a damaged blob is named with round and party, and a mean that is none with the round")
    func blobs() async throws {
        try await Self.withDirectory { directory in
            let world = try await SmallWorld(blobs: directory)
            let terms = world.terms(rule: .byContentHash)
            _ = try await world.run(terms)
            let blobs = try #require(world.blobs)
            func verify() async throws -> LineageReport {
                try await LineageVerifier(
                    contracts: world.contracts, blobs: blobs, catalogue: SmallWorld.catalogue
                ).run()
            }
            let honest = try await verify()
            #expect(honest.findings.map(\.description) == [])
            #expect(honest.blobs == 1 + 2 * 4)
            let update = honest.jobs[0].updates[4]
            let file = blobs.path(of: update.contentHash)
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            bytes[17] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let found = try await verify().findings
            #expect(
                found.contains {
                    $0.subject == .blob && $0.place.round == update.round && $0.place.party == update.holder
                        && $0.place.block == update.place.block
                })
            #expect(found.contains { $0.message == "the update's bytes \(update.contentHash) are in no store" })
        }
    }

    @Test("an aggregator that posts another mean is convicted by arithmetic")
    func wrongMean() async throws {
        try await Self.withDirectory { directory in
            let world = try await SmallWorld(blobs: directory)
            let terms = world.terms(rule: .byContentHash, rounds: 1)
            let job = try await world.post(terms)
            try await world.aggregator(job: job).shell.step()
            for index in world.holders.indices {
                for _ in 0..<2 { try await world.holder(index, job: job).shell.step() }
            }
            try await world.aggregator(job: job).shell.step()
            for index in world.holders.indices { try await world.holder(index, job: job).shell.step() }
            let blobs = try #require(world.blobs)
            let forged = FixedPoint.bytes([Int32](repeating: 7, count: terms.parameterCount))
            let call = world.contracts.jobs.postAggregate(job, round: 1, contentHash: try blobs.put(forged))
            let receipt = try await world.aggregator.send(call)
            let found = try await LineageVerifier(
                contracts: world.contracts, blobs: blobs, catalogue: SmallWorld.catalogue
            ).run().findings
            #expect(found.count == 1)
            #expect(found[0].message == "the aggregate is not the weighted mean of the round's updates")
            #expect(found[0].place.block == receipt.blockNumber)
            #expect(found[0].place.round == 1)
        }
    }
}
