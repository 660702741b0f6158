import Graph
import Tensor

extension Operators {
    /// Builds the flat tables of a forest from the attributes of a tree ensemble.
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
        let comparisons = try modes.map { try comparison($0, lowering) }
        for index in 0..<count where comparisons[index] != .leaf {
            for child in [whenTrue[index], whenFalse[index]] {
                guard let place = indexOf[Key(tree: trees[index], node: child)], !isChild[place] else {
                    throw lowering.refusal(
                        "tree \(trees[index]), node \(ids[index]): the child \(child) is missing or has two parents")
                }
                isChild[place] = true
            }
        }
        // Roots are the nodes without a parent, one for each tree, in the order of the file.
        let roots = (0..<count).filter { !isChild[$0] }
        guard Set(roots.map { trees[$0] }).count == roots.count else { throw lowering.refusal("a tree has two roots") }

        var nodes: [TreeEnsemble.Node] = []
        var table: [TreeEnsemble.Weight] = []
        var starts: [Int32] = []
        nodes.reserveCapacity(count)
        for root in roots {
            starts.append(Int32(nodes.count))
            var pending: [(source: Int, parent: Int, isTrue: Bool)] = [(root, -1, false)]
            while let (source, parent, isTrue) = pending.popLast() {
                let place = nodes.count
                if parent >= 0 {
                    if isTrue { nodes[parent].whenTrue = Int32(place) } else { nodes[parent].whenFalse = Int32(place) }
                }
                let start = table.count
                if comparisons[source] == .leaf { table += leaves[source] }
                nodes.append(
                    TreeEnsemble.Node(
                        comparison: comparisons[source], feature: Int32(truncatingIfNeeded: features[source]),
                        threshold: thresholds[source], whenTrue: Int32(start), whenFalse: Int32(table.count),
                        missingGoesTrue: tracks[source] == 1))
                if comparisons[source] == .leaf { continue }
                for (child, isTrue) in [(whenFalse[source], false), (whenTrue[source], true)] {
                    // Found above, when parents were counted.
                    if let index = indexOf[Key(tree: trees[source], node: child)] {
                        pending.append((index, place, isTrue))
                    }
                }
            }
        }
        guard nodes.count == count else { throw lowering.refusal("a tree has a loop") }
        var base = lowering.floatList("base_values") ?? lowering.floatList("base_values_as_tensor") ?? []
        if base.count == 1 { base = [Float](repeating: base[0], count: targets) }
        if base.isEmpty { base = [Float](repeating: 0, count: targets) }
        guard base.count == targets else { throw lowering.refusal("\(base.count) base values for \(targets) targets") }
        let aggregates: [String: TreeEnsemble.Aggregate] = [
            "SUM": .sum, "AVERAGE": .average, "MIN": .minimum, "MAX": .maximum,
        ]
        guard let aggregate = aggregates[lowering.text("aggregate_function", "SUM")] else {
            throw lowering.refusal("the aggregate '\(lowering.text("aggregate_function", ""))' is not supported")
        }
        return TreeEnsemble(
            features: lowering.shape(x)[1], targets: targets, aggregate: aggregate, base: base, roots: starts,
            nodes: nodes,
            weights: table)
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
