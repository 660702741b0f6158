package import Bytes

/// Why a trie could not be read.
package enum TrieError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The source does not hold the node.
    case missingNode(Hash32)
    /// The source's bytes for the node are none.
    case corruptNode(Hash32, RLPError)
    /// The source itself failed; the text says how.
    case source(String)
    /// Keys have at most 32 bytes.
    case keyTooLong(Int)

    package var description: String {
        switch self {
        case .missingNode(let hash): "trie node \(hash) is missing"
        case .corruptNode(let hash, let error): "trie node \(hash) is corrupt: \(error)"
        case .source(let reason): "the trie's store failed: \(reason)"
        case .keyTooLong(let count): "a trie key has at most 32 bytes, not \(count)"
        }
    }
}

/// Where a trie finds nodes that are not in memory.
package protocol TrieNodeSource {
    /// The RLP of the node with this hash; nil where it is unknown.
    func trieNode(_ hash: Hash32) throws(TrieError) -> [UInt8]?
}

/// Nodes in a dictionary.
package struct MemoryTrieNodes: TrieNodeSource, Sendable {
    package private(set) var nodes: [Hash32: [UInt8]] = [:]

    package init() {}

    /// Takes in a node, for example as the sink of `MerkleTrie.commit`.
    package mutating func insert(_ hash: Hash32, _ node: [UInt8]) { nodes[hash] = node }

    package func trieNode(_ hash: Hash32) -> [UInt8]? { nodes[hash] }
}
