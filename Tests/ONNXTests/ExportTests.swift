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
        let window = Window(kernel: [2, 2])
        let x = try builder.input("x", TensorType(.float32, [1, 1, 2, 2]))
        builder.output("y", try builder.append(.sumPoolGradient(window, shape: [1, 1, 3, 3]), [x], name: "spread"))
        let program = builder.finish()
        #expect(throws: ONNXError(node: "spread", "sum_pool_gradient has no ONNX form here")) {
            try ONNXWriter.bytes(program, parameters: [:])
        }
        #expect(throws: ONNXError("the operator set 19 cannot be written: 18 and 20 can")) {
            try ONNXWriter.bytes(program, parameters: [:], opset: 19)
        }
    }

    /// What older readers take computes the same.
    @Test(arguments: [18, 20]) func bothOperatorSetsComeBack(_ opset: Int) throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [2, 3]))
        let i = try builder.input("i", TensorType(.int64, [2]))
        builder.output("gelu", try builder.map(.gelu, x))
        builder.output("tanh", try builder.map(.geluTanh, x))
        builder.output("sum", try builder.append(.scatterAdd(axis: 0, size: 4), [x, i]))
        let program = builder.finish()
        let inputs = [
            "x": Tensor([-2, -0.5, 0, 0.25, 1, 3] as [Float], shape: [2, 3]),
            "i": Tensor([2, 2] as [Int64], shape: [2]),
        ]
        let expected = try program.run(inputs)
        let model = try ONNXModel(ONNXWriter.bytes(program, parameters: [:], opset: opset))
        #expect(model.opsets == ["": opset] && model.irVersion == (opset == 18 ? 8 : 9))
        let got = try model.imported(shapes: inputs.mapValues(\.shape)).run(inputs)
        for (name, tensor) in expected {
            #expect(SharedModels.difference(try #require(got[name]), tensor) < 1e-6, "\(name)")
        }
    }

    /// A model whose weights lie beside it: only the weight's bytes change there, only the file's name in the model.
    @Test func dataFilesAreWrittenAgain() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [1, 2]))
        let w = try builder.parameter("w", TensorType(.float32, [2, 3]))
        builder.output("y", try builder.matmul(x, w))
        let weight = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let inside = try ONNXWriter.bytes(builder.finish(), parameters: ["w": weight])
        let (bytes, data) = try ExternalModel.moved(inside, tensor: "w", to: "weights.bin", offset: 8)
        let source = ExternalData { file, offset, count in
            file == "weights.bin" && offset + count <= data.count ? Array(data[offset..<offset + count]) : nil
        }
        let model = try ONNXModel(bytes, external: source)
        #expect(model.initializers.map(\.tensor) == [weight])
        let other = Tensor([6, 5, 4, 3, 2, 1] as [Float], shape: [2, 3])
        let files = try model.files(replacing: ["w": other], named: "new.onnx")
        #expect(files.data.keys.sorted() == ["new.onnx.data"])
        let written = try #require(files.data["new.onnx.data"])
        #expect(written[..<8] == data[..<8] && written.count == data.count)
        let again = try ONNXModel(
            files.model,
            external: ExternalData { name, offset, count in
                name == "new.onnx.data" ? Array(written[offset..<offset + count]) : nil
            })
        #expect(again.initializers.map(\.tensor) == [other])
        #expect(try model.files(replacing: [:], named: "weights.bin").data.values.first == data)
        #expect(throws: ONNXError.self) { try model.bytes(replacing: ["w": other]) }
    }
}
