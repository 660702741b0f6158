package import Bytes

/// The commitment to a tensor: a Merkle tree whose leaves are eight float32, one EVM word each.
///
/// Values are big-endian and in row-major order; the last leaf is padded with zero bytes, so the count belongs
/// beside the root wherever it is used. An empty tensor commits to one leaf of zeros.
package struct TensorCommitment: Hashable, Sendable {
    package static let valuesPerLeaf = 8
    /// How many values were committed.
    package let count: Int
    package let tree: MerkleTree

    package init(_ values: [Float]) {
        count = values.count
        let leaves = Swift.max(1, (values.count + Self.valuesPerLeaf - 1) / Self.valuesPerLeaf)
        tree = MerkleTree(leaves: (0..<leaves).lazy.map { Self.leaf($0, of: values) })
    }

    package var root: Hash32 { tree.root }

    /// The 32 bytes of one leaf.
    package static func leaf(_ index: Int, of values: [Float]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4 * valuesPerLeaf)
        let first = index * valuesPerLeaf
        for place in 0..<Swift.max(0, Swift.min(valuesPerLeaf, values.count - first)) {
            let bits = values[first + place].bitPattern
            for byte in 0..<4 { bytes[4 * place + byte] = UInt8(truncatingIfNeeded: bits >> (24 - 8 * byte)) }
        }
        return bytes
    }
}
