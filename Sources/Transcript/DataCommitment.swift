package import Bytes

/// What a data holder puts on chain of a data set that nobody else reads: root, row count and schema.
///
/// One row is one leaf: its float32 features, then its label as float32, each four bytes big-endian.
package struct DataCommitment: Hashable, Sendable {
    package var root: Hash32
    package var rows: Int
    /// A hash of what the columns and classes are called.
    package var schema: Hash32

    package init(root: Hash32, rows: Int, schema: Hash32) {
        (self.root, self.rows, self.schema) = (root, rows, schema)
    }

    /// Commits to rows in their order.
    ///
    /// - Precondition: there is at least one row.
    package init(rows leaves: [[UInt8]], schema: Hash32) {
        self.init(root: MerkleTree(leaves: leaves).root, rows: leaves.count, schema: schema)
    }
}
