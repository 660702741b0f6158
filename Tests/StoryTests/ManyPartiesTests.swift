import Bytes
import ChainClient
import Contracts
import Crypto
import Datasets
import Federation
import Ledger
import Node
import Referee
import Serving
import SmallWorld
import Testing

@Suite("Parties that know of each other only through a node", .serialized)
struct ManyPartiesTests {
    /// A party's own connection to the node.
    static func remote(_ node: Node, _ world: SmallWorld) -> ProtocolContracts {
        ProtocolContracts(
            at: world.contracts.addresses, on: ChainClient(url: "http://127.0.0.1:\(node.port)"))
    }

    static func sender(_ contracts: ProtocolContracts, _ name: String) throws -> TransactionSender {
        TransactionSender(chain: contracts.chain, key: try SmallWorld.key(name))
    }

    @Test("all at once over JSON-RPC: job, servers, consumer and watcher; nobody fails, and nothing is wrong")
    func concurrent() async throws {
        let world = try await SmallWorld()
        var listening = NodeConfiguration()
        listening.port = 0
        let node = Node(chain: world.chain, configuration: listening)
        try node.start()
        let terms = world.terms(rounds: 3)
        let model = terms.modelID
        let pace = Duration.milliseconds(10)

        let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
            group.addTask {
                let contracts = Self.remote(node, world)
                let reader = JobReader(contracts: contracts, blobs: nil)
                let initiator = Initiator(
                    plan: world.plan(terms), reader: reader, sender: try Self.sender(contracts, "initiator"))
                return try await initiator.shell.run(on: contracts.chain, every: pace)
            }
            group.addTask {
                let contracts = Self.remote(node, world)
                let job = try await Self.waitForJob(contracts)
                let aggregator = Aggregator(
                    job: job, reader: JobReader(contracts: contracts, blobs: nil),
                    sender: try Self.sender(contracts, "aggregator"))
                return try await aggregator.shell.run(on: contracts.chain, every: pace)
            }
            for index in world.holders.indices {
                group.addTask {
                    let contracts = Self.remote(node, world)
                    let job = try await Self.waitForJob(contracts)
                    let holder = DataHolder(
                        job: job, reader: JobReader(contracts: contracts, blobs: nil),
                        sender: try Self.sender(contracts, "holder \(index)"), shard: world.shards[index],
                        secret: keccak256(utf8: "secret \(index)"),
                        bench: Workbench(catalogue: SmallWorld.catalogue))
                    return try await holder.shell.run(on: contracts.chain, every: pace)
                }
            }
            var outcomes = [Outcome]()
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes == [Outcome](repeating: .finished, count: 5))

        let serving = (0..<3).map { index in
            Task {
                let contracts = Self.remote(node, world)
                let loader = VersionLoader(contracts: contracts, blobs: nil, programs: [SmallWorld.model])
                let server = ModelServer(
                    loader: loader, sender: try Self.sender(contracts, "server \(index)"), stake: 1_000,
                    secret: keccak256(utf8: "server secret \(index)"))
                return try await server.shell.run(on: contracts.chain, every: pace)
            }
        }
        let contracts = Self.remote(node, world)
        let consumer = Consumer(contracts: contracts, sender: try Self.sender(contracts, "consumer"))
        let asked = try await consumer.ask(
            model: model, features: world.shards[1].features(ofRow: 0), conditions: .init(servers: 3, fee: 900))
        let delivery = try await consumer.wait(for: asked.request, looks: 2_000) { try await Task.sleep(for: pace) }
        #expect(delivery.probabilities.count == 10)
        for server in serving {
            server.cancel()
            await #expect(throws: (any Error).self) { try await server.value }
        }

        let report = try await LineageVerifier(contracts: contracts, catalogue: SmallWorld.catalogue).run()
        #expect(report.findings.map(\.description) == [])
        #expect(report.jobs.map(\.closings.count) == [3])
        #expect(report.requests.count == 1)
        await node.stop()
    }

    /// The first job's id, once somebody has posted it.
    static func waitForJob(_ contracts: ProtocolContracts) async throws -> UInt64 {
        while try await contracts.jobs.jobCount() == 0 { try await Task.sleep(for: .milliseconds(10)) }
        return 1
    }
}
