import Graph
import Tensor
import Testing

/// Forests in their fast layout against the evaluation that defines them.
@Suite struct ForestTests {
    /// Trees of random shape with thresholds that the features hit exactly, the edges of binary32 among them.
    private func forest(
        _ random: inout RandomTensors, _ comparisons: [TreeEnsemble.Comparison], _ aggregate: TreeEnsemble.Aggregate,
        trees: Int, depth: Int, targets: Int
    ) -> TreeEnsemble {
        let thresholds: [Float] = [0, -0.0, 1, -1, 0.5, .infinity, -.infinity, .nan, 0x1p-149, -0x1p-149]
        var nodes: [TreeEnsemble.Node] = []
        var weights: [TreeEnsemble.Weight] = []
        var roots: [Int32] = []
        for _ in 0..<trees {
            roots.append(Int32(nodes.count))
            var pending = [(place: nodes.count, level: 0)]
            nodes.append(TreeEnsemble.Node.leaf(0, 0))
            while let (place, level) = pending.popLast() {
                if level >= depth || random.below(4) == 0 && level > 0 {
                    let start = weights.count
                    for _ in 0..<random.below(3) {
                        weights.append(.init(target: Int32(random.below(targets)), value: random.float()))
                    }
                    nodes[place] = .leaf(start, weights.count)
                    continue
                }
                nodes[place] = TreeEnsemble.Node(
                    comparison: comparisons[random.below(comparisons.count)], feature: Int32(random.below(5)),
                    threshold: random.below(2) == 0 ? thresholds[random.below(thresholds.count)] : random.float(),
                    whenTrue: Int32(nodes.count), whenFalse: Int32(nodes.count + 1),
                    missingGoesTrue: random.below(2) == 0)
                pending += [(nodes.count, level + 1), (nodes.count + 1, level + 1)]
                nodes += [.leaf(0, 0), .leaf(0, 0)]
            }
        }
        return TreeEnsemble(
            features: 5, targets: targets, aggregate: aggregate, base: (0..<targets).map { _ in random.float() },
            roots: roots, nodes: nodes, weights: weights)
    }

    private func rows(_ random: inout RandomTensors, _ count: Int, missing: Bool) -> Tensor {
        let special: [Float] =
            [0, -0.0, 1, -1, 0.5, .infinity, -.infinity, 0x1p-149, -0x1p-149] + (missing ? [.nan] : [])
        return Tensor(
            (0..<count * 5).map { _ in random.below(2) == 0 ? special[random.below(special.count)] : random.float() },
            shape: [count, 5])
    }

    @Test(arguments: [1, 2, 7, 8, 9, 128, 131, 300]) func everyComparison(_ count: Int) throws {
        var random = RandomTensors(UInt64(count))
        let ordered: [TreeEnsemble.Comparison] = [.lessOrEqual, .less, .greater, .greaterOrEqual]
        for comparisons in ordered.map({ [$0] }) + [ordered, ordered + [.equal, .notEqual]] {
            for aggregate in [TreeEnsemble.Aggregate.sum, .average, .minimum, .maximum] {
                let forest = forest(
                    &random, comparisons, aggregate, trees: 1 + random.below(20), depth: 1 + random.below(12),
                    targets: 1 + random.below(3))
                var builder = ProgramBuilder()
                let x = try builder.input("x", TensorType(.float32, [count, 5]))
                builder.output("y", try builder.append(.trees(forest), [x]))
                for missing in [false, true] {
                    let sources = ["x": rows(&random, count, missing: missing)]
                    #expect(try difference(builder.finish(), sources, threads: 2) == nil)
                }
            }
        }
    }

    @Test func branchesWithTwoParents() throws {
        var node = TreeEnsemble.Node.leaf(0, 1)
        (node.comparison, node.whenTrue, node.whenFalse) = (.less, 1, 1)
        let shared = TreeEnsemble(
            features: 5, targets: 1, aggregate: .sum, base: [0], roots: [0, 0, 1],
            nodes: [node, .leaf(0, 1)], weights: [.init(target: 0, value: 0.25)])
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [3, 5]))
        builder.output("y", try builder.append(.trees(shared), [x]))
        var random = RandomTensors(1)
        #expect(try difference(builder.finish(), ["x": rows(&random, 3, missing: true)]) == nil)
    }

    /// Found by fuzzing: a place for no trees was read as one.
    @Test(arguments: [3, 9], [TreeEnsemble.Aggregate.sum, .average]) func noTrees(
        _ count: Int, _ aggregate: TreeEnsemble.Aggregate
    ) throws {
        let bare = TreeEnsemble(
            features: 5, targets: 2, aggregate: aggregate, base: [1, -2], roots: [], nodes: [.leaf(0, 1)],
            weights: [.init(target: 0, value: 0.25)])
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [count, 5]))
        builder.output("y", try builder.append(.trees(bare), [x]))
        var random = RandomTensors(1)
        #expect(try difference(builder.finish(), ["x": rows(&random, count, missing: false)]) == nil)
    }
}

extension TreeEnsemble.Node {
    fileprivate static func leaf(_ start: Int, _ end: Int) -> TreeEnsemble.Node {
        TreeEnsemble.Node(
            comparison: .leaf, feature: 0, threshold: 0, whenTrue: Int32(start), whenFalse: Int32(end),
            missingGoesTrue: false)
    }
}
