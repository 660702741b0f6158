package import Contracts
package import Bytes
import Crypto
package import Datasets
package import Training

/// The programs and optimisers that this process knows, by the hashes that stand on chain.
package struct Catalogue: Sendable {
    private let models: [Hash32: Model]
    private let optimisers: [Hash32: Optimiser]

    package init(models: [Model], optimisers: [Optimiser]) {
        self.models = Dictionary(models.map { ($0.programHash, $0) }) { first, _ in first }
        self.optimisers = Dictionary(optimisers.map { ($0.hash, $0) }) { first, _ in first }
    }

    /// What ships with Cairn.
    package static let standard = Catalogue(models: [.digits], optimisers: [.digits])

    /// The program with this hash, or nil.
    package func model(_ program: Hash32) -> Model? { models[program] }

    /// The optimiser whose text has this hash, or nil.
    package func optimiser(_ hash: Hash32) -> Optimiser? { optimisers[hash] }

    /// The initial parameters that a seed gives, as fixed-point integers; nil where the program is unknown.
    package func initialParameters(program: Hash32, seed: Hash32, scaleBits: Int) throws -> [Int32]? {
        guard let model = models[program] else { return nil }
        return try FixedPoint(scaleBits: scaleBits).encode(model.initialParameters(seed: seed))
    }
}

/// Trains one holder's rounds: chain parameters in, fixed-point update out.
///
/// The update depends on the job's terms and seed, the parameters, the holder's rows and its place among the holders, and
/// on nothing else: the same call gives the same bytes on any machine, after any restart.
package actor Workbench {
    /// What one round's training starts from.
    package struct Order: Hashable, Sendable {
        package var job: UInt64
        package var round: Int
        /// The holder's place in the order of joining, from 0.
        package var holder: Int
        package var jobSeed: Hash32
        package var parameters: [Int32]

        package init(job: UInt64, round: Int, holder: Int, jobSeed: Hash32, parameters: [Int32]) {
            (self.job, self.round, self.holder) = (job, round, holder)
            (self.jobSeed, self.parameters) = (jobSeed, parameters)
        }
    }

    private let catalogue: Catalogue
    private let threads: Int
    private var trainer: (program: Hash32, optimiser: Hash32, trainer: Trainer)?
    private var last: (order: Order, update: [Int32])?

    package init(catalogue: Catalogue, threads: Int = 1) { (self.catalogue, self.threads) = (catalogue, threads) }

    /// The update of one round; asked again for the same order, the same update without training again.
    ///
    /// - Throws: `FederationError` where program or optimiser are unknown, and what training throws.
    package func update(_ order: Order, terms: JobTerms, shard: Dataset) throws -> [Int32] {
        if let last, last.order == order { return last.update }
        let trainer = try trainer(for: terms)
        guard shard.columns == trainer.model.features else {
            throw FederationError.wrongShape(columns: shard.columns, wanted: trainer.model.features)
        }
        let fixed = FixedPoint(scaleBits: terms.scaleBits)
        let trained = try trainer.train(
            fixed.decode(order.parameters), on: shard, epochs: terms.localEpochs, key: order.jobSeed,
            round: order.round, holder: order.holder)
        let update = try fixed.encode(trained)
        try UpdateError.check(update, parameterCount: terms.parameterCount)
        last = (order, update)
        return update
    }

    private func trainer(for terms: JobTerms) throws -> Trainer {
        if let known = trainer, known.program == terms.program, known.optimiser == terms.optimiser {
            return known.trainer
        }
        guard let model = catalogue.model(terms.program) else {
            throw FederationError.unknownProgram(terms.program)
        }
        guard let optimiser = catalogue.optimiser(terms.optimiser) else {
            throw FederationError.unknownOptimiser(terms.optimiser)
        }
        let made = try Trainer(model: model, optimiser: optimiser, threads: threads)
        trainer = (terms.program, terms.optimiser, made)
        return made
    }
}
