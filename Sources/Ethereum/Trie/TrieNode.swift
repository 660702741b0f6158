import Bytes

/// A node of the trie in memory; which of its fields count depends on `kind`.
///
/// Nodes are shared between copies of a trie and changed in place only while one trie alone holds them.
final class TrieNode {
    enum Kind { case leaf, branch, `extension` }

    /// How the parent refers to the node.
    enum Reference {
        case unknown
        case hash(Hash32)
        /// The whole RLP, where it is shorter than 32 bytes.
        case inline([UInt8])
    }

    let kind: Kind
    /// Leaves and extensions.
    var path: NibblePath
    /// Leaves; branches, where a key ends (empty where none does).
    var value: [UInt8]
    /// Sixteen for a branch, one for an extension, none for a leaf.
    var children: [TrieLink]
    /// `.unknown` after a change below.
    var reference: Reference = .unknown
    /// The node source holds the node already.
    var isStored = false
    /// A bit for each child whose link knows its hash and which the node source holds with all that is below it.
    var storedChildren: UInt16 = 0

    private init(_ kind: Kind, path: NibblePath, value: [UInt8], children: [TrieLink]) {
        (self.kind, self.path, self.value, self.children) = (kind, path, value, children)
    }

    static func leaf(_ path: NibblePath, _ value: [UInt8]) -> TrieNode {
        TrieNode(.leaf, path: path, value: value, children: [])
    }

    static func branch() -> TrieNode {
        TrieNode(.branch, path: .empty, value: [], children: [TrieLink](repeating: .empty, count: 16))
    }

    static func `extension`(_ path: NibblePath, _ child: TrieLink) -> TrieNode {
        TrieNode(.extension, path: path, value: [], children: [child])
    }

    /// A node of its own with the same fields and the same children.
    func copy() -> TrieNode {
        let copy = TrieNode(kind, path: path, value: value, children: children)
        copy.storedChildren = storedChildren
        return copy
    }
}

/// Where a node's child is: nowhere, in memory, or in the node source under its hash.
struct TrieLink {
    var node: TrieNode?
    /// The child's hash; zero where it is not known here, or where `node` is nil and there is no child.
    ///
    /// It stands here so that a parent is encoded without a look at children that did not change.
    var hash: Hash32

    static var empty: TrieLink { TrieLink(node: nil, hash: .zero) }

    init(_ node: TrieNode, hash: Hash32 = .zero) { (self.node, self.hash) = (node, hash) }
    init(hash: Hash32) { (node, self.hash) = (nil, hash) }
    private init(node: TrieNode?, hash: Hash32) { (self.node, self.hash) = (node, hash) }

    var isEmpty: Bool { node == nil && hash.isZero }

    /// The loaded node, made exclusive to this link, with its stale reference forgotten.
    ///
    /// - Precondition: the node is loaded.
    mutating func own() -> TrieNode {
        hash = .zero
        if isKnownUniquelyReferenced(&node), let node {
            node.reference = .unknown
            node.isStored = false
            return node
        }
        guard let shared = node else { preconditionFailure("a trie node is changed before it was loaded") }
        let own = shared.copy()
        node = own
        return own
    }
}
