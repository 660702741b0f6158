/// Which shares of the rows are for training, for validation and for the test.
package struct SplitFractions: Sendable, Equatable {
    package let training: Double
    package let validation: Double
    package let test: Double

    /// Everything is for training.
    package static let whole = SplitFractions(training: 1, validation: 0, test: 0)

    private init(training: Double, validation: Double, test: Double) {
        (self.training, self.validation, self.test) = (training, validation, test)
    }

    /// Three fractions that sum to 1; nil where they do not.
    package init?(_ fractions: [Double]) {
        guard fractions.count == 3, fractions.allSatisfy({ $0 >= 0 && $0 <= 1 }), fractions[0] > 0,
            abs(fractions.reduce(0, +) - 1) < 1e-6
        else { return nil }
        self.init(training: fractions[0], validation: fractions[1], test: fractions[2])
    }

    /// From `0.8,0.1,0.1`.
    package init?(_ text: String) {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.allSatisfy({ $0 != nil }) else { return nil }
        self.init(numbers.compactMap { $0 })
    }

    package var numbers: [Double] { [training, validation, test] }
}

/// A data set in its parts; the parts that are not there have no rows.
package struct DividedDataset: Sendable, Equatable {
    package var training: Dataset
    package var validation: Dataset
    package var test: Dataset

    package init(training: Dataset, validation: Dataset, test: Dataset) {
        (self.training, self.validation, self.test) = (training, validation, test)
    }

    /// Applies `body` to every part.
    mutating func update(_ body: (inout Dataset) throws(DatasetError) -> Void) throws(DatasetError) {
        try body(&training)
        try body(&validation)
        try body(&test)
    }
}
