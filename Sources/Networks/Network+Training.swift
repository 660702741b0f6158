package import Bytes
package import Datasets
import Formats
package import Graph
import ONNX
import Tensor
package import Training

/// What one epoch of training did.
package struct EpochReport: Sendable, Equatable {
    /// From 1.
    package let epoch: Int
    /// Mean loss of the steps.
    package let trainingLoss: Float
    /// On the rows held back; nil when there are none.
    package let validation: Evaluation?
}

extension Network {
    /// The network with batch statistics as in training, for rows of one shape, and what a person should know about it.
    func trainable(input: String, rowShape: [Int], rows: Int) throws -> (graph: TrainableGraph, warnings: [String]) {
        let model = model
        let first = try model.imported(shapes: [input: [rows] + rowShape], isTraining: true)
        guard !first.trainable.isEmpty else {
            throw NetworkError("\(name) has no named float weights: there is nothing to train")
        }
        let graph = TrainableGraph(
            input: input, rowShape: rowShape, parameters: first.parameters, trainable: first.trainable
        ) { rows in try model.imported(shapes: [input: [rows] + rowShape], isTraining: true).program }
        return (graph, first.warnings)
    }
}

/// Training of a network file on labelled rows, an epoch at a time, resumable to the same bytes.
package final class NetworkTraining {
    package let network: Network
    package let trainer: GraphTrainer
    package let warnings: [String]
    package let epochs: Int
    private let training: Dataset
    private let validation: Dataset?
    private let key: Hash32
    /// Epochs that are done.
    package private(set) var done = 0

    package init(
        _ network: Network, training: Dataset, validation: Dataset?, loss: Loss, optimiser: Optimiser, epochs: Int,
        key: Hash32,
        output: String? = nil, threads: Int = 1
    ) throws {
        let input = try network.onlyInput()
        let (graph, warnings) = try network.trainable(
            input: input.name, rowShape: try network.rowShape(input), rows: optimiser.batch)
        trainer = try GraphTrainer(graph, loss: loss, optimiser: optimiser, output: output, threads: threads)
        self.network = network
        self.training = training
        self.validation = validation
        self.epochs = epochs
        self.key = key
        self.warnings = warnings
    }

    /// The next epoch, or nil when all are done.
    package func next() throws -> EpochReport? {
        guard done < epochs else { return nil }
        let loss = try trainer.epoch(done, of: epochs, on: training, key: key)
        done += 1
        return EpochReport(
            epoch: done, trainingLoss: loss, validation: try validation.map { try trainer.evaluate(on: $0) })
    }

    /// The model file with the trained weights in it.
    package func modelBytes() throws -> [UInt8] {
        let trained = trainer.parameters.filter { trainer.graph.trainable.contains($0.key) }
        return try network.model.bytes(replacing: trained)
    }

    /// Everything that going on needs, as an `.npz`.
    package func checkpoint() -> [UInt8] {
        let tensors = trainer.parameters.merging(trainer.state) { first, _ in first }
        let sorted = tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) }
        return Npz.write([("epochs done", Tensor([Int64(done)], shape: [1]))] + sorted)
    }

    /// Goes on from a checkpoint of the same training.
    package func resume(_ bytes: [UInt8], name: String) throws {
        var tensors: [String: Tensor] = [:]
        for (key, tensor) in try Npz.read(bytes, name: name) { tensors[key] = tensor }
        let expected = Set(trainer.parameters.keys).union(trainer.state.keys)
        guard let count = tensors["epochs done"], count.type == .int64, count.count == 1,
            expected.isSubset(of: tensors.keys)
        else { throw NetworkError("\(name) is no checkpoint of this model and optimiser") }
        try trainer.load(tensors)
        done = Int(count.values(as: Int64.self)[0])
    }
}
