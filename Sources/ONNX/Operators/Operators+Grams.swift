import Graph
import Tensor

/// Counts of runs of whole numbers (words of a vocabulary); texts are refused.
extension Operators {
    static let grams: [String: Lowering.Operator] = ["TfIdfVectorizer": countGrams]

    /// Every run that the table lists is compared with every place where it could stand; the matches are added.
    private static func countGrams(_ lowering: Lowering) throws {
        let input = try lowering.input(0)
        let rank = lowering.shape(input).count
        guard rank == 1 || rank == 2, let pool = lowering.ints("pool_int64s"),
            let starts = lowering.ints("ngram_counts"),
            let columns = lowering.ints("ngram_indexes"), let last = columns.max(), (0...1 << 20).contains(last),
            columns.allSatisfy({ $0 >= 0 })
        else { throw lowering.refusal("is supported for whole numbers in rows, with its tables") }
        let (least, most) = (lowering.int("min_gram_length", 1), lowering.int("max_gram_length", 1))
        let skips = lowering.int("max_skip_count", 0)
        guard least >= 1, most >= least, most <= starts.count, (0...1024).contains(skips),
            zip(starts + [pool.count], starts.dropFirst() + [pool.count]).allSatisfy({ $0 >= 0 && $0 <= $1 })
        else { throw lowering.refusal("runs of \(least) to \(most) do not fit its tables") }
        let rows = rank == 2 ? lowering.shape(input)[0] : 1
        let length = lowering.shape(input)[rank - 1]
        let x = try lowering.builder.reshape(try lowering.builder.cast(input, to: .int64), [rows, length])
        var counts: [Value] = []
        var number = 0
        for size in 1...most {
            let end = size < starts.count ? starts[size] : pool.count
            let grams = Array(pool[starts[size - 1]..<end])
            guard grams.count % size == 0 else { throw lowering.refusal("its runs of \(size) are broken off") }
            let count = grams.count / size
            guard number + count <= columns.count else { throw lowering.refusal("a run has no column") }
            defer { number += count }
            let steps = size == 1 ? 1...1 : 1...skips + 1
            try lowering.limit(steps.count, length, size)
            let places =
                size < least
                ? []
                : steps.flatMap { step in
                    (0..<max(0, length - (size - 1) * step)).flatMap { start in (0..<size).map { start + $0 * step } }
                }
            guard count > 0 else { continue }
            guard !places.isEmpty else {
                counts.append(try lowering.builder.broadcast(lowering.builder.scalar(0), [rows, count]))
                continue
            }
            try lowering.limit(rows, places.count, count)
            let windows = try lowering.builder.append(.gather(axis: 1), [x, lowering.constant(places)])
            let equal = try lowering.builder.map(
                .equal, try lowering.builder.reshape(windows, [rows, places.count / size, 1, size]),
                try lowering.builder.reshape(lowering.constant(grams), [1, 1, count, size]))
            let whole = try lowering.builder.reduce(
                .minimum, try lowering.builder.cast(equal, to: .float32), axes: [3], keepsAxes: false)
            counts.append(try lowering.builder.sum(whole, axes: [1], keepsAxes: false))
        }
        guard number == columns.count, !counts.isEmpty else {
            throw lowering.refusal("\(columns.count) columns for \(number) runs")
        }
        let joined = counts.count == 1 ? counts[0] : try lowering.builder.append(.concatenate(axis: 1), counts)
        var result = try lowering.builder.append(
            .scatterAdd(axis: 1, size: last + 1), [joined, lowering.constant(columns)])
        let mode = lowering.text("mode", "TF")
        guard ["TF", "IDF", "TFIDF"].contains(mode) else {
            throw lowering.refusal("the mode '\(mode)' is not supported")
        }
        if mode != "TF" {
            var weights = [Float](repeating: 1, count: last + 1)
            if let stated = lowering.floatList("weights") {
                guard stated.count == columns.count else {
                    throw lowering.refusal("its weights do not fit its columns")
                }
                for (column, weight) in zip(columns, stated) { weights[column] = weight }
            }
            if mode == "IDF" { result = try lowering.builder.map(.minimum, result, lowering.builder.scalar(1)) }
            result = try lowering.builder.multiply(
                result, lowering.builder.constant(Tensor(weights, shape: [last + 1])))
        }
        lowering.set(0, rank == 1 ? try lowering.builder.reshape(result, [last + 1]) : result)
    }
}
