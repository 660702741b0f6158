package import Graph
package import Tensor

/// Judges a graph on examples, a batch at a time, out of training.
package final class GraphJudge {
    /// Rows of a batch, where nothing asks for others.
    package static let batch = 128

    private let batch: Int
    private let graph: TrainableGraph
    private let loss: Loss
    private let output: String?
    private let kernels: Kernels
    private let owner: Session?
    private var askers: [Int: Asker] = [:]

    private struct Asker {
        let session: Session
        let inputs: [UnsafeMutableRawBufferPointer]
        let target: UnsafeMutableRawBufferPointer
        let targetType: TensorType
        let scores: UnsafeMutableBufferPointer<Float>
        let loss: UnsafeMutableBufferPointer<Float>
    }

    /// - Parameter owner: a session whose parameters are used; nil uses those of the graph.
    package init(
        _ graph: TrainableGraph, loss: Loss, output: String? = nil, kernels: Kernels = .shared,
        batch: Int = GraphJudge.batch, sharing owner: Session? = nil
    ) {
        self.batch = max(1, batch)
        self.graph = graph
        self.loss = loss
        self.output = output
        self.kernels = kernels
        self.owner = owner
    }

    /// - Throws: when the samples do not fit the graph and the loss.
    package func evaluate(on samples: Samples) throws -> Metrics {
        try graph.check(samples)
        var counter = MetricsCounter(loss, classes: samples.classNames.count)
        let all = Array(0..<samples.rows)
        for start in stride(from: 0, to: samples.rows, by: batch) {
            let rows = all[start..<min(start + batch, samples.rows)]
            let asker = try asker(rows: rows.count)
            let shape = Array(asker.targetType.shape.dropFirst())
            guard samples.target.type == asker.targetType.element, Array(samples.target.shape.dropFirst()) == shape
            else {
                throw TrainingError(
                    "'\(samples.name)': the target of a row is \(samples.target.type.name)\(Array(samples.target.shape.dropFirst())), the output needs \(asker.targetType.element.name)\(shape)"
                )
            }
            for (input, memory) in zip(graph.inputs, asker.inputs) {
                samples.inputs.first { $0.name == input.name }?.tensor.copyRows(rows, to: memory)
            }
            samples.target.copyRows(rows, to: asker.target)
            try asker.session.run()
            let scores = UnsafeBufferPointer(asker.scores)
            if asker.targetType.element == .int64 {
                counter.add(
                    rows: rows.count, loss: asker.loss[0], scores: scores,
                    labels: UnsafeBufferPointer(asker.target.bindMemory(to: Int64.self)))
            } else {
                counter.add(
                    rows: rows.count, loss: asker.loss[0], scores: scores,
                    numbers: UnsafeBufferPointer(asker.target.bindMemory(to: Float.self)))
            }
        }
        return counter.metrics
    }

    private func asker(rows: Int) throws -> Asker {
        if let known = askers[rows] { return known }
        var (builder, scores, value, targetType) = try graph.program(rows, false).judged(by: loss, output: output)
        builder.output("scores", scores)
        // Without an owner the weights are fixed: what depends on them alone is computed once.
        let program = owner == nil ? builder.finish().freezing(graph.parameters) : builder.finish()
        let session = try Session(Plan(program), kernels: kernels, sharing: owner)
        let made = Asker(
            session: session, inputs: try graph.inputs.map { try session.memory(ofInput: $0.name) },
            target: try session.memory(ofInput: Program.targetInput), targetType: targetType,
            scores: session.floats(of: scores), loss: session.floats(of: value))
        askers[rows] = made
        return made
    }
}
