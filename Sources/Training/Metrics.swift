import Graph

/// How well a network does on samples.
package struct Metrics: Sendable, Equatable {
    /// Of numbers against what they should be.
    package struct Errors: Sendable, Equatable {
        package let meanAbsolute: Float
        package let rootMeanSquare: Float
        /// The share of the target's variance that the output explains (R squared); 0 where the target does not vary.
        package let explained: Float
    }

    /// What was judged: rows, or positions of all rows in a sequence model.
    package let count: Int
    /// The mean of the loss that training minimises.
    package let loss: Float
    /// Share of the places whose most probable class (the first of equals) is the right one; nil for numbers.
    package let accuracy: Float?
    /// By class; nil for numbers, and for more than 256 classes.
    package let classes: Evaluation?
    package let errors: Errors?

    package init(count: Int, loss: Float, accuracy: Float?, classes: Evaluation?, errors: Errors?) {
        (self.count, self.loss, self.accuracy, self.classes, self.errors) = (count, loss, accuracy, classes, errors)
    }
}

/// Adds up metrics batch by batch, in order, in binary64.
struct MetricsCounter {
    static let largestConfusion = 256

    private let loss: Loss
    private let classes: Int
    private var rows = 0
    private var count = 0
    private var lossSum = 0.0
    private var right = 0
    private var confusion: [[Int]] = []
    private var (absolute, squared, total, totalSquared) = (0.0, 0.0, 0.0, 0.0)

    /// - Parameter classes: how many classes the data know; 0 takes the output's.
    init(_ loss: Loss, classes: Int) {
        self.loss = loss
        self.classes = classes
    }

    /// A batch whose mean loss is known; scores are `[count, width]`, labels `[count]`.
    mutating func add(
        rows: Int, loss value: Float, scores: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int64>
    ) {
        add(rows: rows, loss: value)
        let width = scores.count / max(labels.count, 1)
        prepare(max(width, classes))
        for (place, label) in labels.enumerated() {
            var best = place * width
            for index in place * width..<(place + 1) * width where scores[index] > scores[best] { best = index }
            note(actual: Int(label), predicted: best - place * width)
        }
    }

    /// A batch of numbers; for the binary loss each is a decision, right where logit and target agree.
    mutating func add(
        rows: Int, loss value: Float, scores: UnsafeBufferPointer<Float>, numbers: UnsafeBufferPointer<Float>
    ) {
        add(rows: rows, loss: value)
        if loss == .binaryCrossEntropy {
            prepare(2)
            for (score, number) in zip(scores, numbers) {
                note(actual: number > 0.5 ? 1 : 0, predicted: score > 0 ? 1 : 0)
            }
            return
        }
        for (score, number) in zip(scores, numbers) {
            let difference = Double(score) - Double(number)
            absolute += difference.magnitude
            squared += difference * difference
            total += Double(number)
            totalSquared += Double(number) * Double(number)
        }
        count += numbers.count
    }

    private mutating func add(rows more: Int, loss value: Float) {
        lossSum += Double(value) * Double(more)
        rows += more
    }

    private mutating func prepare(_ classes: Int) {
        guard confusion.isEmpty, classes <= Self.largestConfusion else { return }
        confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    }

    private mutating func note(actual: Int, predicted: Int) {
        count += 1
        if actual == predicted { right += 1 }
        if actual >= 0, actual < confusion.count, predicted < confusion.count { confusion[actual][predicted] += 1 }
    }

    var metrics: Metrics {
        let mean = Float(rows == 0 ? 0 : lossSum / Double(rows))
        switch loss {
        case .crossEntropy, .negativeLogLikelihood, .binaryCrossEntropy:
            return Metrics(
                count: count, loss: mean, accuracy: count == 0 ? 0 : Float(right) / Float(count),
                classes: confusion.isEmpty ? nil : Evaluation(loss: mean, confusion: confusion), errors: nil)
        case .meanSquaredError, .huber:
            let number = Double(max(count, 1))
            let spread = totalSquared - total * total / number
            return Metrics(
                count: count, loss: mean, accuracy: nil, classes: nil,
                errors: Metrics.Errors(
                    meanAbsolute: Float(absolute / number), rootMeanSquare: Float((squared / number).squareRoot()),
                    explained: spread > 0 ? Float(1 - squared / spread) : 0))
        }
    }
}
