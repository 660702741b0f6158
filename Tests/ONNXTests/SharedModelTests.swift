import Graph
import ONNX
import Tensor
import Testing

@Suite(.enabled(if: SharedModels.isPresent)) struct SharedModelTests {
    static let names = [
        "keras_cnn_export_onnx", "keras_lstm_export_onnx", "keras_mlp_export_onnx", "lgbm_cls_bin", "sk_dt", "sk_gnb",
        "sk_linreg",
        "sk_linsvc", "sk_logreg", "sk_mlp", "sk_pca", "sk_pipe_scaler_logreg", "sk_rf20", "torch_conv_autoencoder_ts",
        "torch_gpt_tiny_manual_attn_ts", "torch_gpt_tiny_sdpa_ts", "torch_lenet5_trainable", "torch_lenet5_ts",
        "torch_lstm_cls_ts",
        "torch_mlp_64_128_64_10_ts", "torch_mlp_bn_ln_gelu_trainable", "torch_mlp_bn_ln_gelu_ts",
        "torch_mobilenet_ish_ts",
        "torch_resnet18_w8_32x32_ts", "xgb_cls_multi", "xgb_reg",
    ]

    /// Outputs within 1e-5 of ONNX Runtime's, labels exactly.
    @Test(arguments: names) func outputs(_ name: String) throws {
        let model = try ONNXModel(SharedModels.bytes(name + ".onnx"))
        #expect(model.unsupportedOperators == [])
        let arrays = try SharedModels.arrays(name + ".npz")
        for set in 0..<3 {
            var inputs: [String: Tensor] = [:]
            for input in model.inputs { inputs[input.name] = arrays["in\(set)_\(input.name)"] }
            let imported = try model.imported(shapes: inputs.mapValues(\.shape))
            let results = try imported.run(inputs)
            for output in model.outputs {
                let expected = try #require(arrays["out\(set)_\(output.name)"])
                let got = try #require(results[output.name])
                let difference = SharedModels.difference(got, expected)
                #expect(
                    difference <= 1e-5,
                    "\(name) \(output.name) set \(set): \(difference), \(got.shape) for \(expected.shape)")
            }
        }
    }
}
