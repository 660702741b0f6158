import Bytes
import Crypto
import EVM
import Storage

/// A new version of the state: its root and what must be stored for it.
struct StateVersion {
    var root: TrieReference
    var nodes: [(row: UInt64, node: TrieNode)]
    var codes: [Hash32: [UInt8]]
    var nextRow: UInt64

    /// The state root as headers have it.
    var rootHash: Hash32 { root.isNone ? emptyTrieRoot : root.hash }

    /// Applies what a block or an intervention changed.
    ///
    /// - Complexity: for every changed account or slot, the nodes on its path.
    init(applying diff: StateDiff, to view: StateView, nextRow: UInt64) throws(StorageError) {
        var editor = TrieEditor(source: view.source.erased, nextRow: nextRow)
        var accounts: [TrieEditor<ErasedTrieSource>.Change] = []
        accounts.reserveCapacity(diff.accounts.count)
        for change in diff.accounts {
            let key = keccak256(change.address)
            guard let after = change.after else {
                accounts.append(.init(key: key, leaf: nil))
                continue
            }
            var storage = TrieReference.none
            if !change.storageCleared, let old = try view.stored(change.address) { storage = old.storage }
            if !change.storage.isEmpty {
                var slots: [TrieEditor<ErasedTrieSource>.Change] = []
                slots.reserveCapacity(change.storage.count)
                for slot in change.storage {
                    let key = keccak256(slot.slot.hash)
                    let leaf = StoredSlot(key: key, slot: slot.slot, value: slot.after)
                    slots.append(.init(key: key, leaf: slot.after.isZero ? nil : .slot(leaf)))
                }
                slots.sort { $0.key < $1.key }
                storage = try editor.update(storage, slots)
            }
            let account = StoredAccount(
                key: key, address: change.address, nonce: after.nonce, balance: after.balance, codeHash: after.codeHash,
                storage: storage)
            accounts.append(.init(key: key, leaf: .account(account)))
        }
        accounts.sort { $0.key < $1.key }
        root = try editor.update(view.root, accounts)
        nodes = editor.fresh
        codes = diff.codes
        self.nextRow = editor.nextRow
    }
}

/// Any source of nodes.
struct ErasedTrieSource: TrieSource {
    let base: any TrieSource

    func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode {
        try base.node(reference, depth: depth)
    }
}

extension TrieSource {
    var erased: ErasedTrieSource { ErasedTrieSource(base: self) }
}

/// Stored nodes and, above them, those of a version that is not stored.
struct UnstoredNodes: TrieSource {
    let store: ChainStore
    let firstRow: UInt64
    let nodes: [(row: UInt64, node: TrieNode)]

    func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode {
        if reference.row < firstRow { return try store.node(reference, depth: depth) }
        return nodes[Int(reference.row - firstRow)].node
    }
}
