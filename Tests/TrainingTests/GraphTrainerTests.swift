import Bytes
import Datasets
import Graph
import Tensor
import Testing
import Training

@Suite struct GraphTrainerTests {
    private func samples(_ data: Dataset) throws -> Samples { try Samples(data, input: "x", rowShape: [64]) }

    private let graph = Model.mlp([64, 16, 10]).trainable(Model.mlp([64, 16, 10]).initialParameters(seed: .zero))

    @Test func learnsTheDigits() throws {
        let all = try samples(Digits.load())
        let parts = RowParts.heldOutTenth(of: all.rows, seed: .zero)
        let (training, heldOut) = (all.selecting(parts.training), all.selecting(parts.validation))
        let trainer = try GraphTrainer(graph, loss: .crossEntropy, optimiser: Optimiser("adam lr=0.005 batch=32"))
        let before = try trainer.evaluate(on: heldOut)
        var losses: [Float] = []
        for epoch in 0..<10 { losses.append(try trainer.epoch(epoch, of: 10, on: training, seed: .zero)) }
        let after = try trainer.evaluate(on: heldOut)
        #expect(try #require(before.accuracy) < 0.3)
        #expect(try #require(after.accuracy) > 0.9)
        #expect(losses[9] < losses[0] / 3)
        #expect(after.loss < before.loss / 3)
    }

    @Test func resumesToTheSameBytes() throws {
        let data = try samples(Digits.load().selecting(Array(0..<200)))
        let optimiser = try Optimiser("adam lr=0.01 batch=48 schedule=linear")
        let whole = try GraphTrainer(graph, loss: .crossEntropy, optimiser: optimiser)
        for epoch in 0..<4 { try whole.epoch(epoch, of: 4, on: data, seed: .zero) }
        let first = try GraphTrainer(graph, loss: .crossEntropy, optimiser: optimiser, threads: 2)
        for epoch in 0..<2 { try first.epoch(epoch, of: 4, on: data, seed: .zero) }
        let second = try GraphTrainer(graph, loss: .crossEntropy, optimiser: optimiser)
        try second.load(first.state)
        for epoch in 2..<4 { try second.epoch(epoch, of: 4, on: data, seed: .zero) }
        #expect(second.parameters == whole.parameters)
    }

    @Test func frozenParametersStay() throws {
        let data = try samples(Digits.load().selecting(Array(0..<64)))
        let part = TrainableGraph(
            inputs: graph.inputs, parameters: graph.parameters, trainable: ["w2", "b2"], program: graph.program)
        let trainer = try GraphTrainer(part, loss: .crossEntropy, optimiser: Optimiser("sgd lr=0.1"))
        try trainer.epoch(0, of: 1, on: data, seed: .zero)
        #expect(trainer.parameters["w1"] == graph.parameters["w1"])
        #expect(trainer.parameters["w2"] != graph.parameters["w2"])
    }

    @Test func wrongDataAreRefused() throws {
        let trainer = try GraphTrainer(graph, loss: .crossEntropy, optimiser: Optimiser("sgd lr=0.1"))
        let narrow = try Samples(
            name: "d", inputs: [.init("x", Tensor(shape: [1, 3]))], target: Tensor([0] as [Int64], shape: [1]))
        #expect(throws: TrainingError("'d': rows of 'x' are float32[3], the graph takes float32[64]")) {
            try trainer.epoch(0, of: 1, on: narrow, seed: .zero)
        }
        let unnamed = try Samples(
            name: "d", inputs: [.init("z", Tensor(shape: [1, 64]))], target: Tensor([0] as [Int64], shape: [1]))
        #expect(throws: TrainingError("'d' has no array for the input 'x'")) {
            try trainer.epoch(0, of: 1, on: unnamed, seed: .zero)
        }
        let numbers = try samples(Digits.load().selecting([0, 1])).retargeted(Tensor([0, 1] as [Float]))
        #expect(throws: TrainingError.self) { try trainer.epoch(0, of: 1, on: numbers, seed: .zero) }
    }
}
