package import Tensor

/// A program ready to run: owns its memory, keeps parameters between runs, allocates nothing after the first run.
///
/// A session serves one caller at a time; `InferenceSession` serves many.
///
/// ```swift
/// let session = try Session(Plan(program), kernels: .shared)
/// session.write(x, rows)
/// try session.run()
/// let y = session.floats(of: program.output(named: "y")!)   // the builder named it
/// ```
package final class Session {
    /// A step of the run; throws only for data that no plan can foresee (an index out of range).
    typealias Step = () throws(ProgramError) -> Void

    package let plan: Plan
    let kernels: Kernels
    private let arena: UnsafeMutableRawPointer
    private let permanent: UnsafeMutableRawPointer
    private var scratch: [UnsafeMutableRawPointer] = []
    /// Values that live in another session, which is kept alive.
    private let borrowed: [Int: UnsafeMutableRawPointer]
    private let lender: Session?
    /// What is made of constants for the kernels' sake, by node.
    var arrangements: [Int: PackedWeights] = [:]
    var forests: [Int: CompactForest] = [:]
    private var steps: [Step] = []
    /// Winners of max pools whose gradient is in the program, by image and window.
    var winners: [PoolKey: UnsafeMutablePointer<Int32>] = [:]

    struct PoolKey: Hashable {
        let image: Int
        let window: Window
    }

    /// Lays out memory, copies constants and computes what depends on them alone.
    ///
    /// Parameters that `lender` has too, by name and type, are shared with it: the two must not run at the same time.
    ///
    /// - Throws: when the plan needs more than `memoryLimit` bytes, or a constant index is out of range.
    package convenience init(
        _ plan: Plan, kernels: Kernels = .shared, sharing lender: Session? = nil, memoryLimit: Int = 1 << 34
    ) throws(ProgramError) {
        guard plan.peakBytes <= memoryLimit else {
            throw ProgramError(
                node: "program",
                "needs \(plan.peakBytes) bytes, more than the \(memoryLimit) that it may use: take a smaller batch")
        }
        var shared: [Int: UnsafeMutableRawPointer] = [:]
        if let lender {
            for value in plan.program.parameters {
                let node = plan.program.node(value)
                if let twin = lender.plan.program.value(named: node.name), lender.plan.program.type(twin) == node.type,
                    case .parameter = lender.plan.program.node(twin).operation
                {
                    shared[value.index] = lender.pointer(twin.index)
                }
            }
        }
        self.init(plan, kernels, lender, borrowed: shared, permanentBytes: plan.parameterBytes + plan.constantBytes)
        for (index, node) in plan.program.nodes.enumerated() {
            if case .constant(let tensor) = node.operation, plan.places[index] != .dead {
                let target = pointer(index)
                tensor.withUnsafeBytes { source in
                    if let base = source.baseAddress { target.copyMemory(from: base, byteCount: node.type.byteCount) }
                }
            }
        }
        for index in plan.preparation { try compile(index)() }
        for index in plan.steps { steps.append(compile(index)) }
        appendUpdates()
    }

    /// Another session of the same plan, which reads this one's parameters and constants where they lie. All may run at the same
    /// time as long as nobody writes a parameter.
    ///
    /// - Precondition: the program updates nothing.
    func twin() -> Session {
        precondition(plan.program.updates.isEmpty, "sessions that update their parameters cannot share them at once")
        var shared: [Int: UnsafeMutableRawPointer] = [:]
        for (index, node) in plan.program.nodes.enumerated() {
            if case .permanent = plan.places[index], node.operation != .input { shared[index] = pointer(index) }
        }
        let twin = Session(plan, kernels, self, borrowed: shared, permanentBytes: plan.inputBytes)
        twin.arrangements = arrangements
        twin.forests = forests
        for index in plan.steps { twin.steps.append(twin.compile(index)) }
        return twin
    }

    private init(
        _ plan: Plan, _ kernels: Kernels, _ lender: Session?, borrowed: [Int: UnsafeMutableRawPointer],
        permanentBytes: Int
    ) {
        self.plan = plan
        self.kernels = kernels
        self.lender = lender
        self.borrowed = borrowed
        arena = .allocate(byteCount: max(64, plan.arenaBytes), alignment: 64)
        permanent = .allocate(byteCount: max(64, permanentBytes), alignment: 64)
        permanent.initializeMemory(as: UInt8.self, repeating: 0, count: max(64, permanentBytes))
    }

    deinit {
        arena.deallocate()
        permanent.deallocate()
        for block in scratch { block.deallocate() }
    }

    /// Runs the program once: outputs become readable, then updates replace parameters.
    package func run() throws(ProgramError) {
        for step in steps { try step() }
    }

    /// What one step of a run took.
    package struct OperationTime: Sendable {
        /// The name of the node, or of the last of a fused group.
        package let node: String
        /// The name of its operation; `rows` for a group over rows, `attention` for two products with such a group between them.
        package let operation: String
        package let seconds: Double
    }

    /// Mean time of each step over a few runs, in the order of the program; `clock` gives seconds from any fixed start.
    ///
    /// Runs the program, with its updates.
    package func operationTimes(clock: () -> Double, runs: Int = 10) throws(ProgramError) -> [OperationTime] {
        var spent = [Double](repeating: 0, count: steps.count)
        for _ in 0..<max(1, runs) {
            for (index, step) in steps.enumerated() {
                let start = clock()
                try step()
                spent[index] += clock() - start
            }
        }
        return spent.enumerated().map { index, seconds in
            let step = index < plan.steps.count ? plan.steps[index] : nil
            return OperationTime(
                node: step.map { plan.program.nodes[plan.contractions[$0]?.head ?? $0].name } ?? "",
                operation: step.map(plan.name) ?? "update", seconds: seconds / Double(max(1, runs)))
        }
    }

    // MARK: Values

    /// The memory of an input, a parameter or an output. Valid as long as the session.
    package func memory(of value: Value) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer(value.index), count: plan.program.type(value).byteCount)
    }

    /// Copies a tensor of the right type and shape into an input or a parameter.
    package func write(_ value: Value, _ tensor: Tensor) throws(ProgramError) {
        let node = plan.program.node(value)
        guard tensor.type == node.type.element, tensor.shape == node.type.shape else {
            throw ProgramError(
                node: node.name, "needs \(node.type), was given \(TensorType(tensor.type, tensor.shape))")
        }
        let target = memory(of: value)
        tensor.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer($0)) }
    }

    /// A copy of a value that the last run left.
    package func tensor(of value: Value) -> Tensor {
        let type = plan.program.type(value)
        var tensor = Tensor(shape: type.shape, type: type.element)
        let source = UnsafeRawBufferPointer(memory(of: value))
        tensor.withUnsafeMutableBytes { $0.copyMemory(from: source) }
        return tensor
    }

    /// Copies a value that the last run left into memory of the caller's.
    ///
    /// - Precondition: the memory has room for the bytes of the value.
    package func read(_ value: Value, into target: UnsafeMutableRawBufferPointer) {
        let source = memory(of: value)
        precondition(target.count >= source.count, "no room for the value")
        target.copyMemory(from: UnsafeRawBufferPointer(source))
    }

    /// Copies a value that the last run left into a tensor, whose memory is used again when type and shape are the value's and nobody
    /// else holds it.
    package func read(_ value: Value, into tensor: inout Tensor) {
        let node = plan.program.node(value)
        guard tensor.type == node.type.element, tensor.shape == node.type.shape else {
            tensor = self.tensor(of: value)
            return
        }
        tensor.withUnsafeMutableBytes { read(value, into: $0) }
    }

    /// The elements of a float32 value.
    package func floats(of value: Value) -> UnsafeMutableBufferPointer<Float> {
        precondition(plan.program.type(value).element == .float32, "the value is not float32")
        return memory(of: value).bindMemory(to: Float.self)
    }

    // MARK: Memory

    func pointer(_ index: Int) -> UnsafeMutableRawPointer {
        switch plan.places[index] {
        case .arena(let offset): arena + offset
        case .permanent(let offset): borrowed[index] ?? permanent + offset
        case .alias(let source): pointer(source)
        case .register, .dead: preconditionFailure("the value \(plan.program.nodes[index].name) is not stored")
        }
    }

    /// Memory for the life of the session, for steps that need room of their own.
    func room(bytes: Int) -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: max(64, bytes), alignment: 64)
        scratch.append(block)
        return block
    }

    /// The copies at the end of a run. A parameter that is itself the new value of another is put aside before any is replaced.
    private func appendUpdates() {
        let parameters = Set(plan.program.parameters.map { pointer($0.index) })
        var copies: [Step] = []
        for (number, update) in plan.program.updates.enumerated() where !plan.inPlaceUpdates.contains(number) {
            let count = plan.program.type(update.value).byteCount
            let target = pointer(update.parameter.index)
            let source = pointer(update.value.index)
            if parameters.contains(source) {
                let aside = room(bytes: count)
                steps.append(Self.copy(source, to: aside, count))
                copies.append(Self.copy(aside, to: target, count))
            } else {
                copies.append(Self.copy(source, to: target, count))
            }
        }
        steps += copies
    }

    private static func copy(
        _ source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer, _ count: Int
    ) -> Step {
        { () throws(ProgramError) in target.copyMemory(from: source, byteCount: count) }
    }
}
