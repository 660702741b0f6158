import Graph
import ONNX
import Tensor
import Testing

/// Gradients of imported networks against those of PyTorch.
@Suite(.enabled(if: SharedModels.isPresent)) struct ImportedGradientTests {
    @Test(arguments: ["torch_lenet5_trainable", "torch_mlp_bn_ln_gelu_trainable"], ["eval", "train"])
    func gradients(_ name: String, _ mode: String) throws {
        let model = try ONNXModel(SharedModels.bytes(name + ".onnx"))
        let arrays = try SharedModels.arrays(name + ".grads.npz")
        let x = try #require(arrays["x"])
        let imported = try model.imported(shapes: ["x": x.shape], mode: mode == "train" ? .training : .inference)
        let results = try imported.gradients(["x": x, "target": try #require(arrays["y"])], loss: .crossEntropy)
        let loss = try #require(results["loss"]).values(as: Float.self)[0]
        let expected = try #require(arrays["\(mode)/loss"]).values(as: Float.self)[0]
        #expect(abs(loss - expected) <= 1e-5 * abs(expected))
        var count = 0
        for (key, gradient) in arrays where key.hasPrefix("\(mode)/grad/") {
            let parameter = String(key.dropFirst("\(mode)/grad/".count))
            let got = try #require(results["grad/" + parameter])
            // A bias before a batch's normalisation has no gradient but rounding (1e-9 here).
            let size = gradient.values(as: Float.self).map { abs($0) }.max() ?? 0
            if size < 1e-7 {
                #expect(got.values(as: Float.self).allSatisfy { abs($0) < 1e-7 }, "\(parameter)")
            } else {
                #expect(SharedModels.difference(got, gradient) <= 1e-5, "\(parameter)")
            }
            count += 1
        }
        #expect(count >= 10)
    }
}
