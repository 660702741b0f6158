import Graph
import ONNX
import Tensor
package import Training

extension Model {
    /// The model with its parameters as an ONNX file: input `x` `[N, features]`, outputs `logits` and `probabilities` `[N, classes]`.
    package func onnx(_ parameters: [Float]) throws -> [UInt8] {
        guard parameters.count == parameterCount else {
            throw NetworkError("\(parameters.count) parameters were given, the model has \(parameterCount)")
        }
        var builder = ProgramBuilder()
        let (_, logits, _) = try append(rows: 1, to: &builder)
        builder.output("logits", logits)
        builder.output("probabilities", try builder.softmax(logits))
        return try ONNXWriter.bytes(
            builder.finish(), parameters: trainable(parameters).parameters, batchName: "N")
    }
}
