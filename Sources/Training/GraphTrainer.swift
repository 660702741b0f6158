package import Bytes
package import Graph
package import Tensor

/// Trains and evaluates any graph on examples, with the same guarantees as `Trainer`: results depend on the arguments alone.
///
/// State after a step is the whole of `state`: a trainer made anew from it goes on to the same bytes.
package final class GraphTrainer {
    package let graph: TrainableGraph
    package let loss: Loss
    package let optimiser: Optimiser
    /// The judged output; nil takes the first that holds floats.
    package let output: String?
    private let kernels: Kernels
    private let noise: NoiseSource
    private let judgedRows: Int
    private var owner: Session
    private var steps: [Int: Step] = [:]
    private var judge: GraphJudge?

    private struct Step {
        let session: Session
        let inputs: [UnsafeMutableRawBufferPointer]
        let target: UnsafeMutableRawBufferPointer
        let rate: UnsafeMutableBufferPointer<Float>
        let loss: UnsafeMutableBufferPointer<Float>
        let noise: [UnsafeMutableBufferPointer<Float>]
    }

    /// - Parameters:
    ///   - seed: fixes the order of rows and what dropout leaves out.
    ///   - judgedRows: rows that are judged at once.
    package init(
        _ graph: TrainableGraph, loss: Loss, optimiser: Optimiser, output: String? = nil, seed: Hash32 = .zero,
        threads: Int = 1, judgedRows: Int = GraphJudge.batch
    ) throws {
        guard (1...1024).contains(threads) else { throw TrainingError("threads must be in 1...1024, not \(threads)") }
        self.graph = graph
        self.loss = loss
        self.optimiser = optimiser
        self.output = output
        self.judgedRows = judgedRows
        noise = NoiseSource(seed: seed)
        kernels = Kernels(pool: ThreadPool(threads: threads))
        let program = try Self.step(graph, loss, optimiser, output, rows: optimiser.batch)
        owner = try Session(Plan(program), kernels: kernels)
        steps[optimiser.batch] = try Self.places(owner, graph)
        try load(graph.parameters)
        resetOptimiser()
    }

    // MARK: State

    /// The current values of all parameters of the graph.
    package var parameters: [String: Tensor] {
        values { name, _ in !name.hasPrefix("optimiser/") }
    }

    /// Everything that a step changes: parameters that move, and the optimiser's state, by name.
    package var state: [String: Tensor] {
        let moving = Set(owner.plan.program.updates.map(\.parameter))
        return values { _, value in moving.contains(value) }
    }

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

    private func values(where isWanted: (String, Value) -> Bool) -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for value in owner.plan.program.parameters {
            let name = owner.plan.program.node(value).name
            if isWanted(name, value) { result[name] = owner.tensor(of: value) }
        }
        return result
    }

    /// Bytes that a step of a whole batch works in.
    package var peakBytes: Int { owner.plan.peakBytes }

    /// keccak256 of the program of a step of a whole batch.
    package var programHash: Hash32 { owner.plan.program.hash }

    /// The type of the target of one row.
    package func targetType() throws -> TensorType {
        guard let value = owner.plan.program.value(named: Program.targetInput) else {
            throw TrainingError("the step has no target")
        }
        let type = owner.plan.program.type(value)
        return TensorType(type.element, Array(type.shape.dropFirst()))
    }

    // MARK: Training

    /// One step on some rows of the samples: the loss before it.
    ///
    /// - Parameter number: the step's number from 0 through all epochs, which fixes what dropout leaves out.
    package func step(_ number: Int, on samples: Samples, rows: ArraySlice<Int>, rate: Float) throws -> Float {
        let step = try self.step(rows: rows.count)
        for (input, memory) in zip(graph.inputs, step.inputs) {
            samples.inputs.first { $0.name == input.name }?.tensor.copyRows(rows, to: memory)
        }
        samples.target.copyRows(rows, to: step.target)
        for (place, numbers) in step.noise.enumerated() { noise.fill(numbers, step: number, input: place) }
        step.rate[0] = rate
        try step.session.run()
        return step.loss[0]
    }

    /// - Throws: when the samples do not fit the graph and its loss.
    package func check(_ samples: Samples) throws {
        try graph.check(samples)
        let expected = try targetType()
        guard samples.target.type == expected.element, Array(samples.target.shape.dropFirst()) == expected.shape else {
            throw TrainingError(
                "'\(samples.name)': the target of a row is \(samples.target.type.name)\(Array(samples.target.shape.dropFirst())), the loss \(loss.rawValue) of this output needs \(expected.element.name)\(expected.shape)"
            )
        }
    }

    /// Loss and accuracy or errors on samples, out of training (running statistics, no dropout).
    package func evaluate(on samples: Samples) throws -> Metrics {
        let judge =
            judge
            ?? GraphJudge(graph, loss: loss, output: output, kernels: kernels, batch: judgedRows, sharing: owner)
        self.judge = judge
        return try judge.evaluate(on: samples)
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

    private static func step(
        _ graph: TrainableGraph, _ loss: Loss, _ optimiser: Optimiser, _ output: String?, rows: Int
    ) throws -> Program {
        let forward = try graph.program(rows, true)
        var (builder, _, result, _) = try forward.judged(by: loss, output: output)
        let moving = forward.parameters.filter { graph.trainable.contains(forward.node($0).name) }
        let gradients = try builder.gradients(of: result, for: moving)
        try optimiser.appendStep(to: &builder, parameters: moving, gradients: gradients)
        return builder.finish()
    }

    private static func places(_ session: Session, _ graph: TrainableGraph) throws -> Step {
        let program = session.plan.program
        guard let loss = program.output(named: "loss") else { throw TrainingError("the step has no loss") }
        return Step(
            session: session, inputs: try graph.inputs.map { try session.memory(ofInput: $0.name) },
            target: try session.memory(ofInput: Program.targetInput),
            rate: try session.memory(ofInput: Optimiser.rateInput).bindMemory(to: Float.self),
            loss: session.floats(of: loss), noise: program.noiseInputs.map { session.floats(of: $0) })
    }
}

extension Session {
    func memory(ofInput name: String) throws(TrainingError) -> UnsafeMutableRawBufferPointer {
        guard let value = plan.program.value(named: name) else {
            throw TrainingError("the graph has no input '\(name)'")
        }
        return memory(of: value)
    }
}
