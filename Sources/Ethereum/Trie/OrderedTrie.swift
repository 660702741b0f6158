package import Bytes

extension MerkleTrie {
    /// The root over a list of items under the RLP of their indices: how a block commits to its transactions,
    /// receipts and withdrawals.
    package static func orderedRoot(_ items: some Sequence<[UInt8]>) -> Hash32 {
        var trie = MerkleTrie()
        for (index, item) in items.enumerated() {
            var encoder = RLPEncoder(reserving: 9)
            encoder.append(UInt64(index))
            do {
                try trie.set(encoder.bytes, item)
            } catch {
                preconditionFailure("a trie in memory with keys of nine bytes failed: \(error)")
            }
        }
        return trie.rootHash()
    }
}

extension Block {
    /// The root that the header's `transactionsRoot` must equal.
    package static func transactionsRoot(_ transactions: [SignedTransaction]) -> Hash32 {
        MerkleTrie.orderedRoot(transactions.lazy.map(\.encoded))
    }

    /// The root that the header's `receiptsRoot` must equal.
    package static func receiptsRoot(_ receipts: [Receipt]) -> Hash32 {
        MerkleTrie.orderedRoot(receipts.lazy.map(\.encoded))
    }

    /// The root that the header's `withdrawalsRoot` must equal.
    package static func withdrawalsRoot(_ withdrawals: [Withdrawal]) -> Hash32 {
        MerkleTrie.orderedRoot(withdrawals.lazy.map(\.encoded))
    }
}
