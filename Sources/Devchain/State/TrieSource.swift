package import Bytes
package import Storage

/// Where trie nodes come from: the store with its cache, or a table in memory.
package protocol TrieSource {
    /// The node in a row, checked against the hash that its parent has of it.
    ///
    /// - Parameter depth: nibbles of the key that lead to the node.
    func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode
}

extension TrieSource {
    /// The leaf under `key`, or nil.
    ///
    /// - Complexity: one node for every 4 bits by which the trie's keys differ.
    package func leaf(_ key: Hash32, in root: TrieReference) throws(StorageError) -> TrieLeaf? {
        var (reference, depth) = (root, 0)
        while !reference.isNone {
            switch try node(reference, depth: depth).content {
            case .leaf(let leaf): return leaf.key == key ? leaf : nil
            case .path(let path, let start, let count, let child):
                guard key.commonNibbles(with: path, from: start) >= count else { return nil }
                (reference, depth) = (child, depth + count)
            case .branch(let children):
                (reference, depth) = (children[key.nibble(depth)], depth + 1)
            }
        }
        return nil
    }

    /// The RLP of the nodes from the root towards `key`, as `eth_getProof` lists them.
    func proof(_ key: Hash32, in root: TrieReference) throws(StorageError) -> [[UInt8]] {
        var nodes: [[UInt8]] = []
        var (reference, depth) = (root, 0)
        while !reference.isNone {
            let node = try node(reference, depth: depth)
            if nodes.isEmpty || reference.embedded == nil { nodes.append(node.rlp(depth: depth)) }
            switch node.content {
            case .leaf: return nodes
            case .path(let path, let start, let count, let child):
                guard key.commonNibbles(with: path, from: start) >= count else { return nodes }
                (reference, depth) = (child, depth + count)
            case .branch(let children):
                (reference, depth) = (children[key.nibble(depth)], depth + 1)
            }
        }
        return nodes
    }

    /// Visits every leaf in the order of keys.
    package func visit<E: Error>(
        _ root: TrieReference, depth: Int = 0, wrap: (StorageError) -> E, _ body: (TrieLeaf) throws(E) -> Void
    ) throws(E) {
        if root.isNone { return }
        let node: TrieNode
        do { node = try self.node(root, depth: depth) } catch { throw wrap(error) }
        switch node.content {
        case .leaf(let leaf): try body(leaf)
        case .path(_, _, let count, let child): try visit(child, depth: depth + count, wrap: wrap, body)
        case .branch(let children):
            for child in children { try visit(child, depth: depth + 1, wrap: wrap, body) }
        }
    }
}
