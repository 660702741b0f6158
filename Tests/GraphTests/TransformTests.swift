import Graph
import Tensor
import Testing

@Suite struct DropoutTests {
    private func program(_ rate: Float) throws -> Program {
        var builder = ProgramBuilder()
        let x = try builder.parameter("x", TensorType(.float32, [2, 3]))
        builder.scope = "drop"
        let (y, _) = try builder.dropout(x, rate: rate)
        builder.output("y", y)
        builder.output("sum", try builder.sum(y, axes: [0, 1], keepsAxes: false))
        return builder.finish()
    }

    @Test func elementsBelowTheRateFallOut() throws {
        let program = try program(0.25)
        #expect(program.noiseInputs.map { program.node($0).name } == ["noise/0/drop"])
        let x = Tensor([1, -2, 3, -4, .infinity, 6] as [Float], shape: [2, 3])
        let noise = Tensor([0, 0.25, 0.2499, 0.9, 0.1, 0.3] as [Float], shape: [2, 3])
        let y = try program.run(["x": x, "noise/0/drop": noise])["y"]
        let scale: Float = 1 / 0.75
        #expect(y?.values(as: Float.self) == [0, -2 * scale, 0, -4 * scale, 0, 6 * scale])
        #expect(y?.values(as: Float.self)[0].sign == .plus)
    }

    @Test func gradientsPassWhereElementsStay() throws {
        let whole = try program(0.5)
        var builder = ProgramBuilder(continuing: whole)
        let sum = try #require(whole.output(named: "sum"))
        let gradient = try builder.gradients(of: sum, for: whole.parameters)[0]
        builder.output("g", gradient)
        let noise = Tensor([0.1, 0.5, 0.6, 0.4, 0, 0.99] as [Float], shape: [2, 3])
        let got = try builder.finish().run(["x": Tensor(shape: [2, 3]), "noise/0/drop": noise])["g"]
        #expect(got?.values(as: Float.self) == [0, 2, 2, 0, 0, 2])
    }

    /// The reference replays every element by its recipe: dropout has one through its input.
    @Test func theReplayAgrees() throws {
        let program = try program(0.3)
        let x = Tensor((0..<6).map { Float($0) - 2.5 }, shape: [2, 3])
        let noise = Tensor([0.3, 0.29, 0.31, 0, 1 - 0x1p-24, 0.5] as [Float], shape: [2, 3])
        #expect(try difference(program, ["x": x, "noise/0/drop": noise]) == nil)
    }

    @Test func aRateOfZeroAddsNothingAndWrongOnesAreRefused() throws {
        #expect(try program(0).noiseInputs.isEmpty)
        #expect(throws: ProgramError(node: "drop", "the dropout rate must be in 0...1, not 1.5")) { try program(1.5) }
        let all = try program(1)
        let y = try all.run([
            "x": Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]), "noise/0/drop": Tensor(shape: [2, 3]),
        ])["y"]
        #expect(y == Tensor(shape: [2, 3]))
    }
}

/// Seeded numbers in (-2, 2).
private func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
    var source = RandomTensors(seed)
    return source.floats(shape)
}

@Suite struct LowRankAdapterTests {
    /// y = softmax(relu(x w1^T + b) w2): one weight in each layout.
    private func program() throws -> Program {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [3, 4]))
        let first = try builder.parameter("w1.weight", TensorType(.float32, [5, 4]))
        let bias = try builder.parameter("b", TensorType(.float32, [5]))
        let second = try builder.parameter("w2", TensorType(.float32, [5, 2]))
        let hidden = try builder.map(.relu, try builder.add(try builder.matmul(x, first, transposeB: true), bias))
        let logits = try builder.matmul(hidden, second)
        builder.output("p", try builder.softmax(logits))
        builder.output("logits", logits)
        return builder.finish()
    }

    private let tensors: [String: Tensor] = [
        "x": random([3, 4], 1), "w1.weight": random([5, 4], 2),
        "b": random([5], 3), "w2": random([5, 2], 4),
        "w1.lora_A.weight": random([2, 4], 5),
        "w1.lora_B.weight": random([5, 2], 6),
        "w2.lora_A.weight": random([2, 5], 7),
        "w2.lora_B.weight": random([2, 2], 8),
    ]

    @Test func theWeightsThatCanHaveOneAreFound() throws {
        let sites = try program().adaptableWeights
        #expect(sites.map(\.weight) == ["w1.weight", "w2"])
        #expect(sites.map(\.isTransposed) == [true, false])
        #expect(sites.map(\.inputs) == [4, 5])
        #expect(sites.map(\.outputs) == [5, 2])
    }

    @Test func mergedWeightsDoWhatTheAdaptersDid() throws {
        let plain = try program()
        let adapters = LowRankAdapters(rank: 2, alpha: 3, sites: plain.adaptableWeights)
        let adapted = try plain.adapted(adapters).run(tensors)
        let merged = try plain.run(tensors.merging(try adapters.merged(tensors)) { $1 })
        let before = try plain.run(tensors)
        for name in ["p", "logits"] {
            let (a, b, c) = (adapted[name], merged[name], before[name])
            let pairs = zip(a?.values(as: Float.self) ?? [], b?.values(as: Float.self) ?? [])
            #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(a != c)
        }
    }

    @Test func adaptersOfZeroChangeNothing() throws {
        let plain = try program()
        let adapters = LowRankAdapters(rank: 2, alpha: 16, sites: plain.adaptableWeights)
        var zeroed = tensors
        zeroed["w1.lora_B.weight"] = Tensor(shape: [5, 2])
        zeroed["w2.lora_B.weight"] = Tensor(shape: [2, 2])
        #expect(try plain.adapted(adapters).run(zeroed) == plain.run(tensors))
    }

    /// A rewriting that replaces nothing gives the same program.
    @Test func rewritingKeepsWhatIsNotReplaced() throws {
        let plain = try program()
        #expect(try plain.rewritten { (_, _, _) throws(ProgramError) in nil } == plain)
    }
}
