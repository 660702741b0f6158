import Bytes
import Contracts
import Datasets
import Federation
import Ledger
import Serving
import Synchronization
import Training

extension Stage {
    /// Step 8: adopt and deploy the result, and answer one request by three servers.
    func infer(_ contracts: ProtocolContracts, job: UInt64) async throws -> StorySummary.Prediction {
        progress(.step(8, "Deploy and infer"))
        let model = ModelRegistry.id(of: Self.modelName)
        let owner = sender(cast.initiator)
        let initiator = initiator(
            try await contracts.jobs.terms(job), reader: JobReader(contracts: contracts, blobs: blobs))
        _ = try await initiator.shell.run(on: chain)
        say("version 2 of '\(Self.modelName)' is deployed: \(try await contracts.models.version(model, 2).contentHash)")
        _ = try await owner.send(
            contracts.market.setTerms(model: model, fee: Self.fee, ownerShareBps: 2_000, restricted: true))
        _ = try await owner.send(
            contracts.market.setAllowed(model: model, consumer: cast.consumer.address, allowed: true))
        let loader = VersionLoader(contracts: contracts, blobs: blobs)
        let servers = cast.servers.map {
            ModelServer(loader: loader, sender: sender($0), stake: Self.serverStake, secret: $0.secret, models: [model])
        }
        try await each(servers) { try await turn($0.shell) }

        let (consumer, way) = consumer(contracts)
        let (input, label) = (cast.heldOut.features(ofRow: 0), Int(cast.heldOut.labels[0]))
        let conditions = Consumer.Conditions(
            servers: servers.count, allowed: cast.servers.map(\.address), fee: Self.fee, version: 2)
        let asked = try await consumer.ask(model: model, features: input, conditions: conditions)
        say(
            "request \(asked.request) \(way): a held-out \(label), \(servers.count) servers by name, \(Self.fee) wei, version 2"
        )
        try await answer(asked.request, servers, contracts) { try await consumer.delivered(asked.request) != nil }
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
        let (chain, way) = venue.outside
        let sender = TransactionSender(
            chain: chain, key: cast.consumer.key, policy: configuration.network?.policy ?? SendingPolicy())
        return (
            Consumer(contracts: ProtocolContracts(at: contracts.addresses, on: chain), sender: sender), way
        )
    }

    /// Lets the servers commit, reveal and deliver.
    ///
    /// - Throws: `ServingError.timedOut` where they have nothing to do any more and nothing was delivered.
    private func answer(
        _ request: UInt64, _ servers: [ModelServer], _ contracts: ProtocolContracts,
        until isDelivered: () async throws -> Bool
    ) async throws {
        let deadline = try await contracts.market.request(request).revealDeadline
        while try await !isDelivered() {
            let block = try await chain.blockNumber()
            let idle = Mutex(true)
            try await each(servers) { server in
                if case .act = try await server.shell.step() { idle.withLock { $0 = false } }
            }
            guard idle.withLock({ $0 }) else { continue }
            guard venue.isShared, try await chain.nextTimestamp() <= deadline else {
                throw ServingError.timedOut(request: request)
            }
            try await chain.waitForNews(since: block, until: deadline + 1, every: .milliseconds(250))
        }
    }
}

extension Stage {
    /// What the consumer pays for a prediction, in wei.
    static let fee: U256 = 30_000_000_000_000
    /// What a server stakes, in wei: a request's fee is bound in it.
    static let serverStake: U256 = 300_000_000_000_000
}
