import Bytes
import Contracts
import Datasets
import Devchain
import Ethereum
import Federation
import Ledger
import Referee
import Serving
import SmallWorld
import Testing

@Suite("Verification of a whole lineage")
struct LineageTests {
    /// A world in which a job of two rounds ran and one request was answered.
    static func story(path: String? = nil) async throws -> SmallWorld {
        let world = try await SmallWorld(path: path)
        _ = try await world.run(world.terms())
        let model = ModelRegistry.id(of: "small")
        let terms = world.contracts.market.setTerms(model: model, fee: 900_001, ownerShareBps: 2_000, restricted: false)
        _ = try await world.initiator.send(terms)
        for index in 0..<3 { try await world.server(index).shell.step() }
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        let asked = try await consumer.ask(
            model: model, features: world.shards[0].features(ofRow: 0),
            conditions: Consumer.Conditions(servers: 3, fee: 900_001))
        for _ in 0..<4 { for index in 0..<3 { try await world.server(index).shell.step() } }
        let delivery = try #require(try await consumer.result(of: asked.request))
        #expect(delivery == (try await consumer.delivered(asked.request)))
        return world
    }

    static func verify(_ world: SmallWorld, through chain: (any Chain)? = nil) async throws -> LineageReport {
        let contracts = ProtocolContracts(at: world.contracts.addresses, on: chain ?? world.chain)
        return try await LineageVerifier(contracts: contracts, catalogue: SmallWorld.catalogue).run()
    }

    @Test("an honest story has no finding, and the report has all of it")
    func honest() async throws {
        let world = try await Self.story()
        let report = try await Self.verify(world)
        #expect(report.findings.map(\.description) == [])
        #expect(report.data.count == 3)
        #expect(report.jobs.map { $0.updates.count } == [6])
        #expect(report.jobs.map { $0.closings.count } == [2])
        #expect(report.models.map { "\($0.name) \($0.versions.count)" } == [" 0", "small 2"])
        #expect(report.requests.count == 1)
        let head = Int(try world.chain.blockNumber())
        #expect(report.blocks.blocks == head + 1)
        let payments = try #require(report.payments(of: 1))
        let terms = world.terms()
        let locked: U256 = try #require(terms.escrow) + terms.holderStake * 3 + terms.aggregatorStake
        #expect(payments.total == locked)
        #expect(report.lineage.nodes.count == 11)
        #expect(report.lineage.nodes.allSatisfy { !$0.isBroken })
    }

    @Test("models that were only submitted, and blocks of the protocol alone, are no finding either")
    func submitted() async throws {
        let world = try await SmallWorld()
        let models = world.contracts.models
        let bytes: [UInt8] = [0, 0, 0, 1]
        _ = try await world.stranger.send(models.submitModel(name: "mine", parameters: bytes))
        _ = try await world.stranger.send(models.deploy(name: "mine", version: 1))
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        _ = try await consumer.ask(
            model: ModelRegistry.id(of: "mine"), features: [1], conditions: .init(servers: 1, fee: 5))
        let whole = try await Self.verify(world)
        #expect(whole.findings.map(\.description) == [])
        let few = try await LineageVerifier(contracts: world.contracts, scope: .protocolBlocks).run()
        #expect(few.findings.map(\.description) == [])
        #expect(few.blocks.blocks == 4)
        #expect(whole.blocks.blocks == 8)
    }

    @Test("a flipped byte of an update is named with its block, round and party")
    func flippedUpdate() async throws {
        let world = try await Self.story()
        let honest = try await Self.verify(world)
        for update in honest.jobs[0].updates {
            let hash = try #require(update.place.transaction)
            var chain = TamperingChain(world.chain)
            chain.transaction = { transaction in
                if transaction.hash == hash { transaction.signed.transaction.data[200] ^= 1 }
            }
            let report = try await Self.verify(world, through: chain)
            let block = try #require(update.place.block)
            let place = "block \(block), transaction 0, job 1, round \(update.round), party \(update.holder)"
            let messages = report.findings.map(\.description)
            #expect(messages.contains { $0.hasPrefix("\(place): the transaction does not hash to its name") })
            #expect(messages.contains { $0.hasPrefix("\(place): the update's bytes do not hash to what was accepted") })
            #expect(
                messages.contains { $0.contains("round \(update.round): the aggregate is not the weighted mean") })
            // Nothing else on the chain is blamed.
            let blamed = Set(report.findings.compactMap(\.place.block))
            #expect(blamed.isSubset(of: [block, try #require(honest.jobs[0].closings[update.round - 1].place.block)]))
        }
    }

    @Test("an altered header, receipt, missing block or lying view is named exactly")
    func elsewhere() async throws {
        let world = try await Self.story()
        let honest = try await Self.verify(world)
        let closing = honest.jobs[0].closings[1]
        let block = try #require(closing.place.block)

        var chain = TamperingChain(world.chain)
        chain.header = { header in if header.number == block { header.gasUsed ^= 1 } }
        var found = try await Self.verify(world, through: chain).findings
        #expect(
            found.map(\.message) == ["the header does not hash to the block's hash"])
        #expect(found[0].place.description == "block \(block), job 1, round 2")

        let hash = try #require(closing.place.transaction)
        chain = TamperingChain(world.chain)
        chain.receipt = { receipt in
            guard receipt.transactionHash == hash else { return }
            for index in receipt.logs.indices where receipt.logs[index].log.data.count > 32 {
                receipt.logs[index].log.data[0] ^= 0x80
            }
        }
        found = try await Self.verify(world, through: chain).findings
        #expect(
            found.contains {
                $0.subject == .receipt && $0.place.block == block
                    && $0.message == "the receipts are not those the header commits to"
            })
        #expect(
            found.contains {
                $0.place.round == 2 && $0.message == "the aggregate is not the weighted mean of the round's updates"
            })

        chain = TamperingChain(world.chain)
        chain.unreadable = [block]
        found = try await Self.verify(world, through: chain).findings
        #expect(
            found.map(\.description)
                == ["block \(block), job 1, round 2: the block cannot be read: block \(block) is damaged"])

        chain = TamperingChain(world.chain)
        let call = TrainingJobs.interface.data("parametersAt", [.uint(1), .uint(2)])
        chain.result = { message, output in if message.data == call { output[100] ^= 1 } }
        found = try await Self.verify(world, through: chain).findings
        #expect(
            found.map { "\($0.place.round ?? 0): \($0.message)" }
                == ["2: the stored parameters are not those of the round"])
    }

    @Test("a forged sender, payment and prediction are named with the party")
    func forged() async throws {
        let world = try await Self.story()
        let honest = try await Self.verify(world)
        let join = honest.jobs[0].joins[1]
        let hash = try #require(join.place.transaction)
        var chain = TamperingChain(world.chain)
        let stranger = world.stranger.address
        chain.transaction = { if $0.hash == hash { $0.sender = stranger } }
        var found = try await Self.verify(world, through: chain).findings
        #expect(
            found.contains {
                $0.message == "the sender did not sign the transaction" && $0.place.party == join.holder
            })
        #expect(found.contains { $0.message == "the holder did not send its joining" })

        let reveal = try #require(honest.requests[0].answers[2].revealPlace)
        chain = TamperingChain(world.chain)
        chain.transaction = { transaction in
            if transaction.hash == reveal.transaction { transaction.signed.transaction.data[140] ^= 4 }
        }
        found = try await Self.verify(world, through: chain).findings
        let server = honest.requests[0].answers[2].server
        #expect(
            found.contains {
                $0.message == "the answer is not what the model gives" && $0.place.party == server
                    && $0.place.request == 1
            })
    }
}
