package import Bytes
package import Datasets
import Tensor

/// Federated averaging of one model over shards, computed in this process alone: the arithmetic of a job without its chain.
package struct FederatedRun: Sendable {
    package let model: Model
    package let optimiser: Optimiser
    package let rounds: Int
    package let localEpochs: Int
    package let fixedPoint: FixedPoint

    package init(
        model: Model, optimiser: Optimiser, rounds: Int, localEpochs: Int,
        fixedPoint: FixedPoint = FixedPoint(scaleBits: 20)
    ) {
        self.model = model
        self.optimiser = optimiser
        self.rounds = rounds
        self.localEpochs = localEpochs
        self.fixedPoint = fixedPoint
    }

    /// The parameters after all rounds as the contract would hold them; `progress` hears of each round.
    package func run(
        shards: [Dataset], seed: Hash32, threads: Int = 1,
        progress: (_ round: Int, _ parameters: [Float]) -> Void = { _, _ in }
    ) throws -> [Int32] {
        let trainer = try Trainer(model: model, optimiser: optimiser, threads: threads)
        var global = try fixedPoint.encode(model.initialParameters(seed: seed))
        for round in 1...max(1, rounds) {
            let start = fixedPoint.decode(global)
            var updates: [(rows: Int, values: [Int32])] = []
            for (holder, shard) in shards.enumerated() {
                let trained = try trainer.train(
                    start, on: shard, epochs: localEpochs, key: seed, round: round, holder: holder)
                updates.append((shard.rows, try fixedPoint.encode(trained)))
            }
            global = FixedPoint.average(updates)
            progress(round, fixedPoint.decode(global))
        }
        return global
    }
}

/// The digits job with non-IID shards, beside the same model trained on the pooled data.
package struct DigitsExperiment: Sendable {
    package let seed: Hash32
    package let federated: Evaluation
    package let central: Evaluation
    package let parameters: [Int32]

    /// Five holders by a Dirichlet(1) deal, twenty rounds of five local epochs; central: as many epochs in all.
    package init(seed: Hash32, optimiser: Optimiser = .digits, threads: Int = 1) throws {
        self.seed = seed
        let (training, heldOut) = try Digits.load().heldOutTenth(seed: seed)
        let shards = try training.dirichletShards(5, alpha: 1, seed: seed)
        let run = FederatedRun(model: .digits, optimiser: optimiser, rounds: 20, localEpochs: 5)
        parameters = try run.run(shards: shards, seed: seed, threads: threads)
        let trainer = try Trainer(model: .digits, optimiser: optimiser, threads: threads)
        federated = try trainer.evaluate(run.fixedPoint.decode(parameters), on: heldOut)
        let whole = try trainer.train(
            Model.digits.initialParameters(seed: seed), on: training, epochs: 100, key: seed, round: 0, holder: 0)
        central = try trainer.evaluate(whole, on: heldOut)
    }
}

/// The job of the federated benchmark: 10 clients of equal size, MLP 64-128-64-10, batch 32, learning rate 0.1, one local epoch a round.
package struct FederatedBenchmark: Sendable {
    package let rounds: Int
    package let clients: Int
    package let seconds: Double
    package let accuracy: Float
    package let parameterHash: Hash32

    /// Runs the job and measures its rounds, with an evaluation on the test rows after each, as the peers do.
    ///
    /// `clock` gives seconds from any fixed start.
    package init(rounds: Int = 50, clients: Int = 10, threads: Int = 1, clock: () -> Double) throws {
        let seed = Hash32(0, 0, 0, 42)
        var stream = RandomStream(key: seed, purpose: "cairn benchmark split")
        let digits = try Digits.load()
        let order = stream.permutation(digits.rows)
        let test = digits.selecting(Array(order[..<360]))
        let training = Array(order[360...])
        let shards = (0..<clients).map { client in
            digits.selecting(
                Array(training[training.count * client / clients..<training.count * (client + 1) / clients]))
        }
        let model = Model.mlp([64, 128, 64, 10])
        let run = FederatedRun(
            model: model, optimiser: try Optimiser("sgd lr=0.1 batch=32"), rounds: rounds, localEpochs: 1)
        let judge = try Trainer(model: model, optimiser: run.optimiser, threads: threads)
        var accuracy: Float = 0
        let start = clock()
        let parameters = try run.run(shards: shards, seed: seed, threads: threads) { _, parameters in
            accuracy = (try? judge.evaluate(parameters, on: test).accuracy) ?? 0
        }
        seconds = clock() - start
        self.rounds = rounds
        self.clients = clients
        self.accuracy = accuracy
        parameterHash = FixedPoint.hash(parameters)
    }
}
