package import Graph
import ONNX
import Synchronization
package import Tensor
package import Training

/// How long a network takes, measured as `bench/infer.py` and `bench/train.py` measure their peers: the least mean time of
/// one run over repeated short batches of runs, since on a shared machine whatever is slower was disturbed.
package struct NetworkBenchmark {
    /// What one measurement found.
    package struct Result: Sendable {
        package let seconds: Double
        /// How often it ran.
        package let runs: Int
        /// Bytes that the session holds, known before anything ran.
        package let peakBytes: Int
        /// Time by operation, largest first, of one run apart from the measured ones; empty unless asked for.
        package let operations: [Session.OperationTime]
        /// What a run gave, by name; of training the loss before the first step.
        package let outputs: [(name: String, tensor: Tensor)]
    }

    package let threads: Int
    /// For the whole measurement.
    package let seconds: Double
    /// Whether to time each operation, too.
    package let isDetailed: Bool
    /// Seconds from any fixed start.
    package let clock: () -> Double

    package init(threads: Int, seconds: Double, isDetailed: Bool = false, clock: @escaping () -> Double) {
        self.threads = threads
        self.seconds = seconds
        self.isDetailed = isDetailed
        self.clock = clock
    }

    /// Writing the inputs, one run, reading the outputs into memory that every run uses again.
    ///
    /// - Parameter callers: how many run at once, each in a thread of its own; time is then the whole by the number of runs.
    package func inference(_ network: Network, _ arrays: [String: Tensor], callers: Int = 1) throws -> Result {
        let inputs = try network.bound(arrays)
        let inference = try network.model.imported(shapes: inputs.mapValues(\.shape)).inferenceSession(
            kernels: network.kernels(threads))
        let program = inference.plan.program
        let sources = program.inputs.compactMap { value in
            inputs[program.node(value).name].map { (value: value, tensor: $0) }
        }
        var results: [Tensor] = []
        try inference.run(sources, into: &results)
        let (time, runs) =
            callers == 1
            ? try least { try inference.run(sources, into: &results) }
            : throughput(callers, inference, sources)
        return Result(
            seconds: time, runs: runs, peakBytes: inference.plan.peakBytes,
            operations: isDetailed ? try inference.withSession { try $0.operationTimes(clock: clock) } : [],
            outputs: zip(program.outputs, results).map { ($0.name, $1) })
    }

    /// Time by the number of runs when `callers` threads run the same for all the seconds.
    private func throughput(
        _ callers: Int, _ inference: InferenceSession, _ sources: [(value: Value, tensor: Tensor)]
    ) -> (seconds: Double, runs: Int) {
        let runs = Atomic<Int>(0)
        let start = clock()
        let end = start + seconds
        ThreadPool(threads: callers).run(pieces: callers) { _ in
            var outputs: [Tensor] = []
            // A first run on the same arrays threw nothing.
            while clock() < end, (try? inference.run(sources, into: &outputs)) != nil {
                runs.add(1, ordering: .relaxed)
            }
        }
        let count = runs.load(ordering: .relaxed)
        return ((clock() - start) / Double(max(1, count)), count)
    }

    /// One step on a batch that stays the same: forward, backward, optimiser.
    package func training(_ network: Network, _ samples: Samples, _ settings: TrainingSettings) throws -> Result {
        let optimiser = settings.optimiser
        guard optimiser.batch == samples.rows else {
            throw NetworkError(
                "\(samples.name) holds \(samples.rows) rows, the optimiser takes \(optimiser.batch): write batch=\(samples.rows)"
            )
        }
        let graph = try NetworkTraining.Forward(network, samples, settings).graph
        let (scores, target) = try graph.judged(settings.output, settings.loss, rows: samples.rows)
        let samples = try samples.fitted(to: scores, target)
        let trainer = try GraphTrainer(
            graph, loss: settings.loss, optimiser: optimiser, output: settings.output, seed: settings.seed,
            threads: threads)
        try trainer.check(samples)
        let rows = Array(0..<samples.rows)[...]
        let first = try trainer.step(0, on: samples, rows: rows, rate: optimiser.rate)
        let (time, runs) = try least { _ = try trainer.step(0, on: samples, rows: rows, rate: optimiser.rate) }
        let session = try trainer.stepSession(rows: samples.rows)
        return Result(
            seconds: time, runs: runs, peakBytes: session.plan.peakBytes,
            operations: isDetailed ? try session.operationTimes(clock: clock) : [],
            outputs: [("loss", Tensor([first], shape: []))])
    }

    /// Mean time of one run in the fastest batch of about a millisecond, and the number of runs.
    private func least(_ body: () throws -> Void) rethrows -> (seconds: Double, runs: Int) {
        try body()
        let first = clock()
        try body()
        let batch = max(1, min(10_000, Int(0.001 / max(clock() - first, 1e-7))))
        var (best, runs) = (Double.infinity, 2)
        let end = clock() + seconds
        repeat {
            let start = clock()
            for _ in 0..<batch { try body() }
            best = min(best, (clock() - start) / Double(batch))
            runs += batch
        } while clock() < end
        return (best, runs)
    }
}

extension Network {
    /// Arrays that fill the inputs when none are given: every unknown size is `batch`, floats lie in [0, 1), integers are 0.
    package func sampleArrays(batch: Int) throws -> [String: Tensor] {
        try model.inputTypes(batch: batch).mapValues { type in
            guard type.element == .float32 else { return Tensor(shape: type.shape, type: type.element) }
            return Tensor((0..<type.count).map { Float($0 * 7919 % 1021) / 1021 }, shape: type.shape)
        }
    }
}
