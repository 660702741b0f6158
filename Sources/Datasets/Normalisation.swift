import JSON

/// How features are scaled before a model sees them.
package enum Normalisation: Sendable, Equatable {
    case none
    /// Divided by 255: pixels come to lie in 0...1.
    case unit
    /// Each column (each channel of images) less its mean over its standard deviation, both taken from the training rows.
    case standard
    /// The same with numbers given before: one for every column, or for every channel.
    case given(mean: [Float], deviation: [Float])

    init?(json: JSON) {
        switch json.stringValue {
        case "none": self = .none
        case "unit": self = .unit
        case "standard": self = .standard
        case .some: return nil
        case nil:
            guard let mean = json["mean"]?.arrayValue?.map(\.doubleValue), !mean.isEmpty,
                let deviation = json["std"]?.arrayValue?.map(\.doubleValue), mean.count == deviation.count
            else { return nil }
            let (means, deviations) = (
                mean.compactMap { $0.map { Float($0) } }, deviation.compactMap { $0.map { Float($0) } }
            )
            guard means.count == mean.count, deviations.count == mean.count, means.allSatisfy(\.isFinite),
                deviations.allSatisfy({ $0.isFinite && $0 != 0 })
            else { return nil }
            self = .given(mean: means, deviation: deviations)
        }
    }

    var json: JSON {
        switch self {
        case .none: "none"
        case .unit: "unit"
        case .standard: "standard"
        case .given(let mean, let deviation):
            [
                "mean": .array(mean.map { .double(Double($0)) }), "std": .array(deviation.map { .double(Double($0)) }),
            ]
        }
    }

    /// The normalisation with its numbers: `standard` measured on training rows, every other as it is.
    ///
    /// Sums run in binary64, row by row, so the result is the same on every machine. A column that does not vary is only centred.
    func fitted(to training: Dataset, groups: Int) -> Normalisation {
        guard self == .standard, training.rows > 0, training.columns > 0 else { return self }
        let width = training.columns / groups
        let count = Double(training.rows * width)
        var (sums, squares) = ([Double](repeating: 0, count: groups), [Double](repeating: 0, count: groups))
        for row in 0..<training.rows {
            for column in 0..<training.columns {
                sums[column / width] += Double(training.features[row * training.columns + column])
            }
        }
        let means = sums.map { $0 / count }
        for row in 0..<training.rows {
            for column in 0..<training.columns {
                let distance = Double(training.features[row * training.columns + column]) - means[column / width]
                squares[column / width] += distance * distance
            }
        }
        let deviations = squares.map { Float(($0 / count).squareRoot()) }
        return .given(mean: means.map { Float($0) }, deviation: deviations.map { $0 > 0 && $0.isFinite ? $0 : 1 })
    }

    /// Scales rows of features, each of so many columns.
    ///
    /// - Throws: where the given numbers are neither one for every column nor one for every channel; for `standard`, whose numbers are
    ///   known only once it is fitted.
    func apply(to features: inout [Float], columns: Int, name: String) throws(DatasetError) {
        switch self {
        case .none: return
        case .standard:
            guard features.isEmpty else {
                throw DatasetError(
                    name,
                    "is to be scaled as the training data were: give the schema that came of them, with their means")
            }
        case .unit: for index in features.indices { features[index] /= 255 }
        case .given(let mean, let deviation):
            guard !mean.isEmpty, columns.isMultiple(of: mean.count) else {
                throw DatasetError(
                    name, "has \(columns) columns, the normalisation \(mean.count) means and standard deviations")
            }
            let width = columns / mean.count
            for start in stride(from: 0, to: features.count, by: columns) {
                for column in 0..<columns {
                    let group = column / width
                    features[start + column] = (features[start + column] - mean[group]) / deviation[group]
                }
            }
        }
    }
}
