package import Bytes

/// Which rows of a data set are for what; each part keeps the order of the rows.
package struct RowParts: Sendable, Equatable {
    package let training: [Int]
    package let validation: [Int]
    package let test: [Int]

    /// A tenth (rounded down), which the seed chooses, to judge by; the rest to train on.
    package static func heldOutTenth(of rows: Int, seed: Hash32) -> RowParts {
        var stream = RandomStream(key: seed, purpose: "cairn held-out")
        let order = stream.permutation(rows)
        return RowParts(order, validation: rows / 10, test: 0)
    }

    /// The rows dealt by the seed: validation and test take their shares rounded to the nearest, training the rest.
    ///
    /// - Throws: where a part that should have rows would have none.
    package init(_ fractions: SplitFractions, of rows: Int, seed: Hash32, name: String) throws(DatasetError) {
        var stream = RandomStream(key: seed, purpose: "cairn split")
        let validation = Int((Double(rows) * fractions.validation).rounded())
        let test = min(Int((Double(rows) * fractions.test).rounded()), rows - validation)
        for (part, count, share) in [
            ("validation", validation, fractions.validation), ("test", test, fractions.test),
            ("training", rows - validation - test, fractions.training),
        ] where count == 0 && share > 0 {
            throw DatasetError(name, "has \(rows) rows: a share of \(share) for \(part) is none of them")
        }
        self.init(stream.permutation(rows), validation: validation, test: test)
    }

    /// The first places of an order for validation, the next for the test, the others for training.
    private init(_ order: [Int], validation: Int, test: Int) {
        self.training = order[(validation + test)...].sorted()
        self.validation = order[..<validation].sorted()
        self.test = order[validation..<validation + test].sorted()
    }
}

extension DataSchema {
    /// The parts of rows that are not divided already: by the schema's split; without one, a tenth is held back where a seed says so.
    ///
    /// - Returns: nil where all rows are for training.
    package func parts(of rows: Int, holdingBack seed: Hash32?, name: String) throws(DatasetError) -> RowParts? {
        if split != .whole { return try RowParts(split, of: rows, seed: self.seed, name: name) }
        return seed.map { RowParts.heldOutTenth(of: rows, seed: $0) }
    }
}
