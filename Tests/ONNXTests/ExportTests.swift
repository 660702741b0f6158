import Bytes
import Graph
import ONNX
import Tensor
import Testing
import Training

/// Programs written as ONNX and read back.
@Suite struct ExportTests {
    @Test func anMLPComesBackToTheBit() throws {
        let model = Model.mlp([8, 6, 3])
        let graph = model.trainable(model.initialParameters(seed: .zero))
        let program = try graph.program(1, false)
        let bytes = try ONNXWriter.bytes(program, parameters: graph.parameters, batchName: "N")
        let back = try ONNXModel(bytes)
        #expect(back.inputs.map(\.shape) == [[.name("N"), .size(8)]])
        let x = Tensor((0..<40).map { Float($0) / 40 }, shape: [5, 8])
        let expected = try graph.program(5, false).run(graph.parameters.merging(["x": x]) { $1 })
        let got = try back.imported(shapes: ["x": [5, 8]]).run(["x": x])
        #expect(got["logits"] == expected["logits"])
    }

    @Test(
        .enabled(if: SharedModels.isPresent),
        arguments: SharedModelTests.names.filter { $0.hasPrefix("torch") || $0.hasPrefix("keras") })
    func importedNetworksComeBack(_ name: String) throws {
        let model = try ONNXModel(SharedModels.bytes(name + ".onnx"))
        let arrays = try SharedModels.arrays(name + ".npz")
        var inputs: [String: Tensor] = [:]
        for input in model.inputs { inputs[input.name] = arrays["in1_\(input.name)"] }
        let imported = try model.imported(shapes: inputs.mapValues(\.shape))
        let bytes = try ONNXWriter.bytes(imported.program, parameters: imported.parameters)
        let back = try ONNXModel(bytes).imported(shapes: inputs.mapValues(\.shape)).run(inputs)
        for output in model.outputs {
            let expected = try #require(arrays["out1_\(output.name)"])
            #expect(SharedModels.difference(try #require(back[output.name]), expected) <= 1e-5, "\(output.name)")
        }
    }

    @Test func whatHasNoFormIsRefused() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [2, 3]))
        let i = try builder.input("i", TensorType(.int64, [2]))
        builder.output("y", try builder.append(.scatterAdd(axis: 0, size: 4), [x, i], name: "sum"))
        let program = builder.finish()
        #expect(throws: ONNXError(node: "sum", "scatter_add has no ONNX form here")) {
            try ONNXWriter.bytes(program, parameters: [:])
        }
    }
}
