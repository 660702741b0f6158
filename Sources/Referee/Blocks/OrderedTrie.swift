package import Bytes
import Crypto
import Ethereum

/// The root of a Merkle-Patricia trie over a list, as headers commit to transactions, receipts and withdrawals
/// (Yellow Paper, appendix D): the key of an item is the RLP of its index.
///
/// Written for checking what a chain says of itself, independently of the chain's own code.
package enum OrderedTrie {
    /// The root of an empty trie: Keccak-256 of the RLP of the empty string.
    package static let empty = keccak256([0x80])

    /// - Complexity: O(n log n) in the number of items, and each item is hashed once.
    package static func root(_ items: [[UInt8]]) -> Hash32 {
        if items.isEmpty { return empty }
        let entries = items.indices.map { Entry(path: path(of: $0), value: items[$0]) }
        return keccak256(node(entries.sorted { $0.path.lexicographicallyPrecedes($1.path) }[...], depth: 0))
    }

    private struct Entry {
        /// Nibbles.
        let path: [UInt8]
        let value: [UInt8]
    }

    private static func path(of index: Int) -> [UInt8] {
        var encoder = RLPEncoder()
        encoder.append(UInt64(index))
        return encoder.bytes.flatMap { [$0 >> 4, $0 & 15] }
    }

    /// The RLP of the node over entries that share their first `depth` nibbles; no path is a prefix of another.
    private static func node(_ entries: ArraySlice<Entry>, depth: Int) -> [UInt8] {
        let first = entries[entries.startIndex]
        var encoder = RLPEncoder(reserving: 600)
        if entries.count == 1 {
            encoder.list { list in
                list.append(compact(first.path[depth...], isLeaf: true))
                list.append(first.value)
            }
            return encoder.bytes
        }
        let last = entries[entries.endIndex - 1]  // not empty
        var shared = depth
        while first.path[shared] == last.path[shared] { shared += 1 }
        if shared > depth {
            let child = reference(to: node(entries, depth: shared))
            encoder.list { list in
                list.append(compact(first.path[depth..<shared], isLeaf: false))
                list.append(encoded: child)
            }
            return encoder.bytes
        }
        var rest = entries
        encoder.list { list in
            for nibble in 0..<16 as Range<UInt8> {
                let group = rest.prefix { $0.path[depth] == nibble }
                rest = rest.dropFirst(group.count)
                if group.isEmpty {
                    list.append([])
                } else {
                    list.append(encoded: reference(to: node(group, depth: depth + 1)))
                }
            }
            list.append([])
        }
        return encoder.bytes
    }

    /// A node of less than 32 bytes stands in its parent itself, a longer one by its hash.
    private static func reference(to node: [UInt8]) -> [UInt8] {
        if node.count < 32 { return node }
        var encoder = RLPEncoder()
        encoder.append(keccak256(node))
        return encoder.bytes
    }

    /// Nibbles as bytes, with a flag for odd length and for a leaf.
    private static func compact(_ nibbles: ArraySlice<UInt8>, isLeaf: Bool) -> [UInt8] {
        let flag: UInt8 = (isLeaf ? 2 : 0) + (nibbles.count.isMultiple(of: 2) ? 0 : 1)
        var all = flag & 1 == 1 ? [flag] : [flag, 0]
        all += nibbles
        return stride(from: 0, to: all.count, by: 2).map { all[$0] << 4 | all[$0 + 1] }
    }
}
