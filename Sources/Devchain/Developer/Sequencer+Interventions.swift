import Bytes
import EVM
import Ledger
import Storage

extension Sequencer {
    /// Changes the state that the next block builds on.
    func intervene(_ intervention: Intervention) throws(ChainError) {
        let now = shared.now
        let (version, diff): (StateVersion, StateDiff)
        do {
            (version, diff) = try intervention.change(
                on: now.head.state, store: store, nextRow: now.head.nextNode)
        } catch {
            throw ChainError(error)
        }
        let row = InterventionRow(
            id: now.head.nextIntervention, block: now.head.number, data: intervention.encoded,
            stateRow: version.root.row, stateRoot: version.root.hash, nextNode: version.nextRow)
        do throws(StorageError) {
            try store.write { (writes) throws(StorageError) in
                try writes.append(row, nodes: version.nodes, codes: version.codes)
                if case .chainID(let id) = intervention { try writes.set(meta: MetaKey.chainID, to: U256(id).bytes) }
            }
        } catch {
            throw ChainError(error)
        }
        store.nodes.insert(version.nodes)
        if case .chainID(let id) = intervention { builder.chainID = id }
        shared.update { state in
            state.now.head.state = version.root
            state.now.head.nextNode = version.nextRow
            state.now.head.nextIntervention += 1
            if case .chainID(let id) = intervention { state.now.chainID = id }
            for change in diff.accounts where change.after?.nonce != change.before?.nonce {
                state.pool.advance(change.address, to: change.after?.nonce ?? 0)
            }
        }
    }
}
