/// What the chain has done since it was opened, and how long the parts took.
package struct ChainMetrics: Hashable, Sendable {
    package var blocks: UInt64 = 0
    package var transactions: UInt64 = 0
    package var gasUsed: UInt64 = 0
    /// Trie nodes written.
    package var nodes: UInt64 = 0
    /// Choosing and executing transactions and hashing the block, the state root included.
    package var building: Duration = .zero
    /// The state root alone.
    package var hashing: Duration = .zero
    /// Writing, without the syncs.
    package var storing: Duration = .zero
    /// The commit alone: writing the pages to the log, now and then moving the log into the file.
    package var committing: Duration = .zero
    /// Bringing the log to the device, beside all else.
    package var syncing: Duration = .zero

    package init() {}
}

extension Devchain {
    package var metrics: ChainMetrics {
        var metrics = shared.metrics
        metrics.syncing = store.syncing
        return metrics
    }
}
