package import Bytes
import Crypto
package import Graph
package import Training

/// What a training is to do, beside the network and the data.
package struct TrainingSettings: Sendable {
    /// Adapters instead of whole weights.
    package struct Adapters: Sendable, Equatable {
        package var rank: Int
        package var alpha: Float
        /// The weights that get one; nil takes every matrix that can.
        package var targets: NamePattern?
        /// Where they begin; nil begins anew.
        package let begun: AdapterFile?

        package init(rank: Int, alpha: Float, targets: NamePattern? = nil) {
            (self.rank, self.alpha, self.targets, begun) = (rank, alpha, targets, nil)
        }

        /// Goes on from adapters that were saved.
        package init(_ file: AdapterFile) { (rank, alpha, targets, begun) = (file.rank, file.alpha, nil, file) }

        /// In words, for what tells trainings apart.
        var text: String {
            let origin = begun.map { ", from \(keccak256($0.weights).hex0x)" } ?? ""
            return "rank \(rank), alpha \(alpha), \(targets?.text ?? "all")\(origin)"
        }
    }

    package var loss: Loss
    package var optimiser: Optimiser
    package var epochs: Int
    /// Fixes the order of rows, what dropout leaves out and where adapters begin.
    package var seed = Hash32.zero
    /// The judged output; nil takes the first that holds floats.
    package var output: String?
    /// Epochs without a lower validation loss after which training stops and the best weights are taken; nil never stops.
    package var patience: Int?
    /// The weights that move; nil moves all.
    package var trainable: NamePattern?
    package var adapters: Adapters?
    package var threads = 1

    package init(loss: Loss, optimiser: Optimiser, epochs: Int) {
        (self.loss, self.optimiser, self.epochs) = (loss, optimiser, epochs)
    }

    /// What must be the same for a checkpoint to be gone on from, by name.
    var identity: [(name: String, value: String)] {
        return [
            ("optimiser", optimiser.text), ("loss", loss.rawValue), ("seed", seed.hex0x), ("output", output ?? "first"),
            ("epochs", optimiser.schedule == .linear ? "\(epochs)" : "any"), ("adapters", adapters?.text ?? "none"),
            ("trainable weights", trainable?.text ?? "all"),
        ]
    }
}

/// What one epoch of training did.
package struct EpochReport: Sendable, Equatable {
    /// From 1.
    package let epoch: Int
    /// Mean loss of the steps.
    package let trainingLoss: Float
    /// On the rows held back; nil when there are none.
    package let validationLoss: Float?
    /// nil for numbers, and without rows held back.
    package let accuracy: Float?

    package init(epoch: Int, trainingLoss: Float, validationLoss: Float?, accuracy: Float?) {
        (self.epoch, self.trainingLoss) = (epoch, trainingLoss)
        (self.validationLoss, self.accuracy) = (validationLoss, accuracy)
    }
}
