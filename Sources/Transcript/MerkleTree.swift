package import Bytes
import Crypto

/// A Keccak Merkle tree over byte strings, as the contracts check it.
///
/// A leaf is `keccak256(0x00 || bytes)`, a node `keccak256(0x01 || left || right)`; the prefixes keep a node from
/// passing for a leaf. Leaves are padded to the next power of two with the zero hash, and one leaf is its own root.
///
///     let tree = MerkleTree(leaves: rows)
///     let proof = tree.proof(at: 3)
///     assert(proof.leads(from: rows[3], to: tree.root))
///
/// Not for trees that do not fit into memory: all levels are kept, so that proofs cost nothing.
package struct MerkleTree: Hashable, Sendable {
    /// How many leaves were given; the padding is not counted.
    package let count: Int
    /// The padded leaves first, the root alone last.
    private let levels: [[Hash32]]

    /// Builds the tree over leaves that are hashed already.
    ///
    /// - Precondition: there is at least one leaf.
    /// - Complexity: O(n) hashes.
    package init(leafHashes: [Hash32]) {
        precondition(!leafHashes.isEmpty, "a Merkle tree needs at least one leaf")
        count = leafHashes.count
        var width = 1
        while width < leafHashes.count { width *= 2 }
        var level = leafHashes + [Hash32](repeating: .zero, count: width - leafHashes.count)
        var levels = [level]
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { Self.node(level[$0], level[$0 + 1]) }
            levels.append(level)
        }
        self.levels = levels
    }

    /// Builds the tree over byte strings.
    package init(leaves: some Sequence<[UInt8]>) { self.init(leafHashes: leaves.map(Self.leaf)) }

    /// What commits to all leaves and their order.
    package var root: Hash32 { levels[levels.count - 1][0] }

    /// How many siblings a proof holds.
    package var depth: Int { levels.count - 1 }

    /// The hash of one leaf.
    ///
    /// - Precondition: `0 <= index < count`.
    package func leafHash(at index: Int) -> Hash32 {
        precondition(index >= 0 && index < count, "no leaf \(index) in a tree of \(count)")
        return levels[0][index]
    }

    /// The siblings from the leaf up to the root.
    ///
    /// - Precondition: `0 <= index < count`.
    package func proof(at index: Int) -> LeafProof {
        precondition(index >= 0 && index < count, "no leaf \(index) in a tree of \(count)")
        var siblings = [Hash32]()
        siblings.reserveCapacity(depth)
        var place = index
        for level in levels.dropLast() {
            siblings.append(level[place ^ 1])
            place >>= 1
        }
        return LeafProof(index: index, siblings: siblings)
    }

    /// `keccak256(0x00 || bytes)`.
    package static func leaf(_ bytes: [UInt8]) -> Hash32 { keccak256([0x00] + bytes) }

    /// `keccak256(0x01 || left || right)`.
    package static func node(_ left: Hash32, _ right: Hash32) -> Hash32 {
        var bytes = [UInt8](repeating: 0x01, count: 65)
        bytes.withUnsafeMutableBytes { buffer in
            let base = buffer.baseAddress!  // 65 bytes were asked for
            left.write(to: base + 1)
            right.write(to: base + 33)
        }
        return keccak256(bytes)
    }
}

/// The way from one leaf to the root.
package struct LeafProof: Hashable, Sendable {
    /// Which leaf; its bits say on which side each sibling stands.
    package var index: Int
    /// From the leaf up.
    package var siblings: [Hash32]

    package init(index: Int, siblings: [Hash32]) { (self.index, self.siblings) = (index, siblings) }

    /// Whether the leaf's bytes at `index` hash up to `root`.
    package func leads(from bytes: [UInt8], to root: Hash32) -> Bool {
        leads(fromHash: MerkleTree.leaf(bytes), to: root)
    }

    /// Whether the hashed leaf at `index` hashes up to `root`.
    ///
    /// An index that names no place in a tree of this depth leads nowhere.
    package func leads(fromHash leaf: Hash32, to root: Hash32) -> Bool {
        guard index >= 0, siblings.count < Int.bitWidth - 1, index >> siblings.count == 0 else { return false }
        var (hash, place) = (leaf, index)
        for sibling in siblings {
            hash = place & 1 == 0 ? MerkleTree.node(hash, sibling) : MerkleTree.node(sibling, hash)
            place >>= 1
        }
        return hash == root
    }
}
