import Bytes
import Contracts
import Crypto
import Datasets
import Devchain
import Federation
import Ledger
import Serving
import SmallWorld
import Synchronization
import Testing
import Training

@Suite("Predictions on the embedded chain")
struct MarketOnChainTests {
    static let model = ModelRegistry.id(of: "small")
    static let fee: U256 = 900_001

    /// A world with a registered model whose first version is deployed; an untrained one serves as well as any.
    static func world() async throws -> SmallWorld {
        let world = try await SmallWorld()
        let bytes = FixedPoint.bytes(
            try FixedPoint(scaleBits: 20).encode(SmallWorld.model.initialParameters(seed: .zero)))
        let models = world.contracts.models
        let register = models.registerModel(
            name: "small", program: SmallWorld.model.programHash, seed: .zero, parameters: bytes)
        _ = try await world.initiator.send(register)
        _ = try await world.initiator.send(models.deploy(name: "small", version: 1))
        let terms = world.contracts.market.setTerms(
            model: model, fee: fee, ownerShareBps: 2_000, restricted: false)
        _ = try await world.initiator.send(terms)
        return world
    }

    static func ask(_ world: SmallWorld, servers: Int = 3, allowed: [Address] = []) async throws -> UInt64 {
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        return try await consumer.ask(
            model: model, features: world.shards[0].features(ofRow: 3),
            conditions: Consumer.Conditions(
                servers: servers, allowed: allowed, fee: fee, commitSeconds: 100, revealSeconds: 100)
        ).request
    }

    /// What the model gives, computed apart from the servers.
    static func expected(_ world: SmallWorld) throws -> [UInt8] {
        let fixed = FixedPoint(scaleBits: 20)
        let parameters = fixed.decode(try fixed.encode(SmallWorld.model.initialParameters(seed: .zero)))
        let trainer = try Trainer(model: SmallWorld.model, optimiser: .digits)
        return bigEndianBytes(
            of: try trainer.probabilities(parameters, features: world.shards[0].features(ofRow: 3)))
    }

    @Test("three servers, each a fresh process before every step, agree bit for bit; the fee is split to the wei")
    func agreement() async throws {
        let world = try await Self.world()
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        for index in 0..<3 { try await world.server(index).shell.step() }
        let request = try await Self.ask(world)
        #expect(try await consumer.result(of: request) == nil)
        let owner = world.initiator.address
        let before = try world.balances()
        for _ in 0..<3 { for index in 0..<3 { try await world.server(index).shell.step() } }
        let delivery = try #require(try await consumer.result(of: request))
        #expect(delivery == (try await consumer.delivered(request)))
        #expect(delivery.result == (try Self.expected(world)))
        #expect(delivery.probabilities.count == 10)
        let after = try world.balances()
        // 20 % of 900,001 to the owner, a third of the rest to each server, the dust to the consumer.
        #expect(after[owner] == before[owner].map { $0 + 180_000 })
        #expect(after[world.consumer.address] == before[world.consumer.address].map { $0 + 1 })
        let paid = try await world.contracts.market.events(InferenceMarket.FeePaid.self)
        #expect(paid.filter { $0.event.kind == 1 }.map(\.event.amount) == [240_000, 240_000, 240_000])
        #expect(paid.reduce(U256.zero) { $0 + $1.event.amount } == Self.fee)
        let idle = try await world.server(0).shell.step()
        #expect(idle == .wait(until: nil))
    }

    @Test("a server killed between commit and reveal opens its commitment afterwards")
    func crash() async throws {
        let world = try await Self.world()
        for index in 0..<3 { try await world.server(index).shell.step() }
        let request = try await Self.ask(world)
        for index in 0..<3 { try await world.server(index).shell.step() }
        let committed = try await world.contracts.market.commitment(request, world.servers[1].address)
        let revived = world.server(1)
        #expect(try await revived.shell.step() == .act([.reveal(request: request)]))
        let revealed = try await world.contracts.market.revealed(request, world.servers[1].address)
        #expect(revealed == keccak256(try Self.expected(world)))
        #expect(committed != nil)
    }

    @Test("a server that stays silent loses its bond to the consumer, and the others still deliver")
    func silence() async throws {
        let world = try await Self.world()
        for index in 0..<3 { try await world.server(index).shell.step() }
        let request = try await Self.ask(world)
        for index in 0..<3 { try await world.server(index).shell.step() }
        for index in 0..<2 { try await world.server(index).shell.step() }
        world.wait(until: try await world.contracts.market.request(request).revealDeadline + 1)
        #expect(try await world.server(0).shell.step() == .act([.deliver(request: request)]))
        let silent = try await world.contracts.market.server(world.servers[2].address)
        #expect(silent.stake == 1_000_000_000 - Self.fee)
        #expect(silent.bound == .zero)
        let forfeited = try await world.contracts.market.events(InferenceMarket.FeePaid.self).filter {
            $0.event.kind == FeeKind.forfeit.rawValue
        }
        #expect(forfeited.map(\.event.party) == [world.consumer.address])
    }

    @Test("no majority: the fee comes back, and the consumer is told")
    func noMajority() async throws {
        let world = try await Self.world()
        for index in 0..<3 { try await world.server(index).shell.step() }
        let request = try await Self.ask(world)
        let market = world.contracts.market
        for (index, server) in world.servers.enumerated() {
            let result = [UInt8(index)]
            let hash = ResultCommitment.hash(request: request, server: server.address, salt: .zero, result: result)
            _ = try await server.send(market.commit(request, commitment: hash))
        }
        for (index, server) in world.servers.enumerated() {
            _ = try await server.send(market.reveal(request, result: [UInt8(index)], salt: .zero))
        }
        _ = try await world.stranger.send(market.deliver(request))
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        await #expect(throws: ServingError.noMajority(request: request)) { try await consumer.result(of: request) }
        await #expect(throws: ServingError.unknownRequest(99)) { try await consumer.result(of: 99) }
    }

    @Test("conditions: a wrong version, a low fee, a closed model, a server that is not on the list")
    func conditions() async throws {
        let world = try await Self.world()
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        func told(_ conditions: Consumer.Conditions, _ model: Hash32 = Self.model) async -> String {
            do {
                _ = try await consumer.ask(
                    model: model, features: world.shards[0].features(ofRow: 0), conditions: conditions)
                return "accepted"
            } catch { return "\(error)" }
        }
        #expect(
            await told(.init(servers: 3, fee: Self.fee, version: 2))
                == "execution reverted: version is not deployed")
        #expect(await told(.init(servers: 3, fee: Self.fee - 1)) == "execution reverted: fee is too low")
        #expect(
            await told(.init(servers: 3, allowed: [world.servers[0].address], fee: Self.fee))
                == "execution reverted: too few servers on the list")
        #expect(
            await told(.init(servers: 1, fee: Self.fee), .zero)
                == "no version of model \(Hash32.zero) is deployed; ask its owner to deploy one")
        let market = world.contracts.market
        let closed = market.setTerms(model: Self.model, fee: Self.fee, ownerShareBps: 0, restricted: true)
        _ = try await world.initiator.send(closed)
        #expect(await told(.init(servers: 1, fee: Self.fee)) == "execution reverted: consumer is not allowed")
        let letIn = market.setAllowed(model: Self.model, consumer: world.consumer.address, allowed: true)
        _ = try await world.initiator.send(letIn)
        for index in 0..<3 { try await world.server(index).shell.step() }
        let listed = [world.servers[2].address]
        let request = try await Self.ask(world, servers: 1, allowed: listed)
        #expect(try await world.server(0).shell.step() == .wait(until: nil))
        #expect(try await world.server(2).shell.step() == .act([.commit(request: request)]))
    }

    @Test("a request that cannot be answered is declined with the reason, and the next one is answered")
    func declined() async throws {
        let world = try await Self.world()
        let reasons = Reasons()
        let server = ModelServer(
            loader: VersionLoader(contracts: world.contracts, blobs: nil, programs: [SmallWorld.model]),
            sender: world.servers[0], stake: Self.fee, secret: .zero, decline: { reasons.add($0, $1) })
        try await server.shell.step()
        let consumer = Consumer(contracts: world.contracts, sender: world.consumer)
        let bad = try await consumer.ask(
            model: Self.model, features: [1, 2, 3], conditions: .init(servers: 1, fee: Self.fee)
        ).request
        let dear = try await consumer.ask(
            model: Self.model, features: world.shards[0].features(ofRow: 3),
            conditions: .init(servers: 1, fee: Self.fee + 1)
        ).request
        let good = try await Self.ask(world, servers: 1)
        for _ in 0..<6 { try await server.shell.step() }
        #expect(try await consumer.result(of: good) != nil)
        #expect(
            reasons.all == [
                bad: "request 1 carries 12 bytes of input; the program takes 256 (float32, big-endian)",
                dear: "execution reverted: stake is too small",
            ])
    }
}

/// Collects what a server declined.
private final class Reasons: Sendable {
    private let reasons = Mutex<[UInt64: String]>([:])

    func add(_ request: UInt64, _ reason: String) { reasons.withLock { $0[request] = reason } }
    var all: [UInt64: String] { reasons.withLock { $0 } }
}
