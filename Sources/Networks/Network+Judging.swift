package import Graph
import ONNX
import Tensor
package import Training

extension Network {
    /// Loss and accuracy or errors on samples: by the label output if there is one, else by the judged output of floats.
    ///
    /// - Parameter output: the output that is judged; nil takes the first that holds floats.
    package func evaluate(
        on samples: Samples, loss: Loss? = nil, output: String? = nil, threads: Int = 1
    ) throws -> Metrics {
        let classifies = samples.target.type == .int64
        if classifies, output == nil, givesLabels {
            return try evaluateLabels(on: samples, threads: threads)
        }
        let loss = try loss ?? suggestedLoss(classes: classifies, output: output)
        let model = model
        let shapes = samples.inputs.map { ($0.name, $0.rowShape) }
        func imported(_ rows: Int) throws -> ImportedProgram {
            let whole = Dictionary(uniqueKeysWithValues: shapes.map { ($0, [rows] + $1) })
            return try model.imported(shapes: whole, mode: .inference)
        }
        let rows = try judgedRows(of: samples)
        let graph = TrainableGraph(
            inputs: samples.inputs.map { .init($0.name, $0.tensor.type, $0.rowShape) },
            parameters: try imported(rows).parameters, trainable: []
        ) { rows, _ in try imported(rows).program }
        let (scores, target) = try graph.judged(output, loss, rows: rows)
        let judge = GraphJudge(graph, loss: loss, output: output, kernels: kernels(threads), batch: rows)
        return try judge.evaluate(on: try samples.fitted(to: scores, target))
    }

    /// The rows that are judged at once.
    ///
    /// - Throws: where the file takes the rows that it was exported for only, and the samples do not divide into these.
    func judgedRows(of samples: Samples) throws -> Int {
        let rows = max(1, piece(of: samples.rows, atMost: GraphJudge.batch))
        if rows == model.statedBatch, !samples.rows.isMultiple(of: rows) { try checkRows(samples.rows) }
        return rows
    }

    /// True for a model that gives out classes itself, as scikit-learn's do.
    package var givesLabels: Bool { model.outputs.contains { $0.element == .int64 } }

    /// The loss that fits when nobody names one: cross-entropy for classes (binary where there is one output), squares for numbers.
    package func suggestedLoss(classes: Bool, output: String? = nil) throws -> Loss {
        guard classes else { return .meanSquaredError }
        if givesLabels { return .crossEntropy }
        return try outputWidth(output) == 1 ? .binaryCrossEntropy : .crossEntropy
    }

    /// Numbers on the last axis of the judged output.
    ///
    /// - Throws: when the model cannot be imported, or gives no floats.
    package func outputWidth(_ output: String? = nil) throws -> Int {
        let stated = model.outputs.first { $0.element == .float32 && (output == nil || $0.name == output) }
        if let last = stated?.shape?.last, case .size(let size) = last { return size }
        let types = try model.inputTypes(batch: 2)
        let program = try model.imported(shapes: types.mapValues(\.shape), mode: .inference).program
        let (value, _) = try program.judgedOutput(output, .meanSquaredError)
        let shape = program.type(value).shape
        return shape.count < 2 ? 1 : shape[shape.count - 1]
    }

    /// By the labels that the model gives out.
    private func evaluateLabels(on samples: Samples, threads: Int) throws -> Metrics {
        let results = try predict(rows: samples.inputs, threads: threads)
        let labels = samples.target.values(as: Int64.self)
        guard let predicted = results.first(where: { $0.tensor.type == .int64 && $0.tensor.count == labels.count })
        else { throw NetworkError("\(name): no output gives a class for each row") }
        let scores = results.first { $0.tensor.type == .float32 && $0.tensor.count.isMultiple(of: labels.count) }
        let numbers = scores?.tensor.values(as: Float.self) ?? []
        let width = numbers.count / max(labels.count, 1)
        let guesses = predicted.tensor.values(as: Int64.self)
        let classes = max(samples.classNames.count, Int(labels.max() ?? 0) + 1)
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        var losses: [Float] = []
        for (row, label) in labels.enumerated() {
            let guess = guesses[row]
            guard guess >= 0, guess < classes, label >= 0 else {
                throw NetworkError("\(name): predicts the class \(guess), the data have \(classes)")
            }
            confusion[Int(label)][Int(guess)] += 1
            if width > Int(label) {
                losses.append(Self.loss(Array(numbers[row * width..<(row + 1) * width]), Int(label)))
            }
        }
        let evaluation = Evaluation(loss: losses.isEmpty ? 0 : Reference.mean(losses), confusion: confusion)
        return Metrics(
            count: labels.count, loss: evaluation.loss, accuracy: evaluation.accuracy, classes: evaluation, errors: nil)
    }

    /// Cross-entropy of one row: of probabilities when the scores are some, else of logits.
    private static func loss(_ scores: [Float], _ label: Int) -> Float {
        let isProbability = scores.allSatisfy { (0...1).contains($0) } && abs(Reference.sum(scores) - 1) < 1e-3
        if isProbability { return -Reference.log(max(scores[label], 0x1p-100)) }
        let most = Reference.maximum(scores)
        return Reference.log(Reference.sum(scores.map { Reference.exp($0 - most) })) - (scores[label] - most)
    }
}
