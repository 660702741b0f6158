import Datasets
import Graph
import Tensor

/// One training step for a number of rows: forward, backward, optimiser, as one program.
final class StepSession {
    let session: Session
    private let rows: Int
    private let input: UnsafeMutableBufferPointer<Float>
    private let labels: UnsafeMutableBufferPointer<Int32>
    private let rate: UnsafeMutableBufferPointer<Float>
    private let slots: [UnsafeMutableBufferPointer<Float>]
    private let state: [(memory: UnsafeMutableBufferPointer<Float>, start: Float)]

    init(
        _ model: Model, _ optimiser: Optimiser, rows: Int, kernels: Kernels, sharing first: Session?
    ) throws(ProgramError) {
        let program = try model.trainingProgram(optimiser, rows: rows)
        session = try Session(Plan(program), kernels: kernels, sharing: first)
        self.rows = rows
        input = session.floats(of: try Self.value("x", program))
        labels = session.memory(of: try Self.value("labels", program)).bindMemory(to: Int32.self)
        rate = session.floats(of: try Self.value(Optimiser.rateInput, program))
        var slots: [UnsafeMutableBufferPointer<Float>] = []
        for slot in model.slots { slots.append(session.floats(of: try Self.value(slot.name, program))) }
        self.slots = slots
        var state: [(memory: UnsafeMutableBufferPointer<Float>, start: Float)] = []
        for value in program.parameters where program.node(value).name.hasPrefix("optimiser/") {
            state.append((session.floats(of: value), program.node(value).name.hasPrefix("optimiser/power/") ? 1 : 0))
        }
        self.state = state
    }

    static func value(_ name: String, _ program: Program) throws(ProgramError) -> Value {
        guard let value = program.value(named: name) else { throw ProgramError(node: name, "is not in the program") }
        return value
    }

    func load(_ parameters: [Float], _ model: Model) {
        for (slot, memory) in zip(model.slots, slots) {
            for (index, value) in parameters[slot.range].enumerated() { memory[index] = value }
        }
    }

    func parameters(_ model: Model) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(model.parameterCount)
        for memory in slots { result += memory }
        return result
    }

    func resetOptimiser() {
        for (memory, start) in state { memory.update(repeating: start) }
    }

    func run(_ positions: ArraySlice<Int>, of data: Dataset, rate value: Float) throws(TrainingError) {
        let columns = data.columns
        data.features.withUnsafeBufferPointer { features in
            for (row, position) in positions.enumerated() {
                for column in 0..<columns { input[row * columns + column] = features[position * columns + column] }
                labels[row] = data.labels[position]
            }
        }
        rate[0] = value
        do {
            try session.run()
        } catch {
            throw TrainingError("a training step failed: \(error)")
        }
    }
}

/// The forward program for a number of rows: probabilities and the loss of each row.
final class AskSession {
    private let session: Session
    private let input: UnsafeMutableBufferPointer<Float>
    private let labels: UnsafeMutableBufferPointer<Int32>
    private let slots: [UnsafeMutableBufferPointer<Float>]
    private let probabilityMemory: UnsafeMutableBufferPointer<Float>
    private let lossMemory: UnsafeMutableBufferPointer<Float>

    init(_ model: Model, rows: Int, kernels: Kernels) throws(ProgramError) {
        var builder = ProgramBuilder()
        let (input, logits, parameters) = try model.append(rows: rows, to: &builder)
        let labels = try builder.input("labels", TensorType(.int32, [rows]))
        let parts = try builder.crossEntropyParts(logits, labels: labels)
        let probabilities = try builder.divide(parts.exponentials, parts.sums)
        builder.output("probabilities", probabilities)
        builder.output("losses", parts.losses)
        session = try Session(Plan(builder.finish()), kernels: kernels)
        self.input = session.floats(of: input)
        self.labels = session.memory(of: labels).bindMemory(to: Int32.self)
        var slots: [UnsafeMutableBufferPointer<Float>] = []
        for parameter in parameters { slots.append(session.floats(of: parameter)) }
        self.slots = slots
        probabilityMemory = session.floats(of: probabilities)
        lossMemory = session.floats(of: parts.losses)
    }

    var probabilities: [Float] { Array(probabilityMemory) }
    var losses: [Float] { Array(lossMemory) }

    func load(_ parameters: [Float], _ model: Model) {
        for (slot, memory) in zip(model.slots, slots) {
            for (index, value) in parameters[slot.range].enumerated() { memory[index] = value }
        }
    }

    func run(_ features: ArraySlice<Float>, _ classes: ArraySlice<Int32>?) throws(TrainingError) {
        for (index, value) in features.enumerated() { input[index] = value }
        if let classes {
            for (index, value) in classes.enumerated() { labels[index] = value }
        } else {
            labels.update(repeating: 0)
        }
        do {
            try session.run()
        } catch {
            throw TrainingError("the forward program failed: \(error)")
        }
    }
}
