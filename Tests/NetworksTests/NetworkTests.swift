import Bytes
import Datasets
import Formats
import Graph
import Networks
import ONNX
import Tensor
import Testing
import Training

@Suite struct NetworkTests {
    private let network: Network
    private let digits: Dataset

    init() throws {
        network = try Network(networkFile([64, 16, 10]), name: "m.onnx")
        digits = try Digits.load()
    }

    @Test func predictionsAreTheModelsOwn() throws {
        let got = try network.predict(features: digits.features(ofRow: 3), rows: 1)
        let trainer = try Trainer(model: .mlp([64, 16, 10]), optimiser: .digits)
        let parameters = Model.mlp([64, 16, 10]).initialParameters(seed: .zero)
        let logits = try #require(got.first { $0.name == "y" }).tensor
        let expected = try trainer.probabilities(parameters, features: digits.features(ofRow: 3))
        var builder = ProgramBuilder()
        let y = try builder.input("y", TensorType(.float32, [1, 10]))
        builder.output("p", try builder.softmax(y))
        #expect(try builder.finish().run(["y": logits])["p"]?.values(as: Float.self) == expected)
    }

    @Test func gradientsHaveTheWeightsNames() throws {
        let x = Tensor(digits.selecting([0, 1, 2]).features, shape: [3, 64])
        let results = try network.gradients(
            ["x": x, "y": Tensor([0, 1, 2] as [Int64], shape: [3])], loss: .crossEntropy)
        #expect(results.map(\.name) == ["loss", "grad/w1", "grad/b1", "grad/w2", "grad/b2"])
        #expect(throws: NetworkError.self) { try network.gradients(["x": x], loss: .crossEntropy) }
    }

    @Test func wrongInputsAreNamed() throws {
        #expect(throws: NetworkError("m.onnx: the input 'x' takes 64 numbers a row ([64]), the data have 3")) {
            try network.predict(features: [1, 2, 3], rows: 1)
        }
        #expect(throws: NetworkError("the array 'x' is missing; there are a, b")) {
            try network.predict(["a": Tensor([1] as [Float]), "b": Tensor([1] as [Float])])
        }
        #expect(throws: NetworkError("the array 'x' holds int64, the model takes float32")) {
            try network.predict(["x": Tensor([1] as [Int64])])
        }
        #expect(throws: NetworkError.self) { try Network([1, 2, 3], name: "junk") }
    }

    @Test func aTrainedModelGoesHomeAsONNX() throws {
        let parameters = Model.digits.initialParameters(seed: .zero)
        let bytes = try Model.digits.onnx(parameters)
        let back = try Network(bytes, name: "digits.onnx")
        let rows = digits.selecting(Array(0..<50))
        let results = try back.predict(features: rows.features, rows: 50)
        let expected = try Trainer(model: .digits, optimiser: .digits).probabilities(
            parameters, features: rows.features)
        #expect(results.map(\.name) == ["logits", "probabilities"])
        #expect(results[1].tensor.values(as: Float.self) == expected)
        #expect(throws: NetworkError.self) { try Model.digits.onnx([1]) }
    }
}
