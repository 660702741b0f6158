import Bytes
import Graph
import ONNX
import Tensor
import Testing
import Training

/// Files with smaller weights. What other runtimes make of them is tested in Python.
@Suite struct CompressionTests {
    /// y = x w1 ... of the digits' form, w1 [64, 128] and so on, written by us.
    private let model: ONNXModel
    private let weights: [String: Tensor]

    init() throws {
        let source = Model.mlp([64, 32, 10])
        let graph = source.trainable(source.initialParameters(seed: .zero))
        model = try ONNXModel(
            ONNXWriter.bytes(graph.program(1, false), parameters: graph.parameters, batchName: "N"))
        weights = graph.parameters
    }

    private func floats(_ tensor: Tensor?) -> [Float] { tensor?.values(as: Float.self) ?? [] }

    @Test(arguments: [
        WeightCompression.Integers.eightBits(isSymmetric: true), .eightBits(isSymmetric: false), .fourBits(block: 16),
    ]) func aSessionHoldsWhatTheDenseModelDoes(_ integers: WeightCompression.Integers) throws {
        let small = try ONNXModel(try model.compressed(WeightCompression(integers: integers)).bytes)
        let dense = try model.imported(shapes: ["x": [3, 64]]).session()
        let imported = try small.imported(shapes: ["x": [3, 64]])
        let session = try imported.session()
        #expect(session.plan.peakBytes == dense.plan.peakBytes)
        #expect(
            session.plan.program.nodes.filter { $0.operation.name == "cast_float32" }.count == 2, "they stand unread")
        let x = Tensor((0..<192).map { Float($0 % 17) / 17 }, shape: [3, 64])
        try session.write(try #require(session.plan.program.value(named: "x")), x)
        try session.run()
        let every = try imported.run(["x": x])
        for output in session.plan.program.outputs { #expect(session.tensor(of: output.value) == every[output.name]) }
    }

    @Test func prunedWeightsAreTheSmallest() throws {
        let (bytes, report) = try model.compressed(WeightCompression(integers: nil, pruning: 0.75))
        let w1 = try #require(report.first { $0.name == "w1" })
        #expect(w1.zeros == 64 * 32 * 3 / 4)
        #expect(w1.kind == "float32")
        let after = floats(try ONNXModel(bytes).initializers.first { $0.name == "w1" }?.tensor)
        let before = floats(weights["w1"])
        let kept = zip(before, after).filter { $1 != 0 }
        let gone = zip(before, after).filter { $1 == 0 }
        #expect(kept.allSatisfy { $0 == $1 })
        #expect(try #require(kept.map { abs($0.0) }.min()) >= #require(gone.map { abs($0.0) }.max()))
        #expect(bytes.count == model.fileBytes.count)
    }

    @Test(arguments: [
        (WeightCompression.Integers.eightBits(isSymmetric: true), 0.5 / 127),
        (.eightBits(isSymmetric: false), 0.51 / 127), (.fourBits(block: 16), 0.51 / 7),
    ]) func weightsComeBackWithinHalfAStep(
        _ integers: WeightCompression.Integers, _ tolerance: Double
    ) throws {
        let (bytes, report) = try model.compressed(WeightCompression(integers: integers))
        #expect(report.map(\.name) == ["w1", "w2"])
        #expect(report.allSatisfy { $0.bytesAfter * 2 < $0.bytesBefore })
        let smaller = try ONNXModel(bytes)
        // The identity asks for the weights themselves: rows of w1 + b1 go through relu, so only its error is bounded.
        let x = Tensor((0..<64 * 64).map { $0 % 65 == 0 ? Float(1) : 0 }, shape: [64, 64])
        let want = floats(try model.imported(shapes: ["x": [64, 64]]).run(["x": x])["logits"])
        let got = floats(try smaller.imported(shapes: ["x": [64, 64]]).run(["x": x])["logits"])
        let greatest = (floats(weights["w1"]) + floats(weights["w2"])).map { abs($0) }.max() ?? 0
        let errors = zip(want, got).map { Double(abs($0 - $1)) }
        #expect(try #require(errors.max()) < tolerance * Double(greatest) * 40)
        #expect(try #require(errors.max()) > 0)
    }

    @Test func whatCannotBeCompressedIsSaid() throws {
        var wanted = WeightCompression(integers: .fourBits(block: 32))
        wanted.smallest = 1 << 20
        #expect(throws: ONNXError("there is no float32 weight of 1048576 or more elements to compress")) {
            try model.compressed(wanted)
        }
        #expect(throws: ONNXError("the share to prune must be at least 0 and below 1, not 1.0")) {
            try model.compressed(WeightCompression(integers: nil, pruning: 1))
        }
    }
}
