package import Bytes
package import Storage

/// Makes new versions of tries: the changed nodes are new, all others are shared with the old version.
///
///     var editor = TrieEditor(source: source, nextRow: 1)
///     let root = try editor.update(oldRoot, [.init(key: key, leaf: leaf)])
///     // editor.fresh: what to store
///
/// Children are made before their parents, so a child's row is always the smaller one.
package struct TrieEditor<Source: TrieSource> {
    /// What shall stand under a key; nil removes it.
    package struct Change {
        package var key: Hash32
        package var leaf: TrieLeaf?

        package init(key: Hash32, leaf: TrieLeaf?) { (self.key, self.leaf) = (key, leaf) }
    }

    let source: Source
    /// The row that the next new node gets.
    package private(set) var nextRow: UInt64
    /// New nodes in the order of their rows.
    package private(set) var fresh: [(row: UInt64, node: TrieNode)] = []
    private let firstRow: UInt64

    package init(source: Source, nextRow: UInt64) {
        (self.source, self.nextRow, firstRow) = (source, nextRow, nextRow)
    }

    /// The trie with the changes made.
    ///
    /// - Parameter changes: sorted by key, no key twice.
    package mutating func update(_ root: TrieReference, _ changes: [Change]) throws(StorageError) -> TrieReference {
        try update(root, changes[...], depth: 0)
    }

    /// A node, of this editor or of the source.
    func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode {
        if reference.row >= firstRow { return fresh[Int(reference.row - firstRow)].node }
        return try source.node(reference, depth: depth)
    }

    private mutating func update(_ root: TrieReference, _ changes: ArraySlice<Change>, depth: Int)
        throws(StorageError) -> TrieReference
    {
        if changes.isEmpty { return root }
        if root.isNone { return build(changes.filter { $0.leaf != nil }[...], depth: depth) }
        switch try node(root, depth: depth).content {
        case .leaf(let leaf):
            return replace(leaf, root, by: changes, depth: depth)
        case .branch(let children):
            return try update(branch: children, unchanged: root, changes, depth: depth)
        case .path(let key, let start, let count, let child):
            return try update(path: (key, start, count, child), unchanged: root, changes)
        }
    }

    private mutating func replace(
        _ leaf: TrieLeaf, _ old: TrieReference, by changes: ArraySlice<Change>, depth: Int
    ) -> TrieReference {
        var entries: [Change] = []
        var seen = false
        for change in changes {
            if !seen && change.key >= leaf.key {
                seen = true
                if change.key != leaf.key { entries.append(Change(key: leaf.key, leaf: leaf)) }
            }
            if change.leaf != nil { entries.append(change) }
        }
        if !seen { entries.append(Change(key: leaf.key, leaf: leaf)) }
        if entries.count == 1, entries[0].leaf == leaf { return old }
        return build(entries[...], depth: depth)
    }

    private mutating func update(
        branch old: [TrieReference], unchanged: TrieReference, _ changes: ArraySlice<Change>, depth: Int
    ) throws(StorageError) -> TrieReference {
        var children = old
        var rest = changes
        while let first = rest.first {
            let nibble = first.key.nibble(depth)
            let group = rest.prefix { $0.key.nibble(depth) == nibble }
            children[nibble] = try update(children[nibble], group, depth: depth + 1)
            rest = rest.dropFirst(group.count)
        }
        if !unchanged.isNone && children == old { return unchanged }
        return try join(children, depth: depth)
    }

    /// A branch over `children`, or what takes its place when fewer than two are left.
    private mutating func join(_ children: [TrieReference], depth: Int) throws(StorageError) -> TrieReference {
        var only: Int?
        var count = 0
        for index in 0..<16 where !children[index].isNone { (only, count) = (index, count + 1) }
        guard let only, count == 1 else { return count == 0 ? .none : make(.branch(children), depth: depth) }
        switch try node(children[only], depth: depth + 1).content {
        case .leaf(let leaf): return make(.leaf(leaf), depth: depth)
        case .path(let key, let start, let count, let child):
            let path = key.settingNibble(depth, to: only)
            return make(.path(key: path, start: start - 1, count: count + 1, child: child), depth: depth)
        case .branch:
            let path = Hash32.zero.settingNibble(depth, to: only)
            return make(.path(key: path, start: depth, count: 1, child: children[only]), depth: depth)
        }
    }

    private mutating func update(
        path: (key: Hash32, start: Int, count: Int, child: TrieReference), unchanged: TrieReference,
        _ changes: ArraySlice<Change>
    ) throws(StorageError) -> TrieReference {
        let (key, start, count, child) = path
        // Removing what is not there must not split the path.
        let relevant = changes.filter { $0.leaf != nil || $0.key.commonNibbles(with: key, from: start) >= count }
        guard let first = relevant.first, let last = relevant.last else { return unchanged }
        let common = min(
            count, first.key.commonNibbles(with: key, from: start), last.key.commonNibbles(with: key, from: start))
        if common == count {
            let below = try update(child, relevant[...], depth: start + count)
            return below == child ? unchanged : try prefix(key, start: start, count: count, to: below)
        }
        let fork = start + common
        var children = [TrieReference](repeating: .none, count: 16)
        let left = count - common - 1
        children[key.nibble(fork)] =
            left == 0 ? child : make(.path(key: key, start: fork + 1, count: left, child: child), depth: fork + 1)
        let branch = try update(branch: children, unchanged: .none, relevant[...], depth: fork)
        return common == 0 ? branch : try prefix(key, start: start, count: common, to: branch)
    }

    /// Puts `count` nibbles in front of a node that stands at `start + count`.
    private mutating func prefix(_ key: Hash32, start: Int, count: Int, to below: TrieReference)
        throws(StorageError) -> TrieReference
    {
        if below.isNone { return .none }
        switch try node(below, depth: start + count).content {
        case .leaf(let leaf): return make(.leaf(leaf), depth: start)
        case .branch: return make(.path(key: key, start: start, count: count, child: below), depth: start)
        case .path(let lower, _, let lowerCount, let child):
            var joined = lower
            for index in start..<start + count { joined = joined.settingNibble(index, to: key.nibble(index)) }
            return make(.path(key: joined, start: start, count: count + lowerCount, child: child), depth: start)
        }
    }

    /// A new trie over leaves that are all there.
    private mutating func build(_ entries: ArraySlice<Change>, depth: Int) -> TrieReference {
        guard let first = entries.first, let last = entries.last, let leaf = first.leaf else { return .none }
        if entries.count == 1 { return make(.leaf(leaf), depth: depth) }
        let common = first.key.commonNibbles(with: last.key, from: depth)
        let fork = depth + common
        var children = [TrieReference](repeating: .none, count: 16)
        var rest = entries
        while let next = rest.first {
            let nibble = next.key.nibble(fork)
            let group = rest.prefix { $0.key.nibble(fork) == nibble }
            children[nibble] = build(group, depth: fork + 1)
            rest = rest.dropFirst(group.count)
        }
        let branch = make(.branch(children), depth: fork)
        return common == 0
            ? branch : make(.path(key: first.key, start: depth, count: common, child: branch), depth: depth)
    }

    private mutating func make(_ content: TrieNode.Content, depth: Int) -> TrieReference {
        let node = TrieNode(content)
        let reference = node.reference(row: nextRow, depth: depth)
        fresh.append((nextRow, node))
        nextRow += 1
        return reference
    }
}
