import Bytes
import ChainClient
import Contracts
import Datasets
import Federation
import Ledger
import Node
import Serving
import Training

extension Stage {
    /// Step 8: adopt and deploy the result, and answer one request by three servers.
    func infer(_ contracts: ProtocolContracts, job: UInt64) async throws -> StorySummary.Prediction {
        progress(.step(8, "Deploy and infer"))
        let model = ModelRegistry.id(of: Self.modelName)
        let owner = sender(cast.initiator)
        let initiator = initiator(
            try await contracts.jobs.terms(job), reader: JobReader(contracts: contracts, blobs: blobs))
        while case .act = try await initiator.shell.step() {}
        say("version 2 of '\(Self.modelName)' is deployed: \(try await contracts.models.version(model, 2).contentHash)")
        let fee: U256 = 30_000_000_000_000
        _ = try await owner.send(
            contracts.market.setTerms(model: model, fee: fee, ownerShareBps: 2_000, restricted: true))
        _ = try await owner.send(
            contracts.market.setAllowed(model: model, consumer: cast.consumer.address, allowed: true))
        let loader = VersionLoader(contracts: contracts, blobs: blobs)
        let servers = cast.servers.map {
            ModelServer(loader: loader, sender: sender($0), stake: fee &* 10, secret: $0.secret, models: [model])
        }
        for server in servers { try await server.shell.step() }

        let (consumer, way) = consumer(contracts)
        let (input, label) = (cast.heldOut.features(ofRow: 0), Int(cast.heldOut.labels[0]))
        let conditions = Consumer.Conditions(
            servers: servers.count, allowed: cast.servers.map(\.address), fee: fee, version: 2)
        let asked = try await consumer.ask(model: model, features: input, conditions: conditions)
        say(
            "request \(asked.request) \(way): a held-out \(label), \(servers.count) servers by name, \(fee) wei, version 2"
        )
        for _ in 0..<8 where try await consumer.delivered(asked.request) == nil {
            for server in servers { try await server.shell.step() }
        }
        guard let delivery = try await consumer.result(of: asked.request),
            delivery == (try await consumer.delivered(asked.request))
        else { throw ServingError.timedOut(request: asked.request) }
        let probabilities = delivery.probabilities
        let predicted = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        say(
            "\(servers.count) servers agree bit for bit on a \(predicted): result \(short(delivery.resultHash)), fee split"
        )
        return StorySummary.Prediction(
            request: asked.request, label: label, predicted: predicted, probabilities: probabilities,
            resultHash: delivery.resultHash, input: input)
    }

    /// The consumer speaks JSON-RPC where the chain is served, as a stranger's program would.
    private func consumer(_ contracts: ProtocolContracts) -> (Consumer, String) {
        guard let node else {
            return (Consumer(contracts: contracts, sender: sender(cast.consumer)), "in this process")
        }
        let remote = ChainClient(url: "http://127.0.0.1:\(node.port)")
        let consumer = Consumer(
            contracts: ProtocolContracts(at: contracts.addresses, on: remote),
            sender: TransactionSender(chain: remote, key: cast.consumer.key))
        return (consumer, "over JSON-RPC")
    }
}
