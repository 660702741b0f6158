import Tensor
import Testing

@testable import ONNX

/// Element types that programs do not have behave as they should.
@Suite struct ElementKindTests {
    @Test func narrowIntegersWrap() throws {
        let nodes = [
            SmallModel.node("Add", ["x", "c"], ["sum"]), SmallModel.node("Mul", ["sum", "sum"], ["square"]),
            SmallModel.node("Cast", ["square"], ["wide"], [SmallModel.int("to", 6)]),
            SmallModel.node("Add", ["wide", "wide"], ["double"]),
        ]
        for (type, wanted) in [(ONNXTensor.DataType.uint8, [44, 144, 288]), (.int8, [44, -112, -224])] {
            let graph = SmallModel.graph(
                nodes, inputs: [SmallModel.info("x", type, [1])], outputs: ["sum", "square", "double"],
                tensors: [SmallModel.tensor("c", Tensor([Int32(100)], shape: [1]), as: type)])
            let results = try SmallModel.run(SmallModel.model(graph), ["x": Tensor([Int32(200)], shape: [1])])
            // 200 is -56 in eight bits; both leave 44 = 300 - 256, whose square is 1936 = 7 * 256 + 144.
            let got = ["sum", "square", "double"].map { results[$0]?.values(as: Int32.self) }
            #expect(got == wanted.map { [Int32($0)] }, "\(type)")
        }
    }

    @Test func fourBitTensorsAreUnpacked() throws {
        var proto = ProtoMessage()
        proto.append(1, 3)
        proto.append(2, 22)
        proto.append(8, "w")
        proto.append(9, [0x8f, 0x07])
        let graph = SmallModel.graph(
            [SmallModel.node("DequantizeLinear", ["w", "s"], ["y"])], outputs: ["y"],
            tensors: [proto, SmallModel.tensor("s", Tensor([0.5] as [Float], shape: []))])
        let y = try SmallModel.run(SmallModel.model(graph, opset: 21))["y"]
        #expect(y == Tensor([-0.5, -4, 3.5] as [Float], shape: [3]))
    }

    @Test func nothingIsComputedOfTexts() throws {
        var names = ProtoMessage()
        names.append(1, 2)
        names.append(2, 8)
        for text in ["no", "yes"] { names.append(6, text) }
        names.append(8, "names")
        let lookup = SmallModel.node("Gather", ["names", "i"], ["y"])
        let inputs = [SmallModel.info("i", .int64, [3])]
        let graph = SmallModel.graph([lookup], inputs: inputs, outputs: ["y"], tensors: [names])
        let model = try ONNXModel(SmallModel.model(graph))
        let imported = try model.imported(shapes: ["i": [3]])
        #expect(imported.warnings == ["classes are texts in the file: their positions in its table are given instead"])
        let given = Tensor([1, 0, 1] as [Int64], shape: [3])
        #expect(try imported.run(["i": given])["y"] == given)
        let compared = SmallModel.graph(
            [lookup, SmallModel.node("Equal", ["y", "y"], ["e"])], inputs: inputs, outputs: ["e"], tensors: [names])
        #expect(
            SmallModel.refusal(SmallModel.model(compared), shapes: ["i": [3]])
                == "node 'e' (Equal): computes with texts, which programs do not have")
    }

    @Test func placesOutsideAreNotRead() throws {
        let scatter = SmallModel.node("ScatterND", ["x", "i", "u"], ["y"])
        for place in [Int64(3), -4, 1 << 40] {
            let graph = SmallModel.graph(
                [scatter], inputs: [SmallModel.info("x", .float, [3])], outputs: ["y"],
                tensors: [
                    SmallModel.tensor("i", Tensor([place], shape: [1, 1])),
                    SmallModel.tensor("u", Tensor([9] as [Float], shape: [1])),
                ])
            #expect(SmallModel.refusal(SmallModel.model(graph), shapes: ["x": [3]]).contains("out of range"))
        }
    }
}
