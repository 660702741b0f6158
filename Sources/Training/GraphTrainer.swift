package import Bytes
package import Datasets
package import Graph
package import Tensor

/// Trains and evaluates any graph on labelled rows, with the same guarantees as `Trainer`.
///
/// State after a call to `train` is the whole of `parameters` and `state`: a trainer made anew from both goes on to the same bytes.
package final class GraphTrainer {
    package let graph: TrainableGraph
    package let loss: Loss
    package let optimiser: Optimiser
    /// The judged output; nil takes the first that holds floats.
    package let output: String?
    private let kernels: Kernels
    private var owner: Session
    private var steps: [Int: Step] = [:]
    private var askers: [Int: Asker] = [:]

    private struct Step {
        let session: Session
        let input: UnsafeMutableRawBufferPointer
        let target: UnsafeMutableRawBufferPointer
        let rate: UnsafeMutableBufferPointer<Float>
        let loss: UnsafeMutableBufferPointer<Float>
    }

    private struct Asker {
        let session: Session
        let input: UnsafeMutableRawBufferPointer
        let output: Value
    }

    package init(
        _ graph: TrainableGraph, loss: Loss, optimiser: Optimiser, output: String? = nil, threads: Int = 1
    ) throws {
        guard (1...1024).contains(threads) else { throw TrainingError("threads must be in 1...1024, not \(threads)") }
        self.graph = graph
        self.loss = loss
        self.optimiser = optimiser
        self.output = output
        kernels = Kernels(pool: ThreadPool(threads: threads))
        let program = try Self.step(graph, loss, optimiser, output, rows: optimiser.batch)
        owner = try Session(Plan(program), kernels: kernels)
        steps[optimiser.batch] = try Self.places(owner, graph)
        try load(graph.parameters)
        resetOptimiser()
    }

    // MARK: State

    /// The current values of all parameters of the graph.
    package var parameters: [String: Tensor] { values { !$0.hasPrefix("optimiser/") } }

    /// The optimiser's state.
    package var state: [String: Tensor] { values { $0.hasPrefix("optimiser/") } }

    /// Puts tensors into parameters or state by name; names that are not there are ignored.
    package func load(_ tensors: [String: Tensor]) throws {
        for value in owner.plan.program.parameters {
            guard let tensor = tensors[owner.plan.program.node(value).name] else { continue }
            try owner.write(value, tensor)
        }
    }

    package func resetOptimiser() {
        for value in owner.plan.program.parameters {
            let name = owner.plan.program.node(value).name
            guard name.hasPrefix("optimiser/") else { continue }
            owner.floats(of: value).update(repeating: name.hasPrefix("optimiser/power/") ? 1 : 0)
        }
    }

    private func values(where isWanted: (String) -> Bool) -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for value in owner.plan.program.parameters {
            let name = owner.plan.program.node(value).name
            if isWanted(name) { result[name] = owner.tensor(of: value) }
        }
        return result
    }

    // MARK: Training

    /// One pass over the data in the order of stream "cairn shuffle" of `key` with 0, 0 and the epoch; the mean loss of its steps.
    ///
    /// `step` numbers go on through the epochs, of `epochs` in all, for schedules.
    @discardableResult
    package func epoch(_ epoch: Int, of epochs: Int, on data: Dataset, key: Hash32) throws -> Float {
        try check(data)
        var stream = RandomStream(key: key, purpose: "cairn shuffle", [0, 0, epoch])
        let order = stream.permutation(data.rows)
        let batch = optimiser.batch
        let perEpoch = (data.rows + batch - 1) / batch
        var losses: [Float] = []
        for (number, start) in stride(from: 0, to: data.rows, by: batch).enumerated() {
            let rows = Array(order[start..<min(start + batch, data.rows)])
            let rate = optimiser.rate(epoch: epoch, step: epoch * perEpoch + number, of: epochs * perEpoch)
            losses.append(
                try step(
                    rows: rows.count, rate: rate,
                    fill: { input in
                        for (place, row) in rows.enumerated() {
                            for column in 0..<data.columns {
                                input[place * data.columns + column] = data.features[row * data.columns + column]
                            }
                        }
                    },
                    label: { data.labels[rows[$0]] }))
        }
        return Reference.mean(losses)
    }

    /// One step on rows given as tensors: the loss before it.
    package func step(features: Tensor, target: Tensor, rate: Float) throws -> Float {
        let rows = features.shape.first ?? 0
        let step = try self.step(rows: rows)
        guard features.byteCount == step.input.count, target.byteCount == step.target.count else {
            throw TrainingError("features \(features.shape) or target \(target.shape) do not fit the graph")
        }
        features.withUnsafeBytes { step.input.copyMemory(from: $0) }
        target.withUnsafeBytes { step.target.copyMemory(from: $0) }
        step.rate[0] = rate
        try step.session.run()
        return step.loss[0]
    }

    private func step(
        rows: Int, rate: Float, fill: (UnsafeMutableBufferPointer<Float>) -> Void, label: (Int) -> Int32
    ) throws -> Float {
        let step = try self.step(rows: rows)
        fill(step.input.bindMemory(to: Float.self))
        let labels = step.target.bindMemory(to: Int64.self)
        for row in 0..<rows { labels[row] = Int64(label(row)) }
        step.rate[0] = rate
        try step.session.run()
        return step.loss[0]
    }

    // MARK: Asking

    /// Accuracy, mean loss (of the softmax of the output, or of its logarithm when it holds probabilities) and confusion.
    package func evaluate(on data: Dataset) throws -> Evaluation {
        try check(data)
        let classes = data.classNames.count
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        var losses: [Float] = []
        for start in stride(from: 0, to: data.rows, by: 128) {
            let rows = min(128, data.rows - start)
            let scores = try ask(Array(data.features[start * data.columns..<(start + rows) * data.columns]), rows: rows)
            let width = scores.count / rows
            guard width >= classes else {
                throw TrainingError("the output has \(width) classes, the data \(classes)")
            }
            for row in 0..<rows {
                let line = Array(scores[row * width..<(row + 1) * width])
                let label = Int(data.labels[start + row])
                let predicted = Reference.argmax(line)
                if predicted < classes { confusion[label][predicted] += 1 }
                losses.append(rowLoss(line, label))
            }
        }
        return Evaluation(loss: Reference.mean(losses), confusion: confusion)
    }

    /// The judged output for rows of features, flat.
    package func ask(_ features: [Float], rows: Int) throws -> [Float] {
        guard features.count == rows * graph.rowCount, rows > 0 else {
            throw TrainingError("\(features.count) numbers are not \(rows) rows of \(graph.rowCount)")
        }
        let asker = try self.asker(rows: rows)
        let input = asker.input.bindMemory(to: Float.self)
        for (index, value) in features.enumerated() { input[index] = value }
        try asker.session.run()
        return Array(asker.session.floats(of: asker.output))
    }

    private func rowLoss(_ scores: [Float], _ label: Int) -> Float {
        if loss == .negativeLogLikelihood { return -Reference.log(scores[label]) }
        let most = Reference.maximum(scores)
        let total = Reference.sum(scores.map { Reference.exp($0 - most) })
        return Reference.log(total) - (scores[label] - most)
    }

    // MARK: Sessions

    /// The session that runs the steps on batches of `rows` rows, to be measured.
    package func stepSession(rows: Int) throws -> Session { try step(rows: rows).session }

    private func step(rows: Int) throws -> Step {
        if let known = steps[rows] { return known }
        let program = try Self.step(graph, loss, optimiser, output, rows: rows)
        let made = try Self.places(try Session(Plan(program), kernels: kernels, sharing: owner), graph)
        steps[rows] = made
        return made
    }

    private func asker(rows: Int) throws -> Asker {
        if let known = askers[rows] { return known }
        let program = try graph.program(rows)
        let session = try Session(Plan(program), kernels: kernels, sharing: owner)
        guard let input = program.value(named: graph.input) else {
            throw TrainingError("the graph has no input '\(graph.input)'")
        }
        let made = Asker(
            session: session, input: session.memory(of: input),
            output: try program.judgedOutput(output, .meanSquaredError).0)
        askers[rows] = made
        return made
    }

    private static func step(
        _ graph: TrainableGraph, _ loss: Loss, _ optimiser: Optimiser, _ output: String?, rows: Int
    ) throws -> Program {
        let forward = try graph.program(rows)
        let (judged, targetType) = try forward.judgedOutput(output, loss)
        var builder = ProgramBuilder(continuing: forward)
        builder.scope = "loss"
        builder.clearOutputs()
        let target = try builder.input(Program.targetInput, targetType)
        let result = try builder.loss(loss, of: judged, target: target)
        builder.output("loss", result)
        let moving = forward.parameters.filter { graph.trainable.contains(forward.node($0).name) }
        let gradients = try builder.gradients(of: result, for: moving)
        try optimiser.appendStep(to: &builder, parameters: moving, gradients: gradients)
        return builder.finish()
    }

    private static func places(_ session: Session, _ graph: TrainableGraph) throws -> Step {
        let program = session.plan.program
        func value(_ name: String) throws -> Value {
            guard let value = program.value(named: name) else {
                throw TrainingError("the graph has no input '\(name)'")
            }
            return value
        }
        guard let loss = program.output(named: "loss") else { throw TrainingError("the step has no loss") }
        return Step(
            session: session, input: session.memory(of: try value(graph.input)),
            target: session.memory(of: try value(Program.targetInput)),
            rate: session.floats(of: try value(Optimiser.rateInput)), loss: session.floats(of: loss))
    }

    private func check(_ data: Dataset) throws(TrainingError) {
        guard data.rows > 0 else { throw TrainingError("the data set '\(data.name)' has no rows") }
        guard data.columns == graph.rowCount else {
            throw TrainingError(
                "'\(data.name)' has \(data.columns) features, the graph takes \(graph.rowShape) = \(graph.rowCount)")
        }
        guard loss == .crossEntropy || loss == .negativeLogLikelihood else {
            throw TrainingError("labelled rows need the loss cross-entropy or nll, not \(loss.rawValue)")
        }
    }
}
