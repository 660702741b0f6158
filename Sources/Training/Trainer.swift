package import Bytes
package import Datasets
import Graph
import Tensor

/// Trains, evaluates and asks one model; keeps its programs and memory warm between calls.
///
/// Results depend on the arguments alone: not on the machine, on threads, or on what was done before. A trainer serves one caller at a time.
///
/// ```swift
/// let trainer = try Trainer(model: .digits, optimiser: Optimiser("sgd lr=0.1 batch=32"))
/// let next = try trainer.train(parameters, on: shard, epochs: 5, key: jobSeed, round: 1, holder: 0)
/// ```
package final class Trainer {
    package let model: Model
    package let optimiser: Optimiser
    private let kernels: Kernels
    private var steps: [Int: StepSession] = [:]
    private var askers: [Int: AskSession] = [:]
    /// Owns the parameters and the optimiser's state; sessions for other batch sizes share them.
    private var first: Session?

    package init(model: Model, optimiser: Optimiser, threads: Int = 1) throws(TrainingError) {
        guard (1...1024).contains(threads) else { throw TrainingError("threads must be in 1...1024, not \(threads)") }
        self.model = model
        self.optimiser = optimiser
        kernels = Kernels(pool: ThreadPool(threads: threads))
    }

    // MARK: Training

    /// New parameters after `epochs` passes over the shard, from fresh optimiser state.
    ///
    /// Each epoch takes the rows in an order of its own: stream "cairn shuffle" of `key` with round, holder and epoch. The last step of an
    /// epoch has the rows that are left.
    package func train(
        _ parameters: [Float], on shard: Dataset, epochs: Int, key: Hash32, round: Int, holder: Int
    ) throws(TrainingError) -> [Float] {
        try check(parameters, shard)
        guard epochs >= 0 else { throw TrainingError("epochs must not be negative") }
        let batch = min(optimiser.batch, shard.rows)
        let session = try step(rows: batch)
        session.load(parameters, model)
        session.resetOptimiser()
        let stepsPerEpoch = (shard.rows + batch - 1) / batch
        var number = 0
        for epoch in 0..<epochs {
            var stream = RandomStream(key: key, purpose: "cairn shuffle", [round, holder, epoch])
            let order = stream.permutation(shard.rows)
            for start in stride(from: 0, to: shard.rows, by: batch) {
                let rows = order[start..<min(start + batch, shard.rows)]
                let rate = optimiser.rate(epoch: epoch, step: number, of: epochs * stepsPerEpoch)
                try step(rows: rows.count).run(rows, of: shard, rate: rate)
                number += 1
            }
        }
        return session.parameters(model)
    }

    // MARK: Asking

    /// Accuracy, loss and confusion on labelled rows.
    package func evaluate(_ parameters: [Float], on data: Dataset) throws(TrainingError) -> Evaluation {
        try check(parameters, data)
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: model.classes), count: model.classes)
        var losses: [Float] = []
        for start in stride(from: 0, to: data.rows, by: Self.askRows) {
            let count = min(Self.askRows, data.rows - start)
            let session = try asker(rows: count)
            session.load(parameters, model)
            try session.run(
                data.features[start * data.columns..<(start + count) * data.columns], data.labels[start..<start + count]
            )
            losses += session.losses
            for row in 0..<count {
                let scores = session.probabilities[row * model.classes..<(row + 1) * model.classes]
                let predicted = Reference.argmax(Array(scores))
                confusion[Int(data.labels[start + row])][predicted] += 1
            }
        }
        return Evaluation(loss: Reference.mean(losses), confusion: confusion)
    }

    /// The probabilities of the classes for each row of `features`.
    package func probabilities(_ parameters: [Float], features: [Float]) throws(TrainingError) -> [Float] {
        guard parameters.count == model.parameterCount else { throw wrongCount(parameters) }
        guard !features.isEmpty, features.count % model.features == 0 else {
            throw TrainingError("\(features.count) numbers are no rows of \(model.features) features")
        }
        let rows = features.count / model.features
        var result: [Float] = []
        result.reserveCapacity(rows * model.classes)
        for start in stride(from: 0, to: rows, by: Self.askRows) {
            let count = min(Self.askRows, rows - start)
            let session = try asker(rows: count)
            session.load(parameters, model)
            try session.run(features[start * model.features..<(start + count) * model.features], nil)
            result += session.probabilities
        }
        return result
    }

    // MARK: Sessions

    private static let askRows = 256

    private func step(rows: Int) throws(TrainingError) -> StepSession {
        if let known = steps[rows] { return known }
        do {
            let made = try StepSession(model, optimiser, rows: rows, kernels: kernels, sharing: first)
            if first == nil { first = made.session }
            steps[rows] = made
            return made
        } catch {
            throw TrainingError("the training step cannot be built: \(error)")
        }
    }

    private func asker(rows: Int) throws(TrainingError) -> AskSession {
        if let known = askers[rows] { return known }
        do {
            let made = try AskSession(model, rows: rows, kernels: kernels)
            askers[rows] = made
            return made
        } catch {
            throw TrainingError("the forward program cannot be built: \(error)")
        }
    }

    private func check(_ parameters: [Float], _ data: Dataset) throws(TrainingError) {
        guard parameters.count == model.parameterCount else { throw wrongCount(parameters) }
        guard data.rows > 0 else { throw TrainingError("the data set '\(data.name)' has no rows") }
        guard data.columns == model.features else {
            throw TrainingError("'\(data.name)' has \(data.columns) features, the model takes \(model.features)")
        }
        guard data.labels.allSatisfy({ $0 >= 0 && $0 < model.classes }) else {
            throw TrainingError("'\(data.name)' has a class outside the model's \(model.classes)")
        }
    }

    private func wrongCount(_ parameters: [Float]) -> TrainingError {
        TrainingError("\(parameters.count) parameters were given, the model has \(model.parameterCount)")
    }
}
