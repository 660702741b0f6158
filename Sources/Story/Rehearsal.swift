package import Bytes
import Datasets
import Federation
import Training

/// The training of a story without its chain: the same bytes, in a fraction of the time.
///
/// For accuracy over many seeds, and as a check: the parameters that the contract computes must have this hash.
package struct Rehearsal: Sendable {
    package let seed: UInt64
    package let accuracy: Double
    package let centralAccuracy: Double
    /// The content hash of the trained parameters.
    package let modelHash: Hash32

    package init(_ configuration: StoryConfiguration) throws {
        let cast = try Cast(configuration)
        let salts = cast.holders.map { JobSeed.salt(secret: $0.secret, job: 1, holder: $0.address) }
        let jobSeed = JobSeed.seed(job: 1, seed: cast.jobSeed, salts: salts)
        let model = StoryConfiguration.model
        let fixed = FixedPoint(scaleBits: StoryConfiguration.scaleBits)
        let trainer = try Trainer(model: model, optimiser: .digits, threads: configuration.threads)
        var parameters = try fixed.encode(model.initialParameters(seed: cast.modelSeed))
        for round in 1...max(1, configuration.rounds) {
            var average = FederatedAverage(parameterCount: model.parameterCount)
            for (holder, shard) in cast.shards.enumerated() {
                let trained = try trainer.train(
                    fixed.decode(parameters), on: shard, epochs: configuration.localEpochs, key: jobSeed, round: round,
                    holder: holder)
                try average.add(fixed.encode(trained), rows: shard.rows)
            }
            parameters = try average.result()
        }
        seed = configuration.seed
        accuracy = try trainer.evaluate(fixed.decode(parameters), on: cast.heldOut).share
        centralAccuracy = try cast.centralAccuracy(configuration)
        modelHash = FixedPoint.hash(parameters)
    }
}
