import Graph
import Tensor

/// Tree ensembles: the attributes of a node as the flat tables of a forest.
extension Operators {
    /// A node of a tree as files describe it; several parents may share a child.
    private struct Source {
        var comparison: TreeEnsemble.Comparison
        var feature = 0
        var threshold: Float = 0
        var missingGoesTrue = false
        /// Positions among the sources; of no meaning in a leaf.
        var whenTrue = 0
        var whenFalse = 0
        var weights: [TreeEnsemble.Weight] = []
    }

    /// The forest of a `TreeEnsembleClassifier` or `TreeEnsembleRegressor`.
    static func forest(_ lowering: Lowering, _ x: Value, prefix: String, targets: Int) throws -> TreeEnsemble {
        let trees = lowering.ints("nodes_treeids") ?? []
        let count = trees.count
        func list(_ name: String) throws -> [Int] {
            guard let values = lowering.ints(name), values.count == count else {
                throw lowering.refusal("'\(name)' does not have \(count) entries")
            }
            return values
        }
        let (ids, features) = (try list("nodes_nodeids"), try list("nodes_featureids"))
        let (whenTrue, whenFalse) = (try list("nodes_truenodeids"), try list("nodes_falsenodeids"))
        let tracks = lowering.ints("nodes_missing_value_tracks_true") ?? [Int](repeating: 0, count: count)
        guard let thresholds = lowering.floatList("nodes_values") ?? lowering.floatList("nodes_values_as_tensor"),
            let modes = lowering.texts("nodes_modes"), thresholds.count == count, modes.count == count,
            tracks.count == count,
            (1...65536).contains(targets)
        else { throw lowering.refusal("the lists of nodes differ in length") }

        var indexOf: [Key: Int] = [:]
        for index in 0..<count {
            guard indexOf.updateValue(index, forKey: Key(tree: trees[index], node: ids[index])) == nil else {
                throw lowering.refusal("tree \(trees[index]) has the node \(ids[index]) twice")
            }
        }
        let leaves = try weights(lowering, prefix, indexOf: indexOf, count: count, targets: targets)
        var isChild = [Bool](repeating: false, count: count)
        var sources: [Source] = []
        for index in 0..<count {
            var source = Source(comparison: try comparison(modes[index], lowering))
            func child(_ node: Int) throws -> Int {
                guard let place = indexOf[Key(tree: trees[index], node: node)] else {
                    throw lowering.refusal("tree \(trees[index]), node \(ids[index]): the child \(node) is missing")
                }
                isChild[place] = true
                return place
            }
            if source.comparison == .leaf {
                source.weights = leaves[index]
            } else {
                (source.whenTrue, source.whenFalse) = (try child(whenTrue[index]), try child(whenFalse[index]))
            }
            (source.feature, source.threshold) = (features[index], thresholds[index])
            source.missingGoesTrue = tracks[index] == 1
            sources.append(source)
        }
        // Roots are the nodes without a parent, one for each tree, in the order of the file.
        let roots = (0..<count).filter { !isChild[$0] }
        guard Set(roots.map { trees[$0] }).count == roots.count else { throw lowering.refusal("a tree has two roots") }
        guard roots.count == Set(trees).count else { throw lowering.refusal("a tree has a loop") }
        let aggregates: [String: TreeEnsemble.Aggregate] = [
            "SUM": .sum, "AVERAGE": .average, "MIN": .minimum, "MAX": .maximum,
        ]
        guard let aggregate = aggregates[lowering.text("aggregate_function", "SUM")] else {
            throw lowering.refusal("the aggregate '\(lowering.text("aggregate_function", ""))' is not supported")
        }
        return try flattened(
            lowering, sources, roots: roots, features: lowering.shape(x)[1], targets: targets, aggregate: aggregate,
            base: try base(lowering, targets))
    }

    /// `TreeEnsemble` of ai.onnx.ml 5: inner nodes and leaves in tables of their own, and tests of membership.
    static func treeEnsemble(_ lowering: Lowering) throws {
        let x = try features(lowering)
        let targets = lowering.int("n_targets", 1)
        let (features, roots) = (lowering.ints("nodes_featureids") ?? [], lowering.ints("tree_roots") ?? [])
        let count = features.count
        func list(_ name: String, _ standard: [Int]? = nil) throws -> [Int] {
            guard let values = lowering.ints(name) ?? standard, values.count == count else {
                throw lowering.refusal("'\(name)' does not have \(count) entries")
            }
            return values
        }
        let (trueIDs, falseIDs) = (try list("nodes_truenodeids"), try list("nodes_falsenodeids"))
        let (trueLeafs, falseLeafs) = (try list("nodes_trueleafs"), try list("nodes_falseleafs"))
        let tracks = try list("nodes_missing_value_tracks_true", [Int](repeating: 0, count: count))
        guard case .tensor(let modes) = lowering.node.attributes["nodes_modes"], modes.tensor.type == .int32,
            let splits = lowering.floatList("nodes_splits"), let leafWeights = lowering.floatList("leaf_weights"),
            let leafTargets = lowering.ints("leaf_targetids"), modes.tensor.count == count, splits.count == count,
            leafTargets.count == leafWeights.count, (1...65536).contains(targets)
        else { throw lowering.refusal("the lists of nodes differ in length") }
        var sources = try zip(leafTargets, leafWeights).map { target, weight -> Source in
            guard (0..<targets).contains(target) else { throw lowering.refusal("a leaf belongs to no target") }
            return Source(comparison: .leaf, weights: [TreeEnsemble.Weight(target: Int32(target), value: weight)])
        }
        // Leaves first, then the inner nodes.
        let leaves = sources.count
        func place(_ id: Int, isLeaf: Bool) throws -> Int {
            guard id >= 0, id < (isLeaf ? leaves : count) else { throw lowering.refusal("the child \(id) is missing") }
            return isLeaf ? id : leaves + id
        }
        // Sets, each ended by a NaN, in the order of the nodes that test membership.
        var sets = (lowering.floatList("membership_values") ?? []).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNaN)[...]
        let comparisons: [TreeEnsemble.Comparison] = [
            .lessOrEqual, .less, .greaterOrEqual, .greater, .equal, .notEqual, .equal,
        ]
        var chains: [(node: Int, members: [Float])] = []
        for (index, mode) in modes.tensor.values(as: Int32.self).enumerated() {
            guard (0...6).contains(mode) else { throw lowering.refusal("the node mode \(mode) is not supported") }
            var source = Source(comparison: comparisons[Int(mode)])
            (source.feature, source.threshold) = (features[index], splits[index])
            source.missingGoesTrue = tracks[index] == 1
            source.whenTrue = try place(trueIDs[index], isLeaf: trueLeafs[index] == 1)
            source.whenFalse = try place(falseIDs[index], isLeaf: falseLeafs[index] == 1)
            if mode == 6 { chains.append((leaves + index, Array(sets.popFirst() ?? []))) }
            sources.append(source)
        }
        for (node, members) in chains {
            // A set is one test of equality after another; an empty one holds nothing.
            var source = sources[node]
            source.threshold = members.first ?? .nan
            for member in members.dropFirst().reversed() {
                var next = source
                next.threshold = member
                sources.append(next)
                source.whenFalse = sources.count - 1
            }
            sources[node] = source
        }
        let starts = try roots.map { try place($0, isLeaf: false) }
        let aggregates: [TreeEnsemble.Aggregate] = [.average, .sum, .minimum, .maximum]
        let aggregate = lowering.int("aggregate_function", 1)
        guard aggregates.indices.contains(aggregate) else {
            throw lowering.refusal("the aggregate \(aggregate) is not supported")
        }
        let ensemble = try flattened(
            lowering, sources, roots: starts, features: lowering.shape(x)[1], targets: targets,
            aggregate: aggregates[aggregate], base: [Float](repeating: 0, count: targets))
        let names = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
        let transform = lowering.int("post_transform", 0)
        let scores = try lowering.builder.append(.trees(ensemble), [x])
        lowering.set(0, try transformed(lowering, scores, names.indices.contains(transform) ? names[transform] : "?"))
    }

    /// Copies every tree from its root; a child of two parents is copied for each, within bounds.
    private static func flattened(
        _ lowering: Lowering, _ sources: [Source], roots: [Int], features: Int, targets: Int,
        aggregate: TreeEnsemble.Aggregate, base: [Float]
    ) throws -> TreeEnsemble {
        let limit = max(1 << 16, 8 * sources.count)
        var nodes: [TreeEnsemble.Node] = []
        var table: [TreeEnsemble.Weight] = []
        var starts: [Int32] = []
        var isReached = sources.map { $0.comparison == .leaf }
        nodes.reserveCapacity(sources.count)
        for root in roots {
            starts.append(Int32(nodes.count))
            var pending: [(source: Int, parent: Int, isTrue: Bool, depth: Int)] = [(root, -1, false, 0)]
            while let (index, parent, isTrue, depth) = pending.popLast() {
                guard nodes.count < limit, depth <= sources.count else { throw lowering.refusal("a tree has a loop") }
                let (source, place) = (sources[index], nodes.count)
                isReached[index] = true
                if parent >= 0 {
                    if isTrue { nodes[parent].whenTrue = Int32(place) } else { nodes[parent].whenFalse = Int32(place) }
                }
                let start = table.count
                let isLeaf = source.comparison == .leaf
                if isLeaf { table += source.weights }
                nodes.append(
                    TreeEnsemble.Node(
                        comparison: source.comparison, feature: Int32(truncatingIfNeeded: source.feature),
                        threshold: source.threshold, whenTrue: Int32(start), whenFalse: Int32(table.count),
                        missingGoesTrue: source.missingGoesTrue))
                if isLeaf { continue }
                pending.append((source.whenFalse, place, false, depth + 1))
                pending.append((source.whenTrue, place, true, depth + 1))
            }
        }
        // What no root leads to can only be a ring.
        guard isReached.allSatisfy({ $0 }) else { throw lowering.refusal("a tree has a loop") }
        return TreeEnsemble(
            features: features, targets: targets, aggregate: aggregate, base: base, roots: starts, nodes: nodes,
            weights: table)
    }

    private static func base(_ lowering: Lowering, _ targets: Int) throws -> [Float] {
        var base = lowering.floatList("base_values") ?? lowering.floatList("base_values_as_tensor") ?? []
        if base.count == 1 { base = [Float](repeating: base[0], count: targets) }
        if base.isEmpty { base = [Float](repeating: 0, count: targets) }
        guard base.count == targets else { throw lowering.refusal("\(base.count) base values for \(targets) targets") }
        return base
    }
    private struct Key: Hashable {
        let tree: Int
        let node: Int
    }

    /// The weights of each leaf, in the order of the file.
    private static func weights(
        _ lowering: Lowering, _ prefix: String, indexOf: [Key: Int], count: Int, targets: Int
    ) throws -> [[TreeEnsemble.Weight]] {
        let (trees, nodes) = (lowering.ints("\(prefix)_treeids") ?? [], lowering.ints("\(prefix)_nodeids") ?? [])
        let ids = lowering.ints("\(prefix)_ids") ?? []
        let values = lowering.floatList("\(prefix)_weights") ?? lowering.floatList("\(prefix)_weights_as_tensor") ?? []
        guard trees.count == nodes.count, ids.count == nodes.count, values.count == nodes.count else {
            throw lowering.refusal("the lists of leaf weights differ in length")
        }
        var leaves = [[TreeEnsemble.Weight]](repeating: [], count: count)
        for index in nodes.indices {
            guard let place = indexOf[Key(tree: trees[index], node: nodes[index])], ids[index] >= 0,
                ids[index] < targets
            else {
                throw lowering.refusal("the weight \(index) belongs to no leaf or target")
            }
            leaves[place].append(TreeEnsemble.Weight(target: Int32(ids[index]), value: values[index]))
        }
        return leaves
    }

    private static func comparison(_ mode: String, _ lowering: Lowering) throws -> TreeEnsemble.Comparison {
        switch mode {
        case "BRANCH_LEQ": return .lessOrEqual
        case "BRANCH_LT": return .less
        case "BRANCH_GTE": return .greaterOrEqual
        case "BRANCH_GT": return .greater
        case "BRANCH_EQ": return .equal
        case "BRANCH_NEQ": return .notEqual
        case "LEAF": return .leaf
        default: throw lowering.refusal("the node mode '\(mode)' is not supported")
        }
    }
}
