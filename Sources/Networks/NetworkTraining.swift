package import Bytes
package import Graph
package import Tensor
package import Training
import Crypto
package import ONNX

/// Training of a network file on samples, a step at a time, resumable to the same bytes at any step.
package final class NetworkTraining {
    /// What a call of `advance` did.
    package enum Progress: Sendable, Equatable {
        /// A step within an epoch (both from 1) with its loss.
        case step(Int, ofEpoch: Int, loss: Float)
        case epoch(EpochReport)
    }

    package let network: Network
    package let settings: TrainingSettings
    package let warnings: [String]
    package let adapters: LowRankAdapters?
    package let training: Samples
    package let validation: Samples?
    package let stepsPerEpoch: Int
    let trainer: GraphTrainer

    /// Whole epochs that are done, and the steps and losses of the one begun.
    package internal(set) var history: [EpochReport] = []
    package internal(set) var losses: [Float] = []
    /// The best epoch by validation loss and what moved, as it was after it; kept only for early stopping.
    package internal(set) var best: (epoch: Int, loss: Float, state: [String: Tensor])?
    /// Judged after the newest epoch.
    package private(set) var metrics: Metrics?
    private var order: EpochOrder?
    /// Which training this is: what must be the same for a checkpoint to be gone on from.
    private(set) lazy var identity: [(name: String, value: String)] = {
        let held = validation.map { $0.fingerprint.hex0x } ?? "none"
        return [
            ("model", keccak256(network.model.fileBytes).hex0x), ("data", training.fingerprint.hex0x),
            ("held-out data", held),
        ] + settings.identity
    }()

    /// - Throws: when nothing can be trained, or the data do not fit the network and the loss.
    package init(
        _ network: Network, training: Samples, validation: Samples?, settings: TrainingSettings
    ) throws {
        for samples in [training] + (validation.map { [$0] } ?? []) { try samples.checkFinite() }
        let forward = try Forward(network, training, settings)
        let graph = forward.graph
        let (scores, target) = try graph.judged(settings.output, settings.loss, rows: settings.optimiser.batch)
        self.training = try training.fitted(to: scores, target)
        self.validation = try validation.flatMap { $0.rows == 0 ? nil : try $0.fitted(to: scores, target) }
        if settings.patience != nil, self.validation == nil {
            throw NetworkError("early stopping needs rows to judge by: there are none held back")
        }
        trainer = try GraphTrainer(
            graph, loss: settings.loss, optimiser: settings.optimiser, output: settings.output, seed: settings.seed,
            threads: settings.threads, judgedRows: try self.validation.map(network.judgedRows) ?? GraphJudge.batch)
        try trainer.check(self.training)
        if let validation = self.validation { try trainer.check(validation) }
        self.network = network
        self.settings = settings
        warnings = forward.warnings
        adapters = forward.adapters
        stepsPerEpoch = EpochOrder.steps(rows: training.rows, batch: settings.optimiser.batch)
    }

    /// Bytes of memory that a step works in.
    package var peakBytes: Int { trainer.peakBytes }
    /// keccak256 of the program of a step.
    package var programHash: Hash32 { trainer.programHash }
    /// Elements of the tensors that the optimiser moves.
    package var trainableCount: Int {
        trainer.graph.trainable.reduce(0) { $0 + (trainer.graph.parameters[$1]?.count ?? 0) }
    }

    /// True when early stopping has had enough.
    package var isStopped: Bool {
        guard let patience = settings.patience, let best else { return false }
        return history.count - best.epoch >= patience
    }

    // MARK: Training

    /// The next step, or nil when all epochs are done or training has stopped. The last step of an epoch ends in its report.
    package func advance() throws -> Progress? {
        guard history.count < settings.epochs, !isStopped else { return nil }
        let (epoch, place) = (history.count, losses.count)
        let order =
            order ?? EpochOrder(rows: training.rows, batch: settings.optimiser.batch, epoch: epoch, seed: settings.seed)
        self.order = order
        let number = epoch * stepsPerEpoch + place
        let rate = settings.optimiser.rate(epoch: epoch, step: number, of: settings.epochs * stepsPerEpoch)
        let loss = try trainer.step(number, on: training, rows: order[place], rate: rate)
        guard loss.isFinite else {
            throw NetworkError(
                "the loss of step \(place + 1) of epoch \(epoch + 1) is \(loss): take a lower learning rate, or clip=1 in the optimiser"
            )
        }
        losses.append(loss)
        guard losses.count == stepsPerEpoch else { return .step(place + 1, ofEpoch: epoch + 1, loss: loss) }
        return .epoch(try finishEpoch())
    }

    /// The rest of the epoch that has begun, or a whole one.
    package func next() throws -> EpochReport? {
        while let progress = try advance() { if case .epoch(let report) = progress { return report } }
        return nil
    }

    private func finishEpoch() throws -> EpochReport {
        let judged = try validation.map { try trainer.evaluate(on: $0) }
        let report = EpochReport(
            epoch: history.count + 1, trainingLoss: Reference.mean(losses), validationLoss: judged?.loss,
            accuracy: judged?.accuracy)
        metrics = judged
        history.append(report)
        losses = []
        order = nil
        if settings.patience != nil, let loss = judged?.loss, best.map({ loss < $0.loss }) ?? true {
            best = (report.epoch, loss, trainer.state)
        }
        return report
    }

    /// Judges the weights that `modelBytes` writes on the rows held back; nil without any.
    package func judged() throws -> Metrics? {
        guard let validation else { return nil }
        guard let best, best.epoch != history.count || !losses.isEmpty else {
            return try trainer.evaluate(on: validation)
        }
        let current = trainer.state
        try trainer.load(best.state)
        defer { try? trainer.load(current) }
        return try trainer.evaluate(on: validation)
    }

    /// The model file with the trained weights in it (the best ones under early stopping), adapters merged.
    package func modelBytes() throws -> [UInt8] { try modelFiles(named: "model.onnx").model }

    /// As `modelBytes`, with the data files that belong to the model, called after `name`.
    package func modelFiles(named name: String) throws -> ModelFiles {
        var weights = trainer.parameters.merging(best?.state ?? [:]) { $1 }
        if let adapters { weights.merge(try adapters.merged(weights)) { $1 } }
        let inFile = Set(network.model.initializers.map(\.name))
        var changed: [String: Tensor] = [:]
        for (name, tensor) in weights where inFile.contains(name) && trainer.graph.parameters[name] != tensor {
            changed[name] = tensor
        }
        return try network.model.files(replacing: changed, named: name)
    }
}
