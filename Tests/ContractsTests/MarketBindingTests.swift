import Bytes
import Contracts
import Crypto
import Ethereum
import Ledger
import Testing

/// The typed bindings of registry and market through requests on the embedded chain.
@Suite("Market bindings")
struct MarketBindingTests {
    private let rig: TestChain
    private let model = ModelRegistry.id(of: "m")
    private var market: InferenceMarket { rig.contracts.market }
    private var owner: TransactionSender { rig.senders[0] }
    private var consumer: TransactionSender { rig.senders[1] }
    private var servers: ArraySlice<TransactionSender> { rig.senders[2...4] }
    private let salt = keccak256(utf8: "salt")

    init() async throws {
        rig = try await TestChain(wallets: 5)
        let models = rig.contracts.models
        let added = try await owner.send(models.submitModel(name: "m", parameters: [1, 2, 3]))
        #expect(try ModelRegistry.VersionAdded.all(in: added, of: models.address).map(\.version) == [1])
        let deployed = try await owner.send(models.deploy(name: "m", version: 1))
        #expect(
            try ModelRegistry.VersionDeployed.all(in: deployed, of: models.address).map(\.contentHash)
                == [keccak256([1, 2, 3])])
        _ = try await owner.send(market.setTerms(model: model, fee: 1000, ownerShareBps: 2500, restricted: true))
        _ = try await owner.send(market.setAllowed(model: model, consumer: consumer.address, allowed: true))
        for server in servers { _ = try await server.send(market.registerServer(stake: 5000)) }
    }

    private func asked() -> InferenceMarket.Asking {
        InferenceMarket.Asking(
            model: model, version: 1, input: [9, 8, 7], servers: 3, allowed: servers.map(\.address),
            commitSeconds: 60, revealSeconds: 60)
    }

    private func commitment(_ id: UInt64, _ server: Address, _ result: [UInt8]) -> Hash32 {
        keccak256(U256(id).bytes + server.bytes + salt.bytes + result)
    }

    @Test("two of three agree: the result is delivered and the fee is split to the wei")
    func majority() async throws {
        let call = market.request(asked(), fee: 1000)
        #expect(InferenceMarket.asked(by: call.data) == asked())
        let receipt = try await consumer.send(call)
        let request = try #require(try InferenceMarket.InferenceRequested.all(in: receipt, of: market.address).first)
        #expect(request.input == [9, 8, 7] && request.consumer == consumer.address)
        #expect(try await market.welcome(request.id) == servers.map(\.address))
        let results: [[UInt8]] = [[7], [1], [7]]
        for (server, result) in zip(servers, results) {
            _ = try await server.send(
                market.commit(request.id, commitment: commitment(request.id, server.address, result)))
        }
        for (server, result) in zip(servers, results) {
            let reveal = market.reveal(request.id, result: result, salt: salt)
            #expect(InferenceMarket.revealed(by: reveal.data)?.result == result)
            _ = try await server.send(reveal)
        }
        let delivered = try await consumer.send(market.deliver(request.id))
        #expect(try InferenceMarket.InferenceDelivered.all(in: delivered, of: market.address).map(\.result) == [[7]])
        let paid = try InferenceMarket.FeePaid.all(in: delivered, of: market.address)
        #expect(paid.map(\.amount) == [250, 375, 375])
        #expect(paid.map(\.party) == [owner.address, rig.senders[2].address, rig.senders[4].address])
        let stored = try await market.result(request.id)
        #expect(stored.status == 2 && stored.bytes == [7])
        #expect(try await market.request(request.id).resultHash == keccak256([7]))
        #expect(try await market.server(rig.senders[3].address).bound == 0)
    }

    @Test("conditions are kept: allow-list, fee, version, registration")
    func conditions() async throws {
        #expect(await rig.refusal(market.request(asked(), fee: 1000), by: owner) == "consumer is not allowed")
        #expect(await rig.refusal(market.request(asked(), fee: 999), by: consumer) == "fee is too low")
        var other = asked()
        other.version = 2
        #expect(await rig.refusal(market.request(other, fee: 1000), by: consumer) == "version is not deployed")
        _ = try await consumer.send(market.request(asked(), fee: 1000))
        #expect(await rig.refusal(market.commit(1, commitment: salt), by: owner) == "server is not registered")
        #expect(
            await rig.refusal(market.reveal(1, result: [], salt: salt), by: rig.senders[2]) == "server did not commit")
        #expect(await rig.refusal(market.deliver(1), by: owner) == "time to commit is not over")
    }
}
