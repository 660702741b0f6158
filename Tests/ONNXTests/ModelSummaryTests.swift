import Graph
import ONNX
import Tensor
import Testing

@Suite(.enabled(if: SharedModels.isPresent)) struct ModelSummaryTests {
    @Test func lenet() throws {
        let summary = ModelSummary(try ONNXModel(SharedModels.bytes("torch_lenet5_ts.onnx")), batch: 4)
        #expect(summary.producer == "pytorch")
        #expect(summary.parameterCount == 61_706)
        #expect(summary.unsupportedOperators == [])
        #expect(summary.problem == nil)
        let convolution = try #require(summary.layers.first)
        #expect(convolution.type == "Conv")
        #expect(convolution.outputs == [TensorType(.float32, [4, 6, 28, 28])])
        #expect(convolution.parameters == 156)
        // Products alone: 2 x 4 x (117,600 + 240,000 + 48,000 + 10,080 + 840).
        let cost = try #require(summary.cost)
        #expect(cost.operations >= 2 * 4 * 416_520)
        #expect(cost.operations < 2 * 4 * 416_520 + 100_000)
        #expect(cost.memoryBytes > 61_706 * 4)
    }

    @Test func everySharedModelIsSummarised() throws {
        for name in SharedModelTests.names {
            let summary = ModelSummary(try ONNXModel(SharedModels.bytes(name + ".onnx")), batch: 2)
            #expect(summary.problem == nil, "\(name)")
            #expect(summary.cost != nil)
            #expect(summary.layers.allSatisfy { $0.outputs != nil }, "\(name)")
            #expect(summary.layers.reduce(0) { $0 + ($1.operations ?? 0) } == summary.cost?.operations, "\(name)")
        }
    }
}
