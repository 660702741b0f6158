import Federation
import Testing

@Suite("Weighted mean of updates in exact integers")
struct FederatedAverageTests {
    /// Floor division by definition, on arbitrary precision kept in doubles' exact range.
    static func expected(_ updates: [(rows: Int, value: Int)]) -> Int {
        let rows = updates.reduce(0) { $0 + $1.rows }
        let sum = updates.reduce(0) { $0 + $1.rows * $1.value } + rows / 2
        var quotient = sum / rows
        while quotient * rows > sum { quotient -= 1 }
        while (quotient + 1) * rows <= sum { quotient += 1 }
        return quotient
    }

    @Test("every pair of small weights and values, against the definition")
    func smallWorld() throws {
        for (n, m) in [(1, 1), (1, 2), (2, 3), (3, 4), (1, 7), (5, 5)] {
            for v in -9...9 {
                for w in -9...9 {
                    var average = FederatedAverage(parameterCount: 1)
                    try average.add([Int32(v)], rows: n)
                    try average.add([Int32(w)], rows: m)
                    #expect(try average.result() == [Int32(Self.expected([(n, v), (m, w)]))])
                }
            }
        }
    }

    @Test("the extremes neither overflow nor leave the range, in any order")
    func extremes() throws {
        let (top, low) = (FederatedAverage.limit, -FederatedAverage.limit)
        let updates: [([Int32], Int)] = [([top, low, top, 0], 1 << 30), ([top, low, low, 1], (1 << 30) - 1)]
        for order in [updates, updates.reversed()] {
            var average = FederatedAverage(parameterCount: 4)
            for (update, rows) in order { try average.add(update, rows: rows) }
            // Third: 2^30 / (2^31 - 1), just above 1/2; fourth: (2^30 - 1) / (2^31 - 1), just below it.
            #expect(try average.result() == [top, low, 1, 0])
        }
    }

    @Test("refusals name what is wrong and add nothing")
    func refusals() throws {
        var average = FederatedAverage(parameterCount: 2)
        #expect(throws: UpdateError.noUpdates) { try average.result() }
        #expect(throws: UpdateError.wrongLength(expected: 2, actual: 3)) { try average.add([1, 2, 3], rows: 1) }
        #expect(throws: UpdateError.outOfRange(index: 1, value: (1 << 30) + 1)) {
            try average.add([0, (1 << 30) + 1], rows: 1)
        }
        #expect(throws: UpdateError.outOfRange(index: 0, value: .min)) { try average.add([.min, 0], rows: 1) }
        #expect(throws: UpdateError.noRows) { try average.add([0, 0], rows: 0) }
        try average.add([5, -5], rows: 1 << 31)
        #expect(throws: UpdateError.tooManyRows(1 << 31, adding: 1)) { try average.add([0, 0], rows: 1) }
        #expect(average.updates == 1)
        #expect(try average.result() == [5, -5])
        #expect(
            UpdateError.wrongLength(expected: 2410, actual: 3).description
                == "the update has 3 values, but the model has 2410 parameters; train the job's program")
        #expect(
            UpdateError.outOfRange(index: 7, value: .min).description
                == "value -2147483648 of parameter 7 is out of range: magnitudes up to 1073741824 are allowed; lower the "
                + "learning rate or the job's scaleBits")
    }
}
