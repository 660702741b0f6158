package import Graph
import Tensor

extension TrainableGraph {
    /// The type of one row of the judged output, and of its target.
    package func judged(_ output: String?, _ loss: Loss, rows: Int) throws -> (scores: TensorType, target: TensorType) {
        let program = try program(rows, false)
        let (value, target) = try program.judgedOutput(output, loss)
        func row(_ type: TensorType) -> TensorType { TensorType(type.element, Array(type.shape.dropFirst())) }
        return (row(program.type(value)), row(target))
    }
}

extension Samples {
    /// The samples with their target as a loss of an output wants it.
    ///
    /// Classes become numbers where numbers are judged: 0 and 1 for one output, one output a class for more. Numbers get the output's
    /// shape when they fill it. Classes are checked against the number of outputs.
    ///
    /// - Parameters:
    ///   - scores: one row of the judged output.
    ///   - expected: one row of the target.
    package func fitted(to scores: TensorType, _ expected: TensorType) throws(TrainingError) -> Samples {
        let shape = [rows] + expected.shape
        if expected.element == .int64 {
            guard target.type == .int64 else {
                throw TrainingError(
                    "\(name): the target holds numbers, the loss needs classes: use --loss mse or huber")
            }
            guard target.count == shape.reduce(1, *) else { throw mismatch(expected) }
            try checkClasses(scores.shape.last ?? 1)
            return try retargeted(target.reshaped(shape))
        }
        if target.type == .float32 {
            guard target.count == shape.reduce(1, *) else { throw mismatch(expected) }
            return try retargeted(target.reshaped(shape))
        }
        let labels = target.values(as: Int64.self)
        let width = expected.shape.reduce(1, *)
        if width * rows == labels.count {
            if !classNames.isEmpty { try checkClasses(2) }
            return try retargeted(Tensor(labels.map(Float.init), shape: shape))
        }
        guard target.rank == 1 else { throw mismatch(expected) }
        try checkClasses(width)
        var hot = [Float](repeating: 0, count: rows * width)
        for (row, label) in labels.enumerated() { hot[row * width + Int(label)] = 1 }
        return try retargeted(Tensor(hot, shape: shape))
    }

    private func mismatch(_ expected: TensorType) -> TrainingError {
        TrainingError(
            "\(name): the target of a row has the shape \(Array(target.shape.dropFirst())), the output needs \(expected.shape)"
        )
    }

    private func checkClasses(_ count: Int) throws(TrainingError) {
        let perRow = max(1, target.count / max(rows, 1))
        let wrong = target.withUnsafe(Int64.self) { labels in
            labels.firstIndex { $0 < 0 || $0 >= Int64(count) }.map { (row: $0 / perRow, label: labels[$0]) }
        }
        guard let wrong else { return }
        let text = wrong.label >= 0 && wrong.label < classNames.count ? " ('\(classNames[Int(wrong.label)])')" : ""
        throw TrainingError(
            "\(name), row \(number(ofRow: wrong.row)): the class \(wrong.label)\(text) is outside the \(count) that the model knows (0 to \(count - 1))"
        )
    }
}
