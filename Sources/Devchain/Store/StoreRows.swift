import Bytes

/// A row of `blocks`.
struct BlockRow: Hashable, Sendable {
    var number: UInt64
    var hash: Hash32
    /// RLP.
    var header: [UInt8]
    /// RLP of the list, or nil before Shanghai.
    var withdrawals: [UInt8]?
    /// The root node of the state after the block.
    var stateRow: UInt64
    var firstTransaction: Int64
    var transactionCount: Int
    /// The row after the last trie node that belongs to this block or an earlier one.
    var nextNode: UInt64
}

/// A row of `transactions`.
struct TransactionRow: Hashable, Sendable {
    var id: Int64
    var block: UInt64
    var hash: Hash32
    var sender: Address
    /// The wire form.
    var raw: [UInt8]
}

/// A row of `interventions`: a change of state that no transaction made.
struct InterventionRow: Hashable, Sendable {
    var id: Int64
    /// The block on whose state it was made.
    var block: UInt64
    var data: [UInt8]
    var stateRow: UInt64
    var stateRoot: Hash32
    var nextNode: UInt64
}

/// A row of `pool`: a transaction that waits.
struct PoolRow: Hashable, Sendable {
    /// Its place in the order in which transactions came.
    var arrival: UInt64
    var sender: Address
    /// The wire form.
    var raw: [UInt8]
}

/// All that one block adds to the store.
struct BlockRows {
    var block: BlockRow
    var transactions: [TransactionRow] = []
    /// One for each transaction.
    var receipts: [[UInt8]] = []
    var logKeys: [UInt64] = []
    var nodes: [(row: UInt64, node: TrieNode)] = []
    var codes: [Hash32: [UInt8]] = [:]
}

extension Hash32 {
    /// The number under which an index finds this hash; a hit is compared with the whole.
    var indexKey: Int64 { Int64(bitPattern: w0) }
}
