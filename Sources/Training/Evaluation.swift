/// How well a classifier does on labelled rows.
package struct Evaluation: Sendable, Equatable {
    package let rows: Int
    /// Share of rows whose most probable class (the first of equals) is the right one.
    package let accuracy: Float
    /// Mean cross-entropy.
    package let loss: Float
    /// `confusion[actual][predicted]`.
    package let confusion: [[Int]]

    package init(loss: Float, confusion: [[Int]]) {
        rows = confusion.joined().reduce(0, +)
        self.loss = loss
        self.confusion = confusion
        let right = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
        accuracy = rows == 0 ? 0 : Float(right) / Float(rows)
    }

    /// Per class: of the rows of the class, the share that was found; 0 where there is none.
    package var recall: [Float] {
        confusion.indices.map { Self.share(confusion[$0][$0], of: confusion[$0].reduce(0, +)) }
    }

    /// Per class: of the rows given the class, the share that has it; 0 where there is none.
    package var precision: [Float] {
        confusion.indices.map { label in
            Self.share(confusion[label][label], of: confusion.reduce(0) { $0 + $1[label] })
        }
    }

    /// Per class: the harmonic mean of precision and recall.
    package var f1: [Float] {
        zip(precision, recall).map { $0 + $1 == 0 ? 0 : 2 * $0 * $1 / ($0 + $1) }
    }

    private static func share(_ part: Int, of whole: Int) -> Float { whole == 0 ? 0 : Float(part) / Float(whole) }
}
