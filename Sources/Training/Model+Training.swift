package import Graph
import Tensor

extension Model {
    /// The program of one training step: forward, mean cross-entropy, its gradient, the optimiser.
    ///
    /// Inputs `x` `[rows, features]`, `labels` int32 `[rows]` and the learning rate; output `loss`.
    package func trainingProgram(_ optimiser: Optimiser, rows: Int) throws(ProgramError) -> Program {
        var builder = ProgramBuilder()
        let (_, logits, parameters) = try append(rows: rows, to: &builder)
        let labels = try builder.input("labels", TensorType(.int32, [rows]))
        let loss = try builder.crossEntropy(logits, labels: labels)
        builder.output("loss", loss)
        let gradients = try builder.gradients(of: loss, for: parameters)
        try optimiser.appendStep(to: &builder, parameters: parameters, gradients: gradients)
        return builder.finish()
    }
}
