package import Graph
package import Tensor

/// Any network that can be trained: how to get its forward program for a number of rows, and its parameters.
///
/// An imported ONNX model becomes one by closing over the model; `Model` is one already.
package struct TrainableGraph {
    /// An input and the shape of one row of it.
    package struct Input: Sendable, Equatable {
        package let name: String
        package let element: ElementType
        package let rowShape: [Int]

        package init(_ name: String, _ element: ElementType, _ rowShape: [Int]) {
            (self.name, self.element, self.rowShape) = (name, element, rowShape)
        }
    }

    /// The forward program for a number of rows: in training (statistics of the batch, dropout) or not.
    package let program: (_ rows: Int, _ isTraining: Bool) throws -> Program
    /// Values of the parameters to begin with, by name.
    package let parameters: [String: Tensor]
    /// Names of the parameters that the optimiser moves; the others stay, unless the program itself updates them.
    package let trainable: Set<String>
    package let inputs: [Input]

    package init(
        inputs: [Input], parameters: [String: Tensor], trainable: Set<String>,
        program: @escaping (_ rows: Int, _ isTraining: Bool) throws -> Program
    ) {
        self.program = program
        self.parameters = parameters
        self.trainable = trainable
        self.inputs = inputs
    }

    /// A graph of one input of floats that is the same in training and out of it.
    package init(
        input: String, rowShape: [Int], parameters: [String: Tensor], trainable: Set<String>,
        program: @escaping (_ rows: Int) throws -> Program
    ) {
        self.init(
            inputs: [Input(input, .float32, rowShape)], parameters: parameters, trainable: trainable
        ) { rows, _ in try program(rows) }
    }

    /// - Throws: naming the array that is missing or does not fit.
    func check(_ samples: Samples) throws(TrainingError) {
        guard samples.rows > 0 else { throw TrainingError("the data set '\(samples.name)' has no rows") }
        for input in inputs {
            guard let column = samples.inputs.first(where: { $0.name == input.name }) else {
                throw TrainingError("'\(samples.name)' has no array for the input '\(input.name)'")
            }
            guard column.tensor.type == input.element, column.rowShape == input.rowShape else {
                throw TrainingError(
                    "'\(samples.name)': rows of '\(input.name)' are \(column.tensor.type.name)\(column.rowShape), the graph takes \(input.element.name)\(input.rowShape)"
                )
            }
        }
    }
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
