import Graph
import Tensor

/// Operators of the domain ai.onnx.ml: what scikit-learn, XGBoost and LightGBM export.
extension Operators {
    static let classical: [String: Lowering.Operator] = [
        "ai.onnx.ml.LinearRegressor": { lowering in
            let x = try features(lowering)
            let targets = lowering.int("targets", 1)
            var scores = try linear(lowering, x, rows: targets)
            scores = try transformed(lowering, scores)
            lowering.set(0, scores)
        },
        "ai.onnx.ml.LinearClassifier": linearClassifier,
        "ai.onnx.ml.Scaler": { lowering in
            let x = try features(lowering)
            let (offset, scale) = (lowering.floatList("offset") ?? [0], lowering.floatList("scale") ?? [1])
            let shifted = try lowering.builder.subtract(
                x, lowering.builder.constant(Tensor(offset, shape: [offset.count])))
            let factor = lowering.builder.constant(Tensor(scale, shape: [scale.count]))
            lowering.set(0, try lowering.builder.multiply(shifted, factor))
        },
        "ai.onnx.ml.Normalizer": { lowering in
            let x = try features(lowering)
            let axis = lowering.shape(x).count - 1
            let size = try lowering.builder.map(.absolute, x)
            let norm: Value
            switch lowering.text("norm", "MAX") {
            case "MAX": norm = try lowering.builder.reduce(.maximum, size, axes: [axis])
            case "L1": norm = try lowering.builder.sum(size, axes: [axis])
            case "L2":
                let squares = try lowering.builder.sum(try lowering.builder.multiply(x, x), axes: [axis])
                norm = try lowering.builder.map(.squareRoot, squares)
            case let name: throw lowering.refusal("the norm '\(name)' is not supported")
            }
            let isZero = try lowering.builder.map(.equal, norm, lowering.builder.scalar(0))
            let divisor = try lowering.builder.select(isZero, lowering.builder.scalar(1), norm)
            lowering.set(0, try lowering.builder.divide(x, divisor))
        },
        "ai.onnx.ml.Binarizer": { lowering in
            let threshold = lowering.builder.scalar(lowering.float("threshold", 0))
            let above = try lowering.builder.map(.less, threshold, try lowering.input(0))
            lowering.set(0, try lowering.builder.cast(above, to: .float32))
        },
        "ai.onnx.ml.FeatureVectorizer": { lowering in
            let parts = try lowering.node.inputs.indices.map { index -> Value in
                let x = try lowering.builder.cast(try lowering.input(index), to: .float32)
                let shape = lowering.shape(x)
                return shape.count == 1 ? try lowering.builder.reshape(x, [shape[0], 1]) : x
            }
            lowering.set(0, try lowering.builder.append(.concatenate(axis: 1), parts))
        },
        "ai.onnx.ml.Imputer": { lowering in
            let x = try features(lowering)
            guard let fill = lowering.floatList("imputed_value_floats") else {
                throw lowering.refusal("only floats are imputed")
            }
            let replaced = lowering.float("replaced_value_float", 0)
            let hit =
                replaced.isNaN
                ? try lowering.builder.map(.isNaN, x)
                : try lowering.builder.map(.equal, x, lowering.builder.scalar(replaced))
            lowering.set(
                0, try lowering.builder.select(hit, lowering.builder.constant(Tensor(fill, shape: [fill.count])), x))
        },
        "ai.onnx.ml.LabelEncoder": labelEncoder,
        "ai.onnx.ml.OneHotEncoder": { lowering in
            let x = try lowering.input(0)
            guard let categories = lowering.ints("cats_int64s"), categories.count <= 1 << 16 else {
                throw lowering.refusal("only whole numbers can be encoded")
            }
            let whole = try lowering.builder.reshape(
                try lowering.builder.cast(x, to: .int64), lowering.shape(x) + [1])
            let hit = try lowering.builder.map(.equal, whole, lowering.constant(categories))
            let row = try lowering.builder.cast(hit, to: .float32)
            if lowering.int("zeros", 1) == 1 { return lowering.set(0, row) }
            // What is no category stops the run: it would be found at -1.
            let ranks = try lowering.builder.multiply(
                try lowering.builder.cast(hit, to: .int64), lowering.constant(categories.indices.map { $0 + 1 }))
            let last = lowering.shape(row).count - 1
            let found = try lowering.builder.sum(ranks, axes: [last], keepsAxes: false)
            let place = try lowering.builder.subtract(found, try lowering.whole(1, like: found))
            try lowering.limit(categories.count, categories.count)
            let unit = (0..<categories.count * categories.count).map { cell -> Float in
                cell / categories.count == cell % categories.count ? 1 : 0
            }
            let table = lowering.builder.constant(Tensor(unit, shape: [categories.count, categories.count]))
            lowering.set(0, try lowering.builder.append(.gather(axis: 0), [table, place]))
        },
        "ai.onnx.ml.TreeEnsemble": treeEnsemble, "ai.onnx.ml.TreeEnsembleClassifier": treeClassifier,
        "ai.onnx.ml.TreeEnsembleRegressor": { lowering in
            let x = try features(lowering)
            let ensemble = try forest(lowering, x, prefix: "target", targets: lowering.int("n_targets", 1))
            lowering.set(0, try transformed(lowering, try lowering.builder.append(.trees(ensemble), [x])))
        },
    ]

    /// The input as float rows.
    static func features(_ lowering: Lowering) throws -> Value {
        let x = try lowering.builder.cast(try lowering.input(0), to: .float32)
        let shape = lowering.shape(x)
        guard shape.count == 1 || shape.count == 2 else {
            throw lowering.refusal("needs rows of features, not \(shape)")
        }
        return shape.count == 2 ? x : try lowering.builder.reshape(x, [1, shape[0]])
    }

    private static func linear(_ lowering: Lowering, _ x: Value, rows: Int) throws -> Value {
        let coefficients = lowering.floatList("coefficients") ?? []
        let columns = lowering.shape(x)[1]
        guard (1...1 << 24).contains(rows), coefficients.count == rows * columns else {
            throw lowering.refusal("\(coefficients.count) coefficients do not fit \(rows) x \(columns)")
        }
        let weights = lowering.builder.constant(Tensor(coefficients, shape: [rows, columns]))
        var scores = try lowering.builder.matmul(x, weights, transposeB: true)
        if let intercepts = lowering.floatList("intercepts") {
            guard intercepts.count == rows || intercepts.count == 1 else {
                throw lowering.refusal("the intercepts do not fit")
            }
            let bias = lowering.builder.constant(Tensor(intercepts, shape: [intercepts.count]))
            scores = try lowering.builder.add(scores, bias)
        }
        return scores
    }

    /// Scores after `post_transform`.
    static func transformed(_ lowering: Lowering, _ scores: Value, _ name: String? = nil) throws -> Value {
        switch name ?? lowering.text("post_transform", "NONE") {
        case "NONE": return scores
        case "LOGISTIC": return try lowering.builder.map(.sigmoid, scores)
        case "SOFTMAX": return try lowering.builder.softmax(scores)
        case "SOFTMAX_ZERO":
            // As softmax, but a score of zero stays zero.
            let isZero = try lowering.builder.map(.equal, scores, lowering.builder.scalar(0))
            return try lowering.builder.select(isZero, lowering.builder.scalar(0), try lowering.builder.softmax(scores))
        case let name: throw lowering.refusal("post_transform '\(name)' is not supported")
        }
    }

    /// The class labels as int64; text labels become their positions.
    static func labels(_ lowering: Lowering, _ names: [String]) -> [Int64] {
        for name in names {
            if let labels = lowering.ints(name) { return labels.map(Int64.init) }
            if let labels = lowering.texts(name) {
                lowering.warn(
                    "the classes are texts (\(labels.prefix(5).joined(separator: ", "))): their positions are given instead"
                )
                return labels.indices.map(Int64.init)
            }
        }
        return []
    }

    /// The label of the first greatest score of each row.
    static func winner(_ lowering: Lowering, _ scores: Value, _ labels: [Int64]) throws -> Value {
        let places = try lowering.builder.reduce(.firstMaximum, scores, axes: [1], keepsAxes: false)
        let table = lowering.builder.constant(Tensor(labels, shape: [labels.count]))
        return try lowering.builder.append(.gather(axis: 0), [table, places])
    }

    private static func linearClassifier(_ lowering: Lowering) throws {
        let x = try features(lowering)
        let labels = labels(lowering, ["classlabels_ints", "classlabels_strings"])
        let rows = (lowering.floatList("coefficients") ?? []).count / max(1, lowering.shape(x)[1])
        let scores = try linear(lowering, x, rows: rows)
        if rows == 1, labels.count == 2 {
            let positive = try transformed(lowering, scores)
            let negative = try lowering.builder.subtract(lowering.builder.scalar(1), positive)
            let isPositive = try lowering.builder.map(.less, lowering.builder.scalar(0), scores)
            lowering.set(0, try chosen(lowering, isPositive, labels))
            return lowering.set(1, try lowering.builder.append(.concatenate(axis: 1), [negative, positive]))
        }
        guard rows == labels.count, rows >= 1 else {
            throw lowering.refusal("\(rows) rows of coefficients for \(labels.count) classes")
        }
        lowering.set(0, try winner(lowering, scores, labels))
        lowering.set(1, try transformed(lowering, scores))
    }

    /// The second label where `condition` `[rows, 1]` holds, else the first.
    private static func chosen(_ lowering: Lowering, _ condition: Value, _ labels: [Int64]) throws -> Value {
        let flat = try lowering.builder.reshape(condition, [lowering.shape(condition)[0]])
        return try lowering.builder.select(
            flat, lowering.builder.constant(Tensor([labels[1]], shape: [1])),
            lowering.builder.constant(Tensor([labels[0]], shape: [1])))
    }

    private static func labelEncoder(_ lowering: Lowering) throws {
        let x = try lowering.input(0)
        let isFloat = lowering.builder.type(x).element == .float32
        func list(_ name: String) -> Tensor? {
            if case .tensor(let content) = lowering.node.attributes[name + "_tensor"] { return content.tensor }
            if let ints = lowering.ints(name + "_int64s") { return Tensor(ints.map(Int64.init), shape: [ints.count]) }
            return lowering.floatList(name + "_floats").map { Tensor($0, shape: [$0.count]) }
        }
        func elements(_ tensor: Tensor) -> [Tensor] {
            let flat = tensor.reshaped([tensor.count])
            return (0..<tensor.count).map { flat.rows($0..<$0 + 1).reshaped([]) }
        }
        guard let keyList = list("keys"), (keyList.type == .float32) == isFloat else {
            throw lowering.refusal("only numbers can be encoded")
        }
        let keys = elements(keyList)
        let values: [Tensor]
        var standard: Tensor
        var kind: ONNXTensor.DataType?
        if let texts = lowering.texts("values_strings") {
            // Positions in the list stand for the texts.
            values = texts.indices.map { Tensor([Int64($0)], shape: []) }
            standard = Tensor(
                [Int64(texts.firstIndex(of: lowering.text("default_string", "_Unused")) ?? -1)], shape: [])
            kind = .string
        } else if let list = list("values") {
            values = elements(list)
            standard =
                list.type == .float32
                ? Tensor([lowering.float("default_float", -0.0)], shape: [])
                : Tensor([Int64(lowering.int("default_int64", -1))], shape: [])
        } else {
            throw lowering.refusal("only numbers can be given")
        }
        if case .tensor(let content) = lowering.node.attributes["default_tensor"], content.tensor.count == 1 {
            standard = content.tensor.reshaped([])
        }
        guard keys.count == values.count, keys.count <= 4096 else {
            throw lowering.refusal("keys and values do not fit")
        }
        var result = try lowering.builder.broadcast(lowering.builder.constant(standard), lowering.shape(x))
        for (key, value) in zip(keys, values).reversed() {
            let wide = isFloat ? x : try lowering.builder.cast(x, to: .int64)
            let wanted = try lowering.builder.cast(lowering.builder.constant(key), to: isFloat ? .float32 : .int64)
            let hit = try lowering.builder.map(.equal, wide, wanted)
            result = try lowering.builder.select(hit, lowering.builder.constant(value), result)
        }
        lowering.set(0, result, kind: kind)
    }

    private static func treeClassifier(_ lowering: Lowering) throws {
        let x = try features(lowering)
        let labels = labels(lowering, ["classlabels_int64s", "classlabels_strings"])
        guard labels.count >= 1 else { throw lowering.refusal("has no classes") }
        let ensemble = try forest(lowering, x, prefix: "class", targets: labels.count)
        let scores = try lowering.builder.append(.trees(ensemble), [x])
        let hasOneScore = labels.count == 2 && Set(ensemble.weights.map(\.target)).count == 1
        guard hasOneScore else {
            lowering.set(0, try winner(lowering, scores, labels))
            return lowering.set(1, try transformed(lowering, scores))
        }
        // Two classes and one score: it is the second class's.
        let column = Int(ensemble.weights.first?.target ?? 0)
        var score = try lowering.builder.slice(scores, axis: 1, from: column, count: 1)
        // With two base values, the second is meant.
        if let base = lowering.floatList("base_values"), base.count == 2, column == 0, base[1] != base[0] {
            score = try lowering.builder.add(score, lowering.builder.scalar(base[1] - base[0]))
        }
        let isProbability = ensemble.weights.allSatisfy { $0.value >= 0 }
        let threshold = lowering.builder.scalar(isProbability ? 0.5 : 0)
        lowering.set(0, try chosen(lowering, try lowering.builder.map(.less, threshold, score), labels))
        let negative: Value
        if isProbability {
            negative = try lowering.builder.subtract(lowering.builder.scalar(1), score)
        } else {
            negative = try lowering.builder.map(.negate, score)
        }
        let both = try lowering.builder.append(.concatenate(axis: 1), [negative, score])
        lowering.set(1, isProbability ? both : try transformed(lowering, both))
    }
}
