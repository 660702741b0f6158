import Tensor

/// A forest laid out for speed: nodes of 16 bytes, breadth first, the two children of a node side by side, every comparison
/// turned into `x <= threshold`, so that a descent has no branches and several can run at once.
///
/// Gives what `TreeEnsemble.evaluate` gives, bit for bit: which leaf a row reaches is a matter of order alone, and the weights of the
/// leaves are added tree by tree.
final class CompactForest {
    private struct Node {
        /// NaN: no number goes left. +inf: every number does.
        var threshold: Float
        var feature: Int32
        /// The left child; the right one is the next. A leaf is its own left child.
        var left: Int32
        /// 1 when a missing feature (NaN) goes left.
        var missing: Int32
    }

    private struct Tree {
        let root: Int32
        let depth: Int
    }

    /// Descents that run at once.
    private static let lanes = 8

    private let ensemble: TreeEnsemble
    private let nodes: UnsafeMutableBufferPointer<Node>
    /// For a leaf, the range of its weights.
    private let ranges: UnsafeMutableBufferPointer<SIMD2<Int32>>
    private let weights: UnsafeMutableBufferPointer<TreeEnsemble.Weight>
    private let base: UnsafeMutableBufferPointer<Float>
    private let trees: UnsafeMutableBufferPointer<Tree>
    private let levels: Int

    /// Nil for a forest that has no such layout: tests for equality, other folds than sums, branches with two parents.
    init?(_ ensemble: TreeEnsemble) {
        guard ensemble.aggregate == .sum || ensemble.aggregate == .average, ensemble.nodes.count < Int(Int32.max) / 2
        else { return nil }
        var nodes: [Node] = []
        var ranges: [SIMD2<Int32>] = []
        var trees: [Tree] = []
        nodes.reserveCapacity(ensemble.nodes.count)
        for root in ensemble.roots {
            var level: [(source: Int, place: Int)] = [(Int(root), nodes.count)]
            trees.append(Tree(root: Int32(nodes.count), depth: 0))
            Self.append(1, &nodes, &ranges)
            var depth = 0
            while !level.isEmpty {
                var next: [(source: Int, place: Int)] = []
                for (source, place) in level {
                    let node = ensemble.nodes[source]
                    if node.comparison == .leaf {
                        nodes[place] = Node(threshold: .infinity, feature: 0, left: Int32(place), missing: 1)
                        ranges[place] = SIMD2(node.whenTrue, node.whenFalse)
                        continue
                    }
                    guard let test = Self.test(node), nodes.count + 2 <= ensemble.nodes.count else { return nil }
                    let left = nodes.count
                    Self.append(2, &nodes, &ranges)
                    nodes[place] = Node(
                        threshold: test.threshold, feature: node.feature, left: Int32(left),
                        missing: node.missingGoesTrue != test.isTurned ? 1 : 0)
                    next.append((Int(test.isTurned ? node.whenFalse : node.whenTrue), left))
                    next.append((Int(test.isTurned ? node.whenTrue : node.whenFalse), left + 1))
                }
                level = next
                if !next.isEmpty { depth += 1 }
            }
            trees[trees.count - 1] = Tree(root: trees[trees.count - 1].root, depth: depth)
        }
        self.ensemble = ensemble
        levels = trees.reduce(0) { $0 + $1.depth }
        self.nodes = Self.kept(nodes)
        self.ranges = Self.kept(ranges)
        self.trees = Self.kept(trees)
        weights = Self.kept(ensemble.weights)
        base = Self.kept(ensemble.base)
    }

    deinit {
        nodes.deallocate()
        ranges.deallocate()
        trees.deallocate()
        weights.deallocate()
        base.deallocate()
    }

    private static func append(_ count: Int, _ nodes: inout [Node], _ ranges: inout [SIMD2<Int32>]) {
        for _ in 0..<count {
            nodes.append(Node(threshold: 0, feature: 0, left: 0, missing: 0))
            ranges.append(.zero)
        }
    }

    private static func kept<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutableBufferPointer<T> {
        // Room for one where there are none, so that there is an address; the count stays that of the values.
        let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: max(1, values.count))
        _ = memory.initialize(from: values)
        return UnsafeMutableBufferPointer(start: memory.baseAddress, count: values.count)
    }

    /// A comparison as `x <= threshold`; turned when that is true where the comparison is false.
    private static func test(_ node: TreeEnsemble.Node) -> (threshold: Float, isTurned: Bool)? {
        let t = node.threshold
        // The greatest number below t; nothing is below -inf (or NaN).
        let below = t == -.infinity || t.isNaN ? Float.nan : t.nextDown
        switch node.comparison {
        case .lessOrEqual: return (t, false)
        case .less: return (below, false)
        case .greater: return (t.isNaN ? .infinity : t, true)
        case .greaterOrEqual: return (t.isNaN ? .infinity : below, true)
        case .equal, .notEqual, .leaf: return nil
        }
    }

    // MARK: Asking

    /// The outputs of `rows` rows.
    func run(
        _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rows: Int, kernels: Kernels
    ) {
        kernels.split(rows, unit: Self.lanes, work: rows * levels * 4) { range in
            // A block of rows stays in the cache while all trees pass over it.
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 128) {
                let count = min(128, range.upperBound - start)
                let (from, to) = (x + start * ensemble.features, y + start * ensemble.targets)
                to.update(repeating: 0, count: count * ensemble.targets)
                let hasMissing = (0..<count * ensemble.features).contains { from[$0].isNaN }
                if count >= Self.lanes {
                    if hasMissing { eachTree(from, to, count, true) } else { eachTree(from, to, count, false) }
                } else {
                    for row in 0..<count {
                        let (x, y) = (from + row * ensemble.features, to + row * ensemble.targets)
                        if hasMissing { eachRow(x, y, true) } else { eachRow(x, y, false) }
                    }
                }
                finish(to, count)
            }
        }
    }

    /// One tree after another over several rows, eight of them at a time.
    @inline(__always)
    private func eachTree(
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ hasMissing: Bool
    ) {
        let (features, targets) = (ensemble.features, ensemble.targets)
        for tree in trees {
            var row = 0
            while row < rows {
                // The last eight rows may have been partly done; only what is left is added.
                let first = min(row, rows - Self.lanes)
                let from = x + first * features
                let leaves = descend(
                    SIMD8(repeating: tree.root), tree.depth, hasMissing, { from + $0 &* features })
                for lane in row - first..<Self.lanes { add(leaves[lane], to: y + (first + lane) * targets) }
                row = first + Self.lanes
            }
        }
    }

    /// One row through all trees, eight of them at a time.
    @inline(__always)
    private func eachRow(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ hasMissing: Bool) {
        var first = 0
        while first < trees.count {
            let count = min(Self.lanes, trees.count - first)
            var roots = SIMD8<Int32>(repeating: trees[first].root)
            var depth = 0
            for lane in 0..<count {
                roots[lane] = trees[first + lane].root
                depth = max(depth, trees[first + lane].depth)
            }
            let leaves = descend(roots, depth, hasMissing, { _ in x })
            for lane in 0..<count { add(leaves[lane], to: y) }
            first += count
        }
    }

    /// Eight descents in step; a descent that has reached its leaf stays there.
    @inline(__always)
    private func descend(
        _ roots: SIMD8<Int32>, _ depth: Int, _ hasMissing: Bool, _ row: (Int) -> UnsafePointer<Float>
    ) -> SIMD8<Int32> {
        guard let nodes = UnsafePointer(nodes.baseAddress) else { return roots }
        let (x0, x1, x2, x3) = (row(0), row(1), row(2), row(3))
        let (x4, x5, x6, x7) = (row(4), row(5), row(6), row(7))
        var (a, b, c, d) = (Int(roots[0]), Int(roots[1]), Int(roots[2]), Int(roots[3]))
        var (e, f, g, h) = (Int(roots[4]), Int(roots[5]), Int(roots[6]), Int(roots[7]))
        var level = 0
        while level < depth {
            for _ in 0..<4 {
                a = Self.next(nodes + a, x0, hasMissing)
                b = Self.next(nodes + b, x1, hasMissing)
                c = Self.next(nodes + c, x2, hasMissing)
                d = Self.next(nodes + d, x3, hasMissing)
                e = Self.next(nodes + e, x4, hasMissing)
                f = Self.next(nodes + f, x5, hasMissing)
                g = Self.next(nodes + g, x6, hasMissing)
                h = Self.next(nodes + h, x7, hasMissing)
            }
            level += 4
            if level >= 8 {
                let moving =
                    (Int(nodes[a].left) ^ a) | (Int(nodes[b].left) ^ b) | (Int(nodes[c].left) ^ c)
                    | (Int(nodes[d].left) ^ d) | (Int(nodes[e].left) ^ e) | (Int(nodes[f].left) ^ f)
                    | (Int(nodes[g].left) ^ g) | (Int(nodes[h].left) ^ h)
                if moving == 0 { break }
            }
        }
        return SIMD8(
            Int32(truncatingIfNeeded: a), Int32(truncatingIfNeeded: b), Int32(truncatingIfNeeded: c),
            Int32(truncatingIfNeeded: d), Int32(truncatingIfNeeded: e), Int32(truncatingIfNeeded: f),
            Int32(truncatingIfNeeded: g), Int32(truncatingIfNeeded: h))
    }

    @inline(__always)
    private static func next(_ node: UnsafePointer<Node>, _ x: UnsafePointer<Float>, _ hasMissing: Bool) -> Int {
        let value = x[Int(node.pointee.feature)]
        let right = value <= node.pointee.threshold ? 0 : 1
        let left = Int(node.pointee.left)
        if !hasMissing { return left &+ right }
        return left &+ (right & ~(value.isNaN ? Int(node.pointee.missing) : 0))
    }

    @inline(__always)
    private func add(_ leaf: Int32, to y: UnsafeMutablePointer<Float>) {
        let range = ranges[Int(leaf)]
        var index = Int(range[0])
        while index < Int(range[1]) {
            let weight = weights[index]
            y[Int(weight.target)] += weight.value
            index += 1
        }
    }

    private func finish(_ y: UnsafeMutablePointer<Float>, _ rows: Int) {
        let targets = ensemble.targets
        for row in 0..<rows {
            for target in 0..<targets {
                let place = row * targets + target
                y[place] = ensemble.finished(y[place], base: base[target])
            }
        }
    }
}
