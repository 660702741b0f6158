import Graph
import Tensor

/// Support vector machines of ai.onnx.ml.
extension Operators {
    static let supportVectors: [String: Lowering.Operator] = [
        "ai.onnx.ml.SVMRegressor": { lowering in
            let x = try features(lowering)
            let count = lowering.int("n_supports", 0)
            let scores: Value
            if count > 0 {
                let coefficients = lowering.floatList("coefficients") ?? []
                guard coefficients.count == count else {
                    throw lowering.refusal("\(coefficients.count) coefficients for \(count) vectors")
                }
                let kernels = try kernel(lowering, x, try vectors(lowering, "support_vectors", count, x))
                let column = lowering.builder.constant(Tensor(coefficients, shape: [count, 1]))
                scores = try lowering.builder.matmul(kernels, column)
            } else {
                // No vectors: the coefficients are those of a linear function.
                let weights = try vectors(lowering, "coefficients", 1, x)
                scores = try kernel(lowering, x, weights)
            }
            let rho = lowering.floatList("rho")?.first ?? 0
            let result = try lowering.builder.add(scores, lowering.builder.scalar(rho))
            guard lowering.int("one_class", 0) == 1 else { return lowering.set(0, try transformed(lowering, result)) }
            let isInside = try lowering.builder.map(.less, lowering.builder.scalar(0), result)
            lowering.set(
                0, try lowering.builder.select(isInside, lowering.builder.scalar(1), lowering.builder.scalar(-1)))
        },
        "ai.onnx.ml.SVMClassifier": vectorClassifier,
    ]

    private static func vectors(_ lowering: Lowering, _ name: String, _ count: Int, _ x: Value) throws -> Value {
        let numbers = lowering.floatList(name) ?? []
        let columns = lowering.shape(x)[1]
        guard (1...1 << 24).contains(count), numbers.count == count * columns else {
            throw lowering.refusal("'\(name)' has \(numbers.count) numbers for \(count) x \(columns)")
        }
        return lowering.builder.constant(Tensor(numbers, shape: [count, columns]))
    }

    /// The kernel function of each row with each vector: `[rows, vectors]`.
    private static func kernel(_ lowering: Lowering, _ x: Value, _ vectors: Value) throws -> Value {
        let numbers = lowering.floatList("kernel_params") ?? [0, 0, 3]
        guard numbers.count >= 3 else { throw lowering.refusal("needs three kernel parameters") }
        let (gamma, bias) = (lowering.builder.scalar(numbers[0]), lowering.builder.scalar(numbers[1]))
        func product() throws -> Value { try lowering.builder.matmul(x, vectors, transposeB: true) }
        func affine() throws -> Value {
            try lowering.builder.map(.fusedMultiplyAdd, gamma, try product(), bias)
        }
        switch lowering.text("kernel_type", "LINEAR") {
        case "LINEAR": return try product()
        case "POLY":
            let inner = try affine()
            guard numbers[2] == numbers[2].rounded(), (1...64).contains(numbers[2]) else {
                throw lowering.refusal("the degree \(numbers[2]) is not supported: 1...64 are")
            }
            var result = inner
            for _ in 1..<Int(numbers[2]) { result = try lowering.builder.multiply(result, inner) }
            return result
        case "SIGMOID": return try lowering.builder.map(.tanh, try affine())
        case "RBF":
            // exp(-gamma |x - v|^2), by differences: squares less products would cancel.
            let (rows, count, columns) = (lowering.shape(x)[0], lowering.shape(vectors)[0], lowering.shape(x)[1])
            try lowering.limit(rows, count, columns)
            let difference = try lowering.builder.subtract(
                try lowering.builder.reshape(x, [rows, 1, columns]),
                try lowering.builder.reshape(vectors, [1, count, columns]))
            let distance = try lowering.builder.sum(
                try lowering.builder.multiply(difference, difference), axes: [2], keepsAxes: false)
            return try lowering.builder.map(
                .exp, try lowering.builder.multiply(distance, lowering.builder.scalar(-numbers[0])))
        case let name: throw lowering.refusal("the kernel '\(name)' is not supported")
        }
    }

    private static func vectorClassifier(_ lowering: Lowering) throws {
        let x = try features(lowering)
        let labels = labels(lowering, ["classlabels_ints", "classlabels_strings"])
        let classes = labels.count
        guard (2...1024).contains(classes) else { throw lowering.refusal("needs 2...1024 classes") }
        guard let perClass = lowering.ints("vectors_per_class"), !perClass.isEmpty else {
            // No vectors: a linear function for each class.
            let weights = try vectors(lowering, "coefficients", classes, x)
            let rho = lowering.floatList("rho")?.first ?? 0
            let scores = try lowering.builder.add(try kernel(lowering, x, weights), lowering.builder.scalar(rho))
            lowering.set(0, try winner(lowering, scores, labels))
            return lowering.set(1, try transformed(lowering, scores))
        }
        guard perClass.count == classes, perClass.allSatisfy({ (0...1 << 24).contains($0) }) else {
            throw lowering.refusal("the vectors of classes do not fit \(classes) classes")
        }
        let count = perClass.reduce(0, +)
        let (coefficients, rho) = (lowering.floatList("coefficients") ?? [], lowering.floatList("rho") ?? [])
        let pairs = (0..<classes).flatMap { first in (first + 1..<classes).map { (first, $0) } }
        guard rho.count == pairs.count,
            coefficients.count == count * (classes - 1)
        else { throw lowering.refusal("coefficients, vectors and intercepts do not fit \(classes) classes") }
        let kernels = try kernel(lowering, x, try vectors(lowering, "support_vectors", count, x))
        // Column p decides between the classes of pair p: vectors of i weigh row j - 1, vectors of j row i.
        let starts = perClass.indices.map { perClass[..<$0].reduce(0, +) }
        var table = [Float](repeating: 0, count: count * pairs.count)
        for (column, pair) in pairs.enumerated() {
            for vector in starts[pair.0]..<starts[pair.0] + perClass[pair.0] {
                table[vector * pairs.count + column] = coefficients[(pair.1 - 1) * count + vector]
            }
            for vector in starts[pair.1]..<starts[pair.1] + perClass[pair.1] {
                table[vector * pairs.count + column] = coefficients[pair.0 * count + vector]
            }
        }
        let weights = lowering.builder.constant(Tensor(table, shape: [count, pairs.count]))
        let intercepts = lowering.builder.constant(Tensor(rho, shape: [rho.count]))
        let decisions = try lowering.builder.add(try lowering.builder.matmul(kernels, weights), intercepts)
        let votes = try votes(lowering, decisions, pairs, classes)
        guard let slopes = lowering.floatList("prob_a"), !slopes.isEmpty else {
            lowering.set(0, try winner(lowering, votes, labels))
            return try lowering.set(1, scores(lowering, decisions, classes))
        }
        guard let offsets = lowering.floatList("prob_b"), slopes.count == pairs.count, offsets.count == pairs.count
        else { throw lowering.refusal("'prob_a' and 'prob_b' do not fit") }
        let probabilities = try coupled(lowering, decisions, slopes, offsets, pairs, classes)
        // The label is that of the votes, as without probabilities.
        lowering.set(0, try winner(lowering, votes, labels))
        lowering.set(1, try transformed(lowering, probabilities))
    }

    /// Two classes have one decision, given as itself and its opposite.
    private static func scores(_ lowering: Lowering, _ decisions: Value, _ classes: Int) throws -> Value {
        guard classes == 2 else { return try transformed(lowering, decisions) }
        let opposite = try lowering.builder.map(.negate, decisions)
        return try transformed(
            lowering, try lowering.builder.append(.concatenate(axis: 1), [opposite, decisions]))
    }

    /// How many pairs each class wins.
    private static func votes(
        _ lowering: Lowering, _ decisions: Value, _ pairs: [(Int, Int)], _ classes: Int
    ) throws -> Value {
        let isFirst = try lowering.builder.cast(
            try lowering.builder.map(.less, lowering.builder.scalar(0), decisions), to: .float32)
        var (first, second) = ([Float](), [Float]())
        for pair in pairs {
            first += (0..<classes).map { $0 == pair.0 ? 1 : 0 }
            second += (0..<classes).map { $0 == pair.1 ? 1 : 0 }
        }
        let shape = [pairs.count, classes]
        let wins = try lowering.builder.matmul(isFirst, lowering.builder.constant(Tensor(first, shape: shape)))
        let losses = try lowering.builder.matmul(
            try lowering.builder.subtract(lowering.builder.scalar(1), isFirst),
            lowering.builder.constant(Tensor(second, shape: shape)))
        return try lowering.builder.add(wins, losses)
    }

    /// Probabilities of classes from those of pairs: the second method of Wu, Lin and Weng, "Probability Estimates for Multi-class
    /// Classification by Pairwise Coupling", JMLR 5 (2004), with the iteration that LIBSVM runs, a fixed number of times.
    private static func coupled(
        _ lowering: Lowering, _ decisions: Value, _ slopes: [Float], _ offsets: [Float], _ pairs: [(Int, Int)],
        _ classes: Int
    ) throws -> Value {
        // P(i beats j) = 1 / (1 + exp(a d + b)), within [1e-7, 1 - 1e-7].
        let a = lowering.builder.constant(Tensor(slopes.map { -$0 }, shape: [slopes.count]))
        let b = lowering.builder.constant(Tensor(offsets.map { -$0 }, shape: [offsets.count]))
        let line = try lowering.builder.map(.fusedMultiplyAdd, decisions, a, b)
        let raw = try lowering.builder.map(.sigmoid, line)
        let bounded = try lowering.builder.map(
            .minimum, try lowering.builder.map(.maximum, raw, lowering.builder.scalar(1e-7)),
            lowering.builder.scalar(1 - 1e-7))
        let rows = lowering.shape(decisions)[0]
        func column(_ pair: Int) throws -> Value { try lowering.builder.slice(bounded, axis: 1, from: pair, count: 1) }
        // r[i][j], then Q[t][t] = sum of r[j][t]^2, Q[t][j] = -r[j][t] r[t][j].
        var r = [[Value?]](repeating: [Value?](repeating: nil, count: classes), count: classes)
        for (index, pair) in pairs.enumerated() {
            let value = try column(index)
            r[pair.0][pair.1] = value
            r[pair.1][pair.0] = try lowering.builder.subtract(lowering.builder.scalar(1), value)
        }
        let none = lowering.builder.constant(Tensor([Float](repeating: 0, count: rows), shape: [rows, 1]))
        var q = [[Value]](repeating: [Value](repeating: none, count: classes), count: classes)
        for t in 0..<classes {
            for j in 0..<classes where j != t {
                guard let forth = r[t][j], let back = r[j][t] else { continue }
                q[t][t] = try lowering.builder.map(.fusedMultiplyAdd, back, back, q[t][t])
                q[t][j] = try lowering.builder.map(.negate, try lowering.builder.multiply(back, forth))
            }
        }
        let matrix = try lowering.builder.reshape(
            try lowering.builder.append(.concatenate(axis: 1), q.flatMap { $0 }), [rows, classes, classes])
        return try iterated(lowering, matrix, rows: rows, classes: classes)
    }

    /// Turns that LIBSVM's iteration may take; random problems of 2 to 10 classes took at most four.
    private static let turns = 8

    private static func iterated(_ lowering: Lowering, _ matrix: Value, rows: Int, classes: Int) throws -> Value {
        let start = [Float](repeating: 1 / Float(classes), count: classes)
        var p = try lowering.builder.broadcast(
            lowering.builder.constant(Tensor(start, shape: [1, classes])), [rows, classes])
        let one = lowering.builder.scalar(1)
        func part(_ value: Value, _ t: Int) throws -> Value {
            try lowering.builder.slice(value, axis: 1, from: t, count: 1)
        }
        for _ in 0..<turns {
            let column = try lowering.builder.reshape(p, [rows, classes, 1])
            var product = try lowering.builder.reshape(try lowering.builder.matmul(matrix, column), [rows, classes])
            var form = try lowering.builder.sum(try lowering.builder.multiply(p, product), axes: [1])
            // Rows whose greatest error is small stay as they are.
            let errors = try lowering.builder.map(.absolute, try lowering.builder.subtract(product, form))
            let error = try lowering.builder.reduce(.maximum, errors, axes: [1])
            let isDone = try lowering.builder.map(.less, error, lowering.builder.scalar(0.005 / Float(classes)))
            var next = p
            for t in 0..<classes {
                // d = (p'Qp - (Qp)[t]) / Q[t][t]; p[t] += d; all are scaled to the sum 1.
                let line = try lowering.builder.reshape(
                    try lowering.builder.slice(matrix, start: [0, t, 0], shape: [rows, 1, classes]), [rows, classes])
                let (own, diagonal) = (try part(product, t), try part(line, t))
                let d = try lowering.builder.divide(try lowering.builder.subtract(form, own), diagonal)
                let total = try lowering.builder.add(d, one)
                let unit = lowering.builder.constant(
                    Tensor((0..<classes).map { $0 == t ? 1 : 0 as Float }, shape: [1, classes]))
                next = try lowering.builder.divide(
                    try lowering.builder.map(.fusedMultiplyAdd, d, unit, next), total)
                let twice = try lowering.builder.add(own, own)
                let change = try lowering.builder.multiply(
                    d, try lowering.builder.map(.fusedMultiplyAdd, d, diagonal, twice))
                form = try lowering.builder.divide(
                    try lowering.builder.divide(try lowering.builder.add(form, change), total), total)
                product = try lowering.builder.divide(
                    try lowering.builder.map(.fusedMultiplyAdd, d, line, product), total)
            }
            p = try lowering.builder.select(isDone, p, next)
        }
        return p
    }
}
