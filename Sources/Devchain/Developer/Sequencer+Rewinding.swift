import Bytes
import Ethereum
import EVM
import Ledger
import Storage

/// A state of the chain to come back to.
struct Snapshot {
    var id: UInt64
    var head: ChainHead
    var settings: ChainSettings
    var chainID: UInt64
    var pool: Mempool
}

extension Sequencer {
    func takeSnapshot() -> UInt64 {
        lastSnapshot += 1
        let now = shared.now
        snapshots.append(
            Snapshot(id: lastSnapshot, head: now.head, settings: now.settings, chainID: now.chainID, pool: shared.pool))
        return lastSnapshot
    }

    /// Makes everything as it was at the snapshot; it and all later ones are used up.
    ///
    /// - Returns: false where there is no such snapshot.
    func revert(to id: UInt64) throws(ChainError) -> Bool {
        guard let index = snapshots.firstIndex(where: { $0.id == id }) else { return false }
        let snapshot = snapshots[index]
        try cut(to: snapshot.head)
        snapshots.removeSubrange(index...)
        var settings = snapshot.settings
        // How blocks are made is a choice of whoever runs the chain, not part of its state.
        settings.mining = shared.now.settings.mining
        builder.chainID = snapshot.chainID
        shared.update { state in
            state.now.settings = settings
            state.now.chainID = snapshot.chainID
            state.pool.become(snapshot.pool)
        }
        try savePoolWithoutDelay()
        return true
    }

    /// Takes the newest blocks back; what was in them is forgotten.
    func rollback(blocks count: UInt64) throws(ChainError) {
        let head = shared.head
        guard count <= head.number else {
            throw ChainError(.invalidRequest, "cannot take back \(count) blocks: the chain has \(head.number)")
        }
        if count == 0 { return }
        let target: ChainHead
        do throws(StorageError) {
            guard let row = try store.read({ (reads) throws(StorageError) in try reads.block(head.number - count) })
            else {
                throw StorageError(.corrupt, "\(store.path): table blocks lacks row \(head.number - count)")
            }
            target = try store.head(of: row)
        } catch {
            throw ChainError(error)
        }
        try cut(to: target)
        snapshots.removeAll { $0.head.number > target.number }
        resetPoolNonces()
    }

    /// Undoes what was done to the state since the newest block.
    func forgetInterventions() throws(ChainError) {
        let target: ChainHead
        do throws(StorageError) {
            let number = shared.head.number
            guard let row = try store.read({ (reads) throws(StorageError) in try reads.block(number) }) else { return }
            target = try store.head(of: row)
        } catch {
            throw ChainError(error)
        }
        try cut(to: target)
    }

    /// Cuts off what came after `target`.
    func cut(to target: ChainHead) throws(ChainError) {
        let head = shared.head
        var removed: [MinedLog] = []
        let stale = shared.update { $0.pool.journal.stale }
        do throws(StorageError) {
            var keys: [(UInt64, [UInt64])] = []
            var number = target.number + 1
            while number <= head.number {
                let logs = try storedLogs(number)
                keys.append((number, LogKey.all(logs.lazy.map(\.log))))
                removed += logs
                number += 1
            }
            try store.write { (writes) throws(StorageError) in
                for (block, list) in keys { try writes.remove(logKeys: list, of: block) }
                try writes.cut(
                    block: target.number + 1, transaction: target.nextTransaction, node: target.nextNode,
                    intervention: target.nextIntervention)
                try writes.remove(pooled: stale)
            }
        } catch {
            throw ChainError(error)
        }
        shared.update { state in
            // Rows are not given out twice: somebody may still be reading an old state.
            let nextNode = max(state.now.head.nextNode, target.nextNode)
            state.now.head = target
            state.now.head.nextNode = nextNode
            state.pool.saved(all: false)
        }
        store.afterSync { [events, removed] in
            if !removed.isEmpty { events.emit(.logs(removed, removed: true)) }
            if target.block.hash != head.block.hash { events.emit(.head(target.block)) }
        }
    }

    private func storedLogs(_ number: UInt64) throws(StorageError) -> [MinedLog] {
        let rows = try store.read { (reads) throws(StorageError) -> (BlockRow, [(TransactionRow, [UInt8])])? in
            guard let block = try reads.block(number) else { return nil }
            var records: [(TransactionRow, [UInt8])] = []
            for entry in try reads.transactions(of: block) {
                records.append((entry, try reads.receipt(entry.id) ?? []))
            }
            return (block, records)
        }
        guard let rows else { return [] }
        return rows.1.flatMap { entry, bytes in
            ReceiptRecord(decoding: bytes)?.mined(entry, to: nil, in: rows.0).logs ?? []
        }
    }

    /// Tells the pool the nonces of the newest state.
    func resetPoolNonces() {
        let view = StateView(store: store, root: shared.head.state)
        for sender in shared.update({ $0.pool.senders }) {
            let nonce = view.account(sender)?.nonce ?? 0
            shared.update { state in state.pool.advance(sender, to: nonce) }
        }
    }
}
