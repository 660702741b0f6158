/// The weighted mean of fixed-point updates, in exact integers: what the contract computes, anyone recomputes.
///
/// Per parameter, `g = floor((sum(n_i * v_i) + floor(N / 2)) / N)` with `N = sum(n_i)` and floor towards minus
/// infinity. Integer sums are exact, so the order in which updates arrive cannot change a bit.
///
///     var average = FederatedAverage(parameterCount: 2_410)
///     try average.add(update, rows: 312)
///     let parameters = try average.result()
package struct FederatedAverage: Sendable {
    /// The largest magnitude a value may have, `2^30`.
    package static let limit: Int32 = 1 << 30
    /// The most rows that all updates together may weigh; the contract's 64-bit lanes hold no more.
    package static let maximumRows = 1 << 31

    /// How many updates were added.
    package private(set) var updates = 0
    /// `N`, the rows of all updates.
    package private(set) var rows = 0
    private var sums: [Int64]

    /// - Precondition: `parameterCount > 0`.
    package init(parameterCount: Int) {
        precondition(parameterCount > 0, "a model has at least one parameter")
        sums = [Int64](repeating: 0, count: parameterCount)
    }

    /// Adds one holder's update.
    ///
    /// - Throws: `UpdateError` for a wrong length, a value out of range, or rows that are none or too many; nothing is
    ///   added then.
    package mutating func add(_ update: [Int32], rows: Int) throws(UpdateError) {
        try UpdateError.check(update, parameterCount: sums.count)
        guard rows > 0 else { throw .noRows }
        guard rows <= Self.maximumRows - self.rows else { throw .tooManyRows(self.rows, adding: rows) }
        let weight = Int64(rows)
        for index in sums.indices { sums[index] &+= weight &* Int64(update[index]) }
        self.rows += rows
        updates += 1
    }

    /// The new global parameters.
    ///
    /// - Throws: `UpdateError.noUpdates` where nothing was added.
    package func result() throws(UpdateError) -> [Int32] {
        guard rows > 0 else { throw .noUpdates }
        let (total, half) = (Int64(rows), Int64(rows / 2))
        return sums.map { sum in
            let (quotient, remainder) = (sum + half).quotientAndRemainder(dividingBy: total)
            return Int32(remainder < 0 ? quotient - 1 : quotient)  // a mean of values within 2^30 lies within 2^30
        }
    }
}

/// Why an update cannot be taken; the contract refuses the same ones.
package enum UpdateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The update has another number of values than the model has parameters.
    case wrongLength(expected: Int, actual: Int)
    /// A value's magnitude is above `2^30`.
    case outOfRange(index: Int, value: Int32)
    /// An update that weighs nothing.
    case noRows
    /// More rows than exact 64-bit sums allow.
    case tooManyRows(Int, adding: Int)
    /// A round without updates has no mean.
    case noUpdates

    package var description: String {
        switch self {
        case .wrongLength(let expected, let actual):
            "the update has \(actual) values, but the model has \(expected) parameters; train the job's program"
        case .outOfRange(let index, let value):
            "value \(value) of parameter \(index) is out of range: magnitudes up to \(FederatedAverage.limit) are "
                + "allowed; lower the learning rate or the job's scaleBits"
        case .noRows: "an update must stand for at least one row"
        case .tooManyRows(let rows, let adding):
            "\(adding) more rows on top of \(rows) pass the limit of \(FederatedAverage.maximumRows) rows a round"
        case .noUpdates: "the round has no accepted update, so it has no mean"
        }
    }

    /// Refuses what the contract would refuse, before any gas is spent.
    package static func check(_ update: [Int32], parameterCount: Int) throws(UpdateError) {
        guard update.count == parameterCount else {
            throw .wrongLength(expected: parameterCount, actual: update.count)
        }
        let limit = FederatedAverage.limit
        for (index, value) in update.enumerated() where value > limit || value < -limit {
            throw .outOfRange(index: index, value: value)
        }
    }
}
