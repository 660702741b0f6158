import Graph
import Tensor
import Testing

/// Many callers at once get what one gets.
@Suite struct InferenceSessionTests {
    private let program: Program
    private let weights: [String: Tensor]
    private let x: Value
    private let y: Value

    /// A convolution, attention, a forest beside it, and a sum of constants: whatever is made once for all sessions, and steps with
    /// room of their own.
    init() throws {
        var random = RandomTensors(5)
        weights = [
            "w": random.floats([8, 3, 3, 3]), "b": random.floats([1, 8, 1, 1]), "v": random.floats([10, 512]),
        ]
        var builder = ProgramBuilder()
        x = try builder.input("x", TensorType(.float32, [1, 3, 8, 8]))
        var parameters: [String: Value] = [:]
        for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
            parameters[name] = try builder.parameter(name, TensorType(.float32, tensor.shape))
        }
        let (w, b, v) = (try #require(parameters["w"]), try #require(parameters["b"]), try #require(parameters["v"]))
        let window = Window(kernel: [3, 3], before: [1, 1], after: [1, 1])
        let image = try builder.append(.convolve(window, groups: 1), [x, w])
        let hidden = try builder.map(.relu, try builder.add(image, try builder.map(.exp, b)))
        let heads = try builder.permute(try builder.reshape(hidden, [1, 8, 4, 16]), [0, 2, 1, 3])
        let shares = try builder.softmax(try builder.matmul(heads, heads, transposeB: true))
        let mixed = try builder.permute(try builder.matmul(shares, heads), [0, 2, 1, 3])
        let flat = try builder.reshape(mixed, [1, 512])
        let forest = TreeEnsemble(
            features: 512, targets: 1, aggregate: .sum, base: [0.5], roots: [0],
            nodes: [
                .init(
                    comparison: .less, feature: 7, threshold: 1, whenTrue: 1, whenFalse: 2, missingGoesTrue: false),
                .init(comparison: .leaf, feature: 0, threshold: 0, whenTrue: 0, whenFalse: 1, missingGoesTrue: false),
                .init(comparison: .leaf, feature: 0, threshold: 0, whenTrue: 1, whenFalse: 2, missingGoesTrue: false),
            ], weights: [.init(target: 0, value: 2), .init(target: 0, value: -3)])
        let leaf = try builder.append(.trees(forest), [flat])
        y = try builder.add(try builder.matmul(flat, v, transposeB: true), leaf)
        builder.output("y", y)
        program = builder.finish()
    }

    @Test func manyCallersGetTheSameBytes() async throws {
        let inference = try InferenceSession(
            Plan(program.freezing(weights)), kernels: Kernels(pool: ThreadPool(threads: 2)))
        let (x, y) = (self.x, self.y)
        var random = RandomTensors(6)
        let rows = (0..<8).map { _ in random.floats([1, 3, 8, 8]) }
        let expected = try rows.map { row in
            try ReferenceExecutor.run(program, weights.merging(["x": row]) { $1 })[y.index]
        }
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    var outputs: [Tensor] = []
                    for round in 0..<50 {
                        let row = (caller + round) % rows.count
                        let found = try inference.withSession { session in
                            try session.write(x, rows[row])
                            try session.run()
                            return session.tensor(of: y)
                        }
                        try inference.run([(value: x, tensor: rows[row])], into: &outputs)
                        if found != expected[row] || outputs != [expected[row]] { return false }
                    }
                    return true
                }
            }
            return try await group.reduce(true) { $0 && $1 }
        }
        #expect(right)
    }

    /// A caller inside another's run gets a session of its own.
    @Test func sessionsAreLentToOneCallerAtATime() throws {
        let inference = try InferenceSession(Plan(program.freezing(weights)))
        var random = RandomTensors(7)
        let (outer, inner) = (random.floats([1, 3, 8, 8]), random.floats([1, 3, 8, 8]))
        try inference.withSession { first in
            try first.write(x, outer)
            try inference.withSession { second in
                #expect(first !== second)
                try second.write(x, inner)
                try second.run()
            }
            try first.run()
            let expected = try ReferenceExecutor.run(program, weights.merging(["x": outer]) { $1 })
            #expect(first.tensor(of: y) == expected[y.index])
        }
    }

    @Test func programsThatLearnAreRefused() throws {
        var builder = ProgramBuilder()
        let p = try builder.parameter("p", TensorType(.float32, [2]))
        try builder.update(p, to: try builder.map(.exp, p))
        let plan = Plan(builder.finish())
        #expect(throws: ProgramError.self) { try InferenceSession(plan) }
    }
}
