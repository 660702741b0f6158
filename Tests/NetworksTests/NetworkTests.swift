import Bytes
import Datasets
import Formats
import Graph
import Networks
import ONNX
import Tensor
import Testing
import Training

/// A network file is made here from its wire format: y = relu(x w1 + b1) w2 + b2.
private func file(_ sizes: [Int]) -> [UInt8] {
    func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }
    func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] { varint(number << 3 | 2) + varint(bytes.count) + bytes }
    func field(_ number: Int, _ value: Int) -> [UInt8] { varint(number << 3) + varint(value) }
    func text(_ number: Int, _ value: String) -> [UInt8] { field(number, Array(value.utf8)) }
    func info(_ name: String, _ columns: Int) -> [UInt8] {
        let dimensions = field(1, text(2, "N")) + field(1, field(1, columns))
        return text(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))
    }
    func node(_ type: String, _ inputs: [String], _ output: String) -> [UInt8] {
        inputs.reduce(into: []) { $0 += text(1, $1) } + text(2, output) + text(4, type)
    }
    var graph: [UInt8] = []
    let initial = Model.mlp(sizes).initialParameters(seed: .zero)
    for slot in Model.mlp(sizes).slots {
        let dimensions: [UInt8] = slot.shape.reduce(into: []) { $0 += field(1, $1) }
        let raw = initial[slot.range].reduce(into: [UInt8]()) { bytes, value in
            for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * shift))) }
        }
        graph += field(5, dimensions + field(2, 1) + text(8, slot.name) + field(9, raw))
    }
    graph += field(1, node("Gemm", ["x", "w1", "b1"], "h")) + field(1, node("Relu", ["h"], "r"))
    graph += field(1, node("Gemm", ["r", "w2", "b2"], "y"))
    graph += field(11, info("x", sizes[0])) + field(12, info("y", sizes[2]))
    return field(1, 8) + field(7, graph) + field(8, text(1, "") + field(2, 18))
}

@Suite struct NetworkTests {
    private let network: Network
    private let digits: Dataset

    init() throws {
        network = try Network(file([64, 16, 10]), name: "m.onnx")
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

    @Test func tablesWithAndWithoutClasses() throws {
        let with = try FeatureTable(csv: Array("a,b,target\n1,2,x\n3,4,y\n".utf8), name: "t")
        let without = try FeatureTable(csv: Array("a,b\r\n1,2\r\n3,4".utf8), name: "t")
        #expect(with == without)
        #expect(with.features == [1, 2, 3, 4])
        #expect(throws: DatasetError.self) { try FeatureTable(csv: Array("a,b\n1\n".utf8), name: "t") }
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
