/// A forest of decision trees over one row of features, as flat tables.
///
/// The value of target `t` folds, tree by tree in order, the weights for `t` of the leaf that the row reaches
/// (a sum from +0); an average divides by the number of trees; then `base[t]` is added.
package struct TreeEnsemble: Sendable, Hashable {
    /// How a branch compares the feature with its threshold; true goes to `whenTrue`.
    package enum Comparison: UInt8, Sendable, Hashable {
        case lessOrEqual = 0
        case less = 1
        case greater = 2
        case greaterOrEqual = 3
        case equal = 4
        case notEqual = 5
        case leaf = 6
    }

    package struct Node: Sendable, Hashable {
        package var comparison: Comparison
        /// The column read by a branch.
        package var feature: Int32
        package var threshold: Float
        /// Node indices of the branches; for a leaf, the range of its weights.
        package var whenTrue: Int32
        package var whenFalse: Int32
        /// A NaN feature goes to `whenTrue`.
        package var missingGoesTrue: Bool

        package init(
            comparison: Comparison, feature: Int32, threshold: Float, whenTrue: Int32, whenFalse: Int32,
            missingGoesTrue: Bool
        ) {
            self.comparison = comparison
            self.feature = feature
            self.threshold = threshold
            self.whenTrue = whenTrue
            self.whenFalse = whenFalse
            self.missingGoesTrue = missingGoesTrue
        }
    }

    /// How the trees' leaves become one number.
    package enum Aggregate: UInt8, Sendable, Hashable {
        case sum = 0
        case average = 1
        case minimum = 2
        case maximum = 3
    }

    package struct Weight: Sendable, Hashable, BitwiseCopyable {
        package var target: Int32
        package var value: Float

        package init(target: Int32, value: Float) {
            self.target = target
            self.value = value
        }
    }

    package var features: Int
    package var targets: Int
    package var aggregate: Aggregate
    package var base: [Float]
    package var roots: [Int32]
    package var nodes: [Node]
    package var weights: [Weight]

    package init(
        features: Int, targets: Int, aggregate: Aggregate, base: [Float], roots: [Int32], nodes: [Node],
        weights: [Weight]
    ) {
        self.features = features
        self.targets = targets
        self.aggregate = aggregate
        self.base = base
        self.roots = roots
        self.nodes = nodes
        self.weights = weights
    }

    /// What is wrong with the tables, or nil: links out of range, a feature out of range, a loop.
    package var defect: String? {
        guard features > 0, targets > 0, base.count == targets else { return "the counts of features and targets" }
        for (index, node) in nodes.enumerated() {
            if node.comparison == .leaf {
                guard node.whenTrue >= 0, node.whenFalse >= node.whenTrue, node.whenFalse <= weights.count else {
                    return "the weights of leaf \(index)"
                }
            } else {
                // Children stand after their parents, so that no walk can loop.
                guard node.whenTrue > index, node.whenFalse > index, node.whenTrue < nodes.count,
                    node.whenFalse < nodes.count
                else { return "the children of node \(index)" }
                guard node.feature >= 0, node.feature < features else { return "the feature of node \(index)" }
            }
        }
        guard roots.allSatisfy({ $0 >= 0 && $0 < nodes.count }) else { return "a root" }
        guard weights.allSatisfy({ $0.target >= 0 && $0.target < targets }) else { return "the target of a weight" }
        return nil
    }

    /// The leaf that `row` reaches in the tree that starts at `root`.
    package func leaf(root: Int32, row: UnsafePointer<Float>) -> Node {
        var index = Int(root)
        while true {
            let node = nodes[index]
            if node.comparison == .leaf { return node }
            let x = row[Int(node.feature)]
            let goesTrue =
                switch node.comparison {
                case .lessOrEqual: x <= node.threshold
                case .less: x < node.threshold
                case .greater: x > node.threshold
                case .greaterOrEqual: x >= node.threshold
                case .equal: x == node.threshold
                case .notEqual: x != node.threshold
                case .leaf: false
                }
            index = Int(goesTrue || (node.missingGoesTrue && x.isNaN) ? node.whenTrue : node.whenFalse)
        }
    }

    /// The outputs of one row.
    package func evaluate(row: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        for target in 0..<targets { output[target] = aggregate == .sum || aggregate == .average ? 0 : .nan }
        for root in roots {
            let reached = leaf(root: root, row: row)
            for index in Int(reached.whenTrue)..<Int(reached.whenFalse) {
                let weight = weights[index]
                let target = Int(weight.target)
                switch aggregate {
                case .sum, .average: output[target] += weight.value
                case .minimum: output[target] = output[target] <= weight.value ? output[target] : weight.value
                case .maximum: output[target] = output[target] >= weight.value ? output[target] : weight.value
                }
            }
        }
        for target in 0..<targets { output[target] = finished(output[target], base: base[target]) }
    }

    /// What follows the fold over the trees, for one target: the average, the base, one NaN.
    func finished(_ fold: Float, base: Float) -> Float {
        var value = fold.isNaN ? 0 : fold
        if aggregate == .average { value /= Float(roots.count) }
        value += base
        return value.isNaN ? Float(bitPattern: 0x7fc0_0000) : value
    }
}
