package import Bytes
import Crypto

/// A Merkle-Patricia trie (Yellow Paper, appendix D) whose nodes come into memory when they are needed.
///
///     var trie = MerkleTrie(root: parentRoot, source: store)
///     try trie.set(key.bytes, value)
///     let root = trie.commit { hash, node in batch.insert(hash, node) }
///
/// A copy costs nothing and shares all nodes; each copy may then be changed alone. Copies share loaded nodes and
/// therefore stay together in one isolation domain.
///
/// ## Rules
/// - An empty value removes the key.
/// - A failed change (a missing node) changes nothing.
/// - The root is computed when asked for, and only along paths that changed since.
package struct MerkleTrie {
    private var link: TrieLink
    private let source: any TrieNodeSource

    /// The root of a trie that holds nothing: Keccak-256 of the RLP of the empty string.
    package static let emptyRoot = keccak256([0x80])

    /// An empty trie, or the one that `source` holds under `root`.
    package init(root: Hash32 = MerkleTrie.emptyRoot, source: any TrieNodeSource = MemoryTrieNodes()) {
        self.source = source
        link = root == MerkleTrie.emptyRoot ? .empty : TrieLink(hash: root)
    }

    // MARK: Reading

    /// The value of a key; nil where there is none. Nodes on the way stay in memory.
    package mutating func get(_ key: some Collection<UInt8>) throws(TrieError) -> [UInt8]? {
        try get(path(key))
    }

    /// The value of a 32-byte key.
    package mutating func get(_ key: Hash32) throws(TrieError) -> [UInt8]? { try get(NibblePath(key)) }

    private mutating func get(_ path: NibblePath) throws(TrieError) -> [UInt8]? {
        guard var node = try load(&link) else { return nil }
        var rest = path
        while true {
            switch node.kind {
            case .leaf: return node.path == rest ? node.value : nil
            case .extension:
                guard rest.commonPrefix(with: node.path) == node.path.count else { return nil }
                rest = rest.dropFirst(node.path.count)
                guard let next = try load(&node.children[0]) else { return nil }
                node = next
            case .branch:
                if rest.isEmpty { return node.value.isEmpty ? nil : node.value }
                guard let next = try load(&node.children[rest[0]]) else { return nil }
                rest = rest.dropFirst(1)
                node = next
            }
        }
    }

    /// The node behind a link, brought into memory; nil for an empty link.
    private func load(_ link: inout TrieLink) throws(TrieError) -> TrieNode? {
        if let node = link.node { return node }
        if link.hash.isZero { return nil }
        guard let bytes = try source.trieNode(link.hash) else { throw .missingNode(link.hash) }
        let node = try TrieNode.decode(bytes, hash: link.hash)
        link = TrieLink(node, hash: link.hash)
        return node
    }

    private func path(_ key: some Collection<UInt8>) throws(TrieError) -> NibblePath {
        guard key.count <= 32 else { throw .keyTooLong(key.count) }
        return NibblePath(key: key)
    }

    // MARK: Changing

    /// Sets the value of a key; an empty value removes it.
    package mutating func set(_ key: some Collection<UInt8>, _ value: [UInt8]) throws(TrieError) {
        try set(path(key), value)
    }

    /// Sets the value of a 32-byte key; an empty value removes it.
    package mutating func set(_ key: Hash32, _ value: [UInt8]) throws(TrieError) {
        try set(NibblePath(key), value)
    }

    /// Removes a key; nothing happens where it has no value.
    package mutating func remove(_ key: some Collection<UInt8>) throws(TrieError) {
        try set(path(key), [])
    }

    /// Removes a 32-byte key; nothing happens where it has no value.
    package mutating func remove(_ key: Hash32) throws(TrieError) { try set(NibblePath(key), []) }

    private mutating func set(_ path: NibblePath, _ value: [UInt8]) throws(TrieError) {
        // Everything that the change will touch is loaded first, so that the change itself cannot fail.
        if value.isEmpty {
            guard try get(path) != nil else { return }
            try loadSiblings(along: path)
            TrieEditor.remove(path, from: &link)
        } else {
            guard try get(path) != value else { return }
            TrieEditor.insert(value, at: path, into: &link)
        }
    }

    /// Loads the one other child of each branch that a removal would leave with a single child.
    private mutating func loadSiblings(along path: NibblePath) throws(TrieError) {
        guard var node = try load(&link) else { return }
        var rest = path
        while node.kind != .leaf {
            if node.kind == .extension {
                rest = rest.dropFirst(node.path.count)
                guard let next = try load(&node.children[0]) else { return }
                node = next
                continue
            }
            let occupied = node.children.indices.filter { !node.children[$0].isEmpty }
            guard !rest.isEmpty else {
                if occupied.count == 1 { _ = try load(&node.children[occupied[0]]) }
                return
            }
            let taken = rest[0]
            guard let next = try load(&node.children[taken]) else { return }
            if next.kind == .leaf, occupied.count == 2, node.value.isEmpty {
                _ = try load(&node.children[occupied[0] == taken ? occupied[1] : occupied[0]])
            }
            rest = rest.dropFirst(1)
            node = next
        }
    }

    // MARK: Roots

    /// The root hash.
    ///
    /// - Complexity: one Keccak-256 for every node that changed since the root was last asked for.
    package mutating func rootHash() -> Hash32 { settle(nil) }

    /// Computes the root and hands over every node that the source does not hold yet, children first.
    ///
    /// Where storing them fails afterwards, drop this trie and open it anew at the last stored root.
    @discardableResult
    package mutating func commit(into emit: (Hash32, [UInt8]) -> Void) -> Hash32 {
        withoutActuallyEscaping(emit) { settle($0) }
    }

    private func settle(_ emit: ((Hash32, [UInt8]) -> Void)?) -> Hash32 {
        guard let node = link.node else { return link.hash.isZero ? MerkleTrie.emptyRoot : link.hash }
        node.settle(isRoot: true, scratch: TrieScratch(), emit: emit)
        guard case .hash(let hash) = node.reference else {
            preconditionFailure("the root of a trie is always hashed")
        }
        return hash
    }

    /// Forgets stored nodes deeper than `depth` levels below the root, to bound memory; they load again when needed.
    ///
    /// - Complexity: O(nodes kept)
    package mutating func unload(below depth: Int) { TrieEditor.unload(&link, below: depth) }

    // MARK: Proofs

    /// The nodes from the root to the key or to where the trie ends, as `eth_getProof` lists them.
    package mutating func proof(for key: some Collection<UInt8>) throws(TrieError) -> [[UInt8]] {
        _ = rootHash()
        var rest = try path(key)
        var proof = [[UInt8]]()
        let scratch = TrieScratch()
        guard var node = try load(&link) else { return proof }
        while true {
            if case .hash = node.reference {
                node.encode(into: scratch)
                proof.append(Array(scratch.bytes))
            }
            let next: TrieNode?
            switch node.kind {
            case .leaf: return proof
            case .extension:
                guard rest.commonPrefix(with: node.path) == node.path.count else { return proof }
                rest = rest.dropFirst(node.path.count)
                next = try load(&node.children[0])
            case .branch:
                guard !rest.isEmpty else { return proof }
                next = try load(&node.children[rest[0]])
                rest = rest.dropFirst(1)
            }
            guard let next else { return proof }
            node = next
        }
    }
}
