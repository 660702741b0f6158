package import Bytes
import Datasets
import Tensor

/// The order of the rows of one epoch, dealt into steps.
package struct EpochOrder: Sendable {
    private let order: [Int]
    private let batch: Int

    /// The permutation of stream "cairn shuffle" of `seed` with 0, 0 and the epoch.
    package init(rows: Int, batch: Int, epoch: Int, seed: Hash32) {
        var stream = RandomStream(key: seed, purpose: "cairn shuffle", [0, 0, epoch])
        order = stream.permutation(rows)
        self.batch = batch
    }

    /// Steps of an epoch over so many rows.
    package static func steps(rows: Int, batch: Int) -> Int { (rows + batch - 1) / batch }

    /// The rows of a step; the last may have fewer than a batch.
    package subscript(step: Int) -> ArraySlice<Int> { order[step * batch..<min((step + 1) * batch, order.count)] }
}

extension GraphTrainer {
    /// One pass over the data in the order of `EpochOrder`; the mean loss of its steps.
    ///
    /// `step` numbers go on through the epochs, of `epochs` in all, for schedules.
    @discardableResult
    package func epoch(_ epoch: Int, of epochs: Int, on samples: Samples, seed: Hash32) throws -> Float {
        try check(samples)
        let order = EpochOrder(rows: samples.rows, batch: optimiser.batch, epoch: epoch, seed: seed)
        let perEpoch = EpochOrder.steps(rows: samples.rows, batch: optimiser.batch)
        var losses: [Float] = []
        for place in 0..<perEpoch {
            let number = epoch * perEpoch + place
            let rate = optimiser.rate(epoch: epoch, step: number, of: epochs * perEpoch)
            losses.append(try step(number, on: samples, rows: order[place], rate: rate))
        }
        return Reference.mean(losses)
    }
}
