import Graph
import ONNX
import Tensor
import Testing
import Training

/// Steps on imported networks against PyTorch's, and the weights back in their file.
@Suite(.enabled(if: SharedModels.isPresent)) struct TrainingStepTests {
    private func trainer(_ model: ONNXModel, _ x: Tensor, _ optimiser: String) throws -> GraphTrainer {
        let shape = Array(x.shape[1...])
        let first = try model.imported(shapes: ["x": x.shape], mode: .training)
        let graph = TrainableGraph(
            input: "x", rowShape: shape, parameters: first.parameters, trainable: first.trainable
        ) { rows in try model.imported(shapes: ["x": [rows] + shape], mode: .training).program }
        return try GraphTrainer(graph, loss: .crossEntropy, optimiser: Optimiser(optimiser))
    }

    /// The losses of three steps, momentum 0.9, rate 0.05.
    @Test(arguments: [
        ("torch_lenet5_trainable", [2.32159275, 2.30044332, 2.26326242] as [Float]),
        ("torch_mlp_bn_ln_gelu_trainable", [0.67441451, 0.66204992, 0.63967577]),
    ]) func threeSteps(_ name: String, _ expected: [Float]) throws {
        let model = try ONNXModel(SharedModels.bytes(name + ".onnx"))
        let arrays = try SharedModels.arrays(name + ".grads.npz")
        let (x, y) = (try #require(arrays["x"]), try #require(arrays["y"]))
        let trainer = try trainer(model, x, "sgd lr=0.05 momentum=0.9 batch=8")
        let samples = try Samples(name: name, inputs: [.init("x", x)], target: y)
        let rows = Array(0..<samples.rows)
        for loss in expected {
            let got = try trainer.step(0, on: samples, rows: rows[...], rate: 0.05)
            #expect(abs(got - loss) <= 2e-5 * loss)
        }
        // The trained weights go back into the file, and only they change.
        let bytes = try model.bytes(replacing: trainer.parameters)
        let again = try ONNXModel(bytes)
        #expect(bytes.count == (try SharedModels.bytes(name + ".onnx")).count)
        for (tensorName, tensor) in again.initializers where trainer.parameters[tensorName] != nil {
            #expect(tensor == trainer.parameters[tensorName])
        }
    }

    @Test(arguments: SharedModelTests.names) func unchangedWeightsGiveTheSameFile(_ name: String) throws {
        let bytes = try SharedModels.bytes(name + ".onnx")
        #expect(try ONNXModel(bytes).bytes(replacing: [:]) == bytes)
    }

    @Test func wrongWeightsAreRefused() throws {
        let model = try ONNXModel(SharedModels.bytes("torch_lenet5_ts.onnx"))
        let weight = Tensor([1, 2] as [Float], shape: [2])
        #expect(throws: ONNXError.self) { try model.bytes(replacing: ["no such name": weight]) }
        let name = try #require(model.initializers.first?.name)
        #expect(throws: ONNXError.self) { try model.bytes(replacing: [name: weight]) }
    }
}
