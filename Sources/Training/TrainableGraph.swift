package import Graph
package import Tensor

/// Any network that can be trained: how to get its forward program for a number of rows, and its parameters.
///
/// An imported ONNX model becomes one by closing over the model; `Model` is one already.
package struct TrainableGraph {
    /// The forward program for a number of rows.
    package let program: (_ rows: Int) throws -> Program
    /// Values of the parameters to begin with, by name.
    package let parameters: [String: Tensor]
    /// Names of the parameters that move; the others stay.
    package let trainable: Set<String>
    /// The input that takes the rows, and the shape of one.
    package let input: String
    package let rowShape: [Int]

    package init(
        input: String, rowShape: [Int], parameters: [String: Tensor], trainable: Set<String>,
        program: @escaping (_ rows: Int) throws -> Program
    ) {
        self.program = program
        self.parameters = parameters
        self.trainable = trainable
        self.input = input
        self.rowShape = rowShape
    }

    /// Numbers in a row.
    package var rowCount: Int { rowShape.reduce(1, *) }
}

extension Model {
    /// The model with given parameters as a graph; its output is `logits`.
    package func trainable(_ parameters: [Float]) -> TrainableGraph {
        var tensors: [String: Tensor] = [:]
        for slot in slots { tensors[slot.name] = Tensor(Array(parameters[slot.range]), shape: slot.shape) }
        return TrainableGraph(
            input: "x", rowShape: [features], parameters: tensors, trainable: Set(slots.map(\.name))
        ) { rows in
            var builder = ProgramBuilder()
            let (_, logits, _) = try append(rows: rows, to: &builder)
            builder.output("logits", logits)
            return builder.finish()
        }
    }
}
