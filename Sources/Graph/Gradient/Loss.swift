package import Tensor

/// What a training minimises, by the name that people give on a command line.
package enum Loss: String, Sendable, CaseIterable {
    /// Mean cross-entropy of logits `[rows, classes]` and classes `[rows]`. Of an output that is a softmax, its logits are judged.
    case crossEntropy = "cross-entropy"
    /// Mean of -log of the probability `[rows, classes]` of the right class `[rows]`.
    case negativeLogLikelihood = "nll"
    /// Mean of squared differences; targets of the output's shape.
    case meanSquaredError = "mse"
    /// Mean binary cross-entropy of logits; targets of the output's shape in [0, 1]. Of an output that is a sigmoid, its logits are judged.
    case binaryCrossEntropy = "bce"
    /// Mean Huber loss with delta 1.
    case huber = "huber"

    /// The type of the target for an output.
    package func target(for output: TensorType) -> TensorType {
        switch self {
        case .crossEntropy, .negativeLogLikelihood: TensorType(.int64, Array(output.shape.dropLast()))
        case .meanSquaredError, .binaryCrossEntropy, .huber: output
        }
    }
}

extension ProgramBuilder {
    /// Appends a loss of `output` against `target`, whose type is `loss.target(for:)`.
    package mutating func loss(_ loss: Loss, of output: Value, target: Value) throws(ProgramError) -> Value {
        switch loss {
        case .crossEntropy, .negativeLogLikelihood:
            let shape = shape(output)
            guard shape.count >= 2 else {
                throw ProgramError(
                    node: nodes[output.index].name, "\(loss.rawValue) needs [rows, classes], not \(shape)")
            }
            // Further axes before the classes are rows, too (a language model's positions).
            let rows = shape.dropLast().reduce(1, *)
            let flat = try reshape(output, [rows, shape[shape.count - 1]])
            let labels = try reshape(target, [rows])
            if loss == .crossEntropy { return try crossEntropy(flat, labels: labels) }
            let picked = try append(.pick(axis: 1), [flat, try reshape(labels, [rows, 1])])
            return try map(.negate, try mean(try map(.log, picked), axes: [0, 1], keepsAxes: false))
        case .meanSquaredError: return try meanSquaredError(output, target: target)
        case .binaryCrossEntropy: return try binaryCrossEntropy(logits: output, target: target)
        case .huber: return try huber(output, target: target)
        }
    }
}

extension Program {
    /// The name of the input that carries what the output should be.
    package static let targetInput = "target"

    /// This program with a loss of one of its outputs and its derivative by parameters: outputs `loss` and `grad/NAME`.
    ///
    /// - Parameters:
    ///   - output: the output that is judged; nil takes the first that holds floats.
    ///   - parameters: names of the parameters; nil takes all.
    package func withGradients(
        of loss: Loss, output name: String? = nil, parameters names: Set<String>? = nil
    ) throws(ProgramError) -> Program {
        var (builder, _, result, _) = try judged(by: loss, output: name)
        let sources = parameters.filter { names?.contains(node($0).name) ?? true }
        let gradients = try builder.gradients(of: result, for: sources)
        for (source, gradient) in zip(sources, gradients) { builder.output("grad/" + node(source).name, gradient) }
        return builder.finish()
    }

    /// This program continued by a loss of one of its outputs. `loss` is the only output of the builder; what is judged and the loss
    /// are values of it, and the input `targetInput` has the type `target`.
    package func judged(
        by loss: Loss, output name: String?
    ) throws(ProgramError) -> (builder: ProgramBuilder, scores: Value, loss: Value, target: TensorType) {
        let (scores, target) = try judgedOutput(name, loss)
        var builder = ProgramBuilder(continuing: self)
        builder.scope = "loss"
        builder.clearOutputs()
        let wanted = try builder.input(Self.targetInput, target)
        let value = try builder.loss(loss, of: scores, target: wanted)
        builder.output("loss", value)
        return (builder, scores, value, target)
    }

    /// The output that a loss judges and the type of its target.
    package func judgedOutput(_ name: String?, _ loss: Loss) throws(ProgramError) -> (Value, TensorType) {
        let candidates = outputs.filter { type($0.value).element == .float32 && (name == nil || $0.name == name) }
        guard let output = candidates.first else {
            let names = outputs.filter { type($0.value).element == .float32 }.map(\.name).joined(separator: ", ")
            throw ProgramError(
                node: name ?? "outputs", "there is no such output of floats to judge; there are: \(names)")
        }
        let judged =
            switch loss {
            case .crossEntropy: logits(of: output.value)
            case .binaryCrossEntropy: logit(of: output.value)
            default: output.value
            }
        return (judged, loss.target(for: type(judged)))
    }

    /// What a softmax over the last axis was taken of, behind mere changes of shape; any other value itself.
    private func logits(of value: Value) -> Value {
        for derivative in derivatives {
            if case .softmax(let result, let logits) = derivative, result == value { return logits }
        }
        if case .permute(let order) = node(value).operation, order == Array(order.indices) {
            return logits(of: node(value).operands[0])
        }
        return value
    }

    /// What a sigmoid was taken of, where it is the last step; any other value itself.
    private func logit(of value: Value) -> Value {
        if case .map(.sigmoid) = node(value).operation { node(value).operands[0] } else { value }
    }

    /// Runs a program once on tensors for its inputs and parameters by name; outputs by name.
    package func run(_ sources: [String: Tensor], kernels: Kernels = .shared) throws(ProgramError) -> [String: Tensor] {
        let session = try Session(Plan(self), kernels: kernels)
        for value in inputs + parameters {
            guard let tensor = sources[node(value).name] else {
                throw ProgramError(node: node(value).name, "needs a tensor \(type(value)), none was given")
            }
            try session.write(value, tensor)
        }
        try session.run()
        var results: [String: Tensor] = [:]
        for output in outputs { results[output.name] = session.tensor(of: output.value) }
        return results
    }
}
