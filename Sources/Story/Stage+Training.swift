import Bytes
import Contracts
import Crypto
import Datasets
import Federation
import Ledger
import Training
import Transcript

extension Stage {
    /// The job's terms: small amounts, so that the escrow fits any tool's numbers.
    func terms(joinDeadline: UInt64) -> JobTerms {
        let gwei: U256 = 1_000_000_000
        return JobTerms(
            modelID: ModelRegistry.id(of: Self.modelName), program: StoryConfiguration.model.programHash,
            optimiser: Optimiser.digits.hash, seed: cast.jobSeed,
            parameterCount: StoryConfiguration.model.parameterCount, scaleBits: StoryConfiguration.scaleBits,
            rule: .inContract, rounds: configuration.rounds, localEpochs: configuration.localEpochs,
            minHolders: max(1, configuration.holders - 2), maxHolders: configuration.holders,
            maxRows: cast.pooled.rows, joinDeadline: joinDeadline, roundSeconds: 3_600, alpha: gwei &* 1_000,
            computeReward: gwei &* 10_000, aggregatorReward: gwei &* 5_000, modelReward: gwei &* 500_000,
            holderStake: gwei &* 200_000, aggregatorStake: gwei &* 300_000, aggregator: cast.aggregator.address,
            allowedHolders: cast.holders.map(\.address))
    }

    /// The initiator with one job's terms; whatever was done before, it goes on from the chain.
    func initiator(_ terms: JobTerms, reader: JobReader) -> Initiator {
        let plan = Initiator.Plan(
            name: Self.modelName, model: StoryConfiguration.model, modelSeed: cast.modelSeed, terms: terms,
            deploys: true)
        return Initiator(plan: plan, reader: reader, sender: sender(cast.initiator))
    }

    /// Steps 3 to 6: model, data, job, rounds.
    ///
    /// - Returns: the job's id, and the accuracy on the held-out rows before the first round and after each.
    func train(_ contracts: ProtocolContracts) async throws -> (job: UInt64, curve: [Double]) {
        let reader = JobReader(contracts: contracts, blobs: blobs)
        let terms = terms(joinDeadline: try await contracts.chain.nextTimestamp() + 3_600)
        let initiator = initiator(terms, reader: reader)

        progress(.step(3, "Model"))
        try await turn(initiator.shell)
        say(
            "'\(Self.modelName)': MLP 64-32-10, \(terms.parameterCount) parameters on chain, from seed "
                + short(cast.modelSeed))

        progress(.step(4, "Data"))
        let data = contracts.data
        let commitments = zip(cast.holders, cast.shards).map { ($0, DataHolder.commitment(to: $1)) }
        try await each(commitments) { party, commitment in
            let call = data.commitData(root: commitment.root, rows: commitment.rows, schema: commitment.schema)
            _ = try await sender(party).send(call)
        }
        for ((party, commitment), shard) in zip(commitments, cast.shards) {
            say("\(party.name): \(shard.rows) rows, classes \(shard.classCounts), root \(short(commitment.root))")
        }

        progress(.step(5, "Job"))
        try await turn(initiator.shell)
        guard let job = try await initiator.job() else { throw ChainError(.notFound, "the job is not posted") }
        say(
            "job \(job): \(terms.rounds) rounds of \(terms.localEpochs) local epochs, \(terms.escrow ?? .zero) wei in escrow"
        )
        let holders = zip(cast.holders, cast.shards).map { party, shard in
            DataHolder(
                job: job, reader: reader, sender: sender(party), shard: shard, secret: party.secret,
                bench: Workbench(catalogue: .standard))
        }
        let aggregator = Aggregator(job: job, reader: reader, sender: sender(cast.aggregator))
        try await turn(aggregator.shell)
        // In this order: a holder's place in the job's seed is its place among those who joined.
        for holder in holders { try await turn(holder.shell) }
        say("\(holders.count) holders and the aggregator are in, with their stakes")

        progress(.step(6, "Rounds"))
        try await turn(aggregator.shell)
        let judge = try Judge(cast.heldOut)
        var curve = [try judge.accuracy(of: try await reader.parameters(job, terms: terms, after: 0))]
        for round in 1...terms.rounds {
            try await prepare(holders)
            try await each(holders) { try await turn($0.shell) }
            try await turn(aggregator.shell)
            try await venue.refill(cast, budget, rounds: terms.rounds - round)
            curve.append(try judge.accuracy(of: try await reader.parameters(job, terms: terms, after: round)))
            progress(.round(round, of: terms.rounds, accuracy: curve[round]))
        }
        return (job, curve)
    }

    /// Trains all holders' rounds, as many at once as there are threads.
    private func prepare(_ holders: [DataHolder]) async throws {
        let width = max(1, configuration.threads)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, holder) in holders.enumerated() {
                if index >= width { try await group.next() }
                group.addTask { try await holder.prepare() }
            }
            try await group.waitForAll()
        }
    }
}

/// Judges parameters on the held-out rows.
private struct Judge {
    private let trainer: Trainer
    private let heldOut: Dataset
    private let fixed = FixedPoint(scaleBits: StoryConfiguration.scaleBits)

    init(_ heldOut: Dataset) throws {
        trainer = try Trainer(model: StoryConfiguration.model, optimiser: .digits)
        self.heldOut = heldOut
    }

    func accuracy(of parameters: [Int32]) throws -> Double {
        try trainer.evaluate(fixed.decode(parameters), on: heldOut).share
    }
}
