import Bytes
import Crypto
import Ethereum
import EVM
import Ledger
import Storage

// The pool's copy on the disk. A transaction that was answered as waiting is in it; one that was mined may still be,
// until the next write, and its nonce tells that it is done.

extension Sequencer {
    /// Brings the copy on the disk up to date; it outlives the process when this returns.
    func savePool() throws(ChainError) {
        let (unsaved, stale) = shared.update { ($0.pool.unsaved, $0.pool.journal.stale) }
        // What is only stale can wait for the next block.
        if unsaved.isEmpty { return }
        try write(unsaved, stale)
    }

    /// As `savePool`, where transactions were taken out on purpose and must not come back after a crash.
    func savePoolWithoutDelay() throws(ChainError) {
        let (unsaved, stale) = shared.update { ($0.pool.unsaved, $0.pool.journal.stale) }
        if unsaved.isEmpty && stale.isEmpty { return }
        try write(unsaved, stale)
    }

    private func write(_ unsaved: [PoolRow], _ stale: Set<UInt64>) throws(ChainError) {
        do throws(StorageError) {
            try store.write { (writes) throws(StorageError) in
                try writes.remove(pooled: stale)
                try writes.append(pooled: unsaved)
            }
        } catch {
            throw ChainError(error)
        }
        shared.update { $0.pool.saved(all: true) }
    }

    /// Takes what waited when the chain was last open back into the pool, but for what has been mined since.
    func restorePool() throws(StorageError) {
        let view = StateView(store: store, root: shared.head.state)
        var last: UInt64 = 0
        while true {
            let rows = try store.read { [last] (reads) throws(StorageError) in try reads.pooled(after: last) }
            guard let end = rows.last else { return }
            for row in rows { try restore(row, view) }
            last = end.arrival
        }
    }

    private func restore(_ row: PoolRow, _ view: StateView) throws(StorageError) {
        let signed: SignedTransaction
        do {
            signed = try SignedTransaction(decoding: row.raw)
        } catch {
            throw StorageError(
                .corrupt,
                "\(store.path): table pool, row \(row.arrival) is damaged (\(error)); without this row, which is a "
                    + "transaction that waits, the chain is whole")
        }
        let nonce = try view.stored(row.sender)?.nonce ?? 0
        var entry = PooledTransaction(hash: keccak256(row.raw), sender: row.sender, signed: signed, raw: row.raw)
        entry.arrival = row.arrival
        let restored = entry
        shared.update { state in
            if restored.nonce < nonce || state.pool.transaction(of: restored.sender, nonce: restored.nonce) != nil {
                state.pool.pass(over: restored.arrival)
            } else {
                state.pool.restore(restored, stateNonce: nonce)
            }
        }
    }
}
