package import Bytes
import Contracts
import Crypto
import Datasets
import Devchain
import Federation
import Ledger
import Storage
import Training

/// The job of the federated benchmark with every update and every round a durable transaction: 10 holders of equal size,
/// MLP 64-128-64-10, batch 32, learning rate 0.1, one local epoch a round, updates and aggregates by content hash.
package struct AnchoredBenchmark: Sendable {
    package let rounds: Int
    package let seconds: Double
    package let accuracy: Double
    package let transactions: Int
    /// Content hash of the last aggregate, as the contract has it.
    package let modelHash: Hash32

    /// Plays the job on an embedded chain whose file lies in `directory`; only the rounds are timed.
    ///
    /// - Parameter clock: seconds from any fixed start.
    package init(
        rounds: Int = 50, clients: Int = 10, directory: String, clock: () -> Double
    ) async throws {
        let world = try await AnchoredWorld(rounds: rounds, clients: clients, directory: directory)
        let start = clock()
        for _ in 1...rounds {
            // All holders work at once; transactions that meet go into one block.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for holder in world.holders { group.addTask { try await holder.shell.step() } }
                try await group.waitForAll()
            }
            try await world.aggregator.shell.step()
        }
        seconds = clock() - start
        let jobs = world.reader.contracts.jobs
        let parameters = try await world.reader.parameters(1, terms: world.terms, after: rounds)
        let trainer = try Trainer(model: world.model, optimiser: world.optimiser)
        accuracy = Double(try trainer.evaluate(FixedPoint(scaleBits: 20).decode(parameters), on: world.test).accuracy)
        modelHash = try await jobs.roundHash(1, rounds) ?? .zero
        transactions = rounds * (clients + 1)
        self.rounds = rounds
        await world.chain.close()
    }
}

/// The parties of the benchmark, up to the start of round 1.
private struct AnchoredWorld {
    let model = Model.mlp([64, 128, 64, 10])
    let optimiser: Optimiser
    let chain: Devchain
    let reader: JobReader
    let terms: JobTerms
    let holders: [DataHolder]
    let aggregator: Aggregator
    let test: Dataset

    init(rounds: Int, clients: Int, directory: String) async throws {
        optimiser = try Optimiser("sgd lr=0.1 batch=32")
        let seed = keccak256(utf8: "cairn anchored benchmark")
        let keys = try (0..<clients + 2).map { try PrivateKey(keccak256(seed, Hash32(0, 0, 0, UInt64($0)))) }
        var genesis = DevchainConfiguration()
        genesis.path = directory + "/chain.sqlite"
        for key in keys { genesis.genesis[key.address] = GenesisAccount(balance: U256(1) << 100) }
        let chain = try Devchain(genesis)
        self.chain = chain
        let senders = keys.map { TransactionSender(chain: chain, key: $0) }
        let contracts = ProtocolContracts(at: try await ProtocolAddresses.deploy(with: senders[0]), on: chain)
        reader = JobReader(contracts: contracts, blobs: try BlobStore(directory: directory + "/blobs"))

        let digits = try Digits.load()
        var stream = PRF(key: seed, stream: 0)
        var order = Array(0..<digits.rows)
        stream.shuffle(&order)
        test = digits.selecting(Array(order[..<360]))
        let training = Array(order[360...])
        let shards = (0..<clients).map { client in
            digits.selecting(
                Array(training[training.count * client / clients..<training.count * (client + 1) / clients]))
        }
        terms = JobTerms(
            modelID: ModelRegistry.id(of: "benchmark"), program: model.programHash, optimiser: optimiser.hash,
            seed: seed, parameterCount: model.parameterCount, scaleBits: 20, rule: .byContentHash, rounds: rounds,
            localEpochs: 1, minHolders: clients, maxHolders: clients, maxRows: digits.rows,
            joinDeadline: try await chain.nextTimestamp() + 3600, roundSeconds: 3600, alpha: 1, computeReward: 1,
            aggregatorReward: 1, modelReward: 1, holderStake: 1, aggregatorStake: 1, aggregator: keys[1].address,
            allowedHolders: [])
        let plan = Initiator.Plan(name: "benchmark", model: model, modelSeed: seed, terms: terms, deploys: false)
        let initiator = Initiator(plan: plan, reader: reader, sender: senders[0])
        try await initiator.shell.step()
        try await initiator.shell.step()
        let catalogue = Catalogue(models: [model], optimisers: [optimiser])
        let reader = reader
        holders = zip(senders.dropFirst(2), shards).map { sender, shard in
            DataHolder(
                job: 1, reader: reader, sender: sender, shard: shard, secret: keccak256(utf8: "\(sender.address)"),
                bench: Workbench(catalogue: catalogue))
        }
        aggregator = Aggregator(job: 1, reader: reader, sender: senders[1])
        try await aggregator.shell.step()
        for holder in holders {
            try await holder.shell.step()
            try await holder.shell.step()
        }
        try await aggregator.shell.step()
    }
}
