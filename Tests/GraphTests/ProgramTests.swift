import Graph
import Tensor
import Testing

@Suite struct ProgramTests {
    @Test func errorsNameTheNodeAndTheShapes() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [2, 3]))
        let w = try builder.parameter("w", TensorType(.float32, [4, 5]))
        let i = try builder.input("i", TensorType(.int64, [2]))
        func refusal(_ body: (inout ProgramBuilder) throws -> Void) -> String {
            var copy = builder
            do {
                try body(&copy)
                return "accepted"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            refusal { _ = try $0.matmul(x, w, name: "layer1") }
                == "node 'layer1': matmul: float32[2,3], float32[4,5] do not fit (inner sizes 3 and 4)")
        #expect(
            refusal { _ = try $0.add(x, w) }.hasSuffix(
                "the shapes float32[2,3], float32[4,5] do not stretch to one another"))
        #expect(refusal { _ = try $0.map(.exp, i) }.hasSuffix("exp is not defined on int64[2]"))
        #expect(refusal { _ = try $0.reshape(x, [7]) }.contains("the number of elements differs"))
        #expect(refusal { _ = try $0.reshape(x, [-2, -3]) }.contains("cannot reshape"))
        #expect(refusal { _ = try $0.permute(x, [0, 0]) }.contains("not a permutation"))
        #expect(refusal { _ = try $0.slice(x, axis: 1, from: 2, count: 2) }.contains("leaves float32[2,3]"))
        #expect(refusal { _ = try $0.broadcast(x, [1 << 40, 2, 3]) }.contains("more than"))
        #expect(refusal { _ = try $0.append(.gather(axis: 0), [x, x]) }.contains("indices must be"))
        #expect(refusal { _ = try $0.reduce(.maximum, x, axes: [2]) }.contains("do not fit"))
        #expect(refusal { _ = try $0.input("x", TensorType(.float32, [])) } == "node 'x': the name is taken")
        #expect(refusal { try $0.update(x, to: x) }.contains("it must be a parameter"))
        #expect(refusal { _ = try $0.gradients(of: x, for: [w]) }.contains("a loss is one float32"))
    }

    @Test func shapeArithmeticIsFolded() throws {
        var builder = ProgramBuilder()
        let a = builder.constant(Tensor([2, 3, 4] as [Int64], shape: [3]))
        let b = try builder.slice(a, axis: 0, from: 1, count: 2)
        let c = try builder.reduce(.product, b, axes: [0], keepsAxes: false)
        #expect(builder.constant(c)?.values(as: Int64.self) == [12])
    }

    @Test func theHashIsOfWhatIsComputed() throws {
        func program(_ scope: String, function: ScalarFunction = .tanh, name: String = "x") throws -> Program {
            var builder = ProgramBuilder()
            builder.scope = scope
            let x = try builder.input(name, TensorType(.float32, [2, 2]))
            builder.output("y", try builder.map(function, x))
            return builder.finish()
        }
        let hash = try program("a").hash
        #expect(try program("b").hash == hash)
        #expect(try program("a", function: .exp).hash != hash)
        #expect(try program("a", name: "z").hash != hash)
        // The canonical bytes: magic, two nodes, one output, no update, no derivative.
        #expect(
            try program("a").encoded
                == Array("cairn program".utf8) + [1, 2, 1, 1, 0x78, 1, 2, 4, 4, 0, 4, 5, 1, 0, 1, 1, 0x79, 1, 0, 0])
    }

    @Test func memoryIsReused() throws {
        var builder = ProgramBuilder()
        let w = try builder.parameter("w", TensorType(.float32, [64, 64]))
        var x = try builder.input("x", TensorType(.float32, [64, 64]))
        for _ in 0..<20 { x = try builder.matmul(x, w) }
        builder.output("y", x)
        let plan = Plan(builder.finish())
        // Two buffers alternate.
        #expect(plan.arenaBytes == 2 * 64 * 64 * 4)
        #expect(throws: ProgramError.self) { try Session(plan, memoryLimit: 1000) }
    }

    @Test func anIndexOutOfRangeIsAnErrorNotACrash() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [3, 2]))
        let i = try builder.input("i", TensorType(.int64, [2]))
        builder.output("y", try builder.append(.gather(axis: 0), [x, i], name: "embedding"))
        let program = builder.finish()
        let session = try Session(Plan(program))
        for bad in [Int64(3), -1, .max, .min] {
            try session.write(i, Tensor([0, bad], shape: [2]))
            let error = #expect(throws: ProgramError.self) { try session.run() }
            #expect(error?.node == "embedding")
        }
        try session.write(i, Tensor([0, 2] as [Int64], shape: [2]))
        try session.run()
    }

    @Test func updatesReplaceParametersTogether() throws {
        // a and b swap: neither may be overwritten before both are read.
        var builder = ProgramBuilder()
        let a = try builder.parameter("a", TensorType(.float32, [2]))
        let b = try builder.parameter("b", TensorType(.float32, [2]))
        let half = builder.scalar(0.5)
        try builder.update(a, to: try builder.multiply(b, half))
        try builder.update(b, to: try builder.multiply(a, half))
        let session = try Session(Plan(builder.finish()))
        try session.write(a, Tensor([2, 4] as [Float], shape: [2]))
        try session.write(b, Tensor([6, 8] as [Float], shape: [2]))
        try session.run()
        #expect(Array(session.floats(of: a)) == [3, 4])
        #expect(Array(session.floats(of: b)) == [1, 2])
    }

    @Test func parametersMayChangePlaces() throws {
        var builder = ProgramBuilder()
        let a = try builder.parameter("a", TensorType(.float32, [1]))
        let b = try builder.parameter("b", TensorType(.float32, [1]))
        try builder.update(b, to: a)
        try builder.update(a, to: b)
        let session = try Session(Plan(builder.finish()))
        session.floats(of: a)[0] = 1
        session.floats(of: b)[0] = 2
        try session.run()
        #expect(session.floats(of: a)[0] == 2)
        #expect(session.floats(of: b)[0] == 1)
    }

    @Test func sessionsOfOnePlanRunAtOnce() async throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [16, 16]))
        builder.output("y", try builder.softmax(try builder.matmul(x, x)))
        let plan = Plan(builder.finish())
        let results = try await withThrowingTaskGroup(of: Bool.self) { group in
            for seed in 0..<8 {
                group.addTask {
                    var random = RandomTensors(UInt64(seed % 2))
                    let tensor = random.floats([16, 16])
                    let session = try Session(plan)
                    let value = try #require(plan.program.value(named: "x"))
                    let output = try #require(plan.program.output(named: "y"))
                    try session.write(value, tensor)
                    try session.run()
                    let first = session.tensor(of: output)
                    for _ in 0..<50 {
                        try session.run()
                        if session.tensor(of: output) != first { return false }
                    }
                    return try ReferenceExecutor.run(plan.program, ["x": tensor])[output.index] == first
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == [Bool](repeating: true, count: 8))
    }
}
