import Bytes
import Crypto
import Storage
import Testing

import Devchain

@Suite struct StateTrieTests {
    /// Keeps nodes as the records that the store would hold.
    private struct Records: TrieSource {
        var records: [UInt64: [UInt8]] = [:]

        func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode {
            guard let record = records[reference.row], let node = TrieNode(record: record, row: reference.row),
                keccak256(node.rlp(depth: depth)) == reference.hash
            else { throw StorageError(.corrupt, "row \(reference.row)") }
            return node
        }

        /// Applies changes and keeps the new nodes.
        mutating func update(_ root: TrieReference, _ changes: [Hash32: TrieLeaf?]) throws -> TrieReference {
            var editor = TrieEditor(source: self, nextRow: UInt64(records.keys.max() ?? 0) + 1)
            let sorted = changes.sorted { $0.key < $1.key }.map {
                TrieEditor<Records>.Change(key: $0.key, leaf: $0.value)
            }
            let new = try editor.update(root, sorted)
            for (row, node) in editor.fresh { records[row] = node.record(row: row) }
            return new
        }
    }

    /// Keeps nodes as they are, so that keys need not be hashes.
    private struct MemoryNodes: TrieSource {
        var nodes: [UInt64: TrieNode]

        func node(_ reference: TrieReference, depth: Int) throws(StorageError) -> TrieNode {
            guard let node = nodes[reference.row] else { throw StorageError(.notFound, "row \(reference.row)") }
            return node
        }
    }

    private func slot(_ key: Hash32, _ value: U256) -> TrieLeaf {
        .slot(StoredSlot(key: key, slot: U256(key), value: value))
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func slotTrieHasTheRootOfTheDefinitionAfterEveryBatch(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        var store = Records()
        var root = TrieReference.none
        var model: [Hash32: U256] = [:]
        // Few distinct hashed slots and many removals: every way a trie can shrink comes up.
        let space: UInt64 = [4, 12, 40, 300][Int(seed % 4)]
        for _ in 0..<60 {
            var changes: [Hash32: TrieLeaf?] = [:]
            for _ in 0..<Int.random(in: 1...9, using: &random) {
                let place = U256(UInt64.random(in: 0..<space, using: &random))
                let key = keccak256(place.bytes)
                if Bool.random(using: &random) {
                    let value = U256(UInt64.random(in: 1...400, using: &random))
                    changes[key] = .slot(StoredSlot(key: key, slot: place, value: value))
                    model[key] = value
                } else {
                    changes[key] = .some(nil)
                    model[key] = nil
                }
            }
            root = try store.update(root, changes)
            #expect((root.isNone ? emptyTrieRoot : root.hash) == naiveRoot(model.mapValues { string($0.minimalBytes) }))
            for (key, value) in model {
                guard case .slot(let stored)? = try store.leaf(key, in: root) else {
                    Issue.record("lost \(key)")
                    continue
                }
                #expect(stored.value == value)
            }
        }
    }

    @Test func accountTrieHasTheRootOfTheDefinition() throws {
        var store = Records()
        var changes: [Hash32: TrieLeaf?] = [:]
        var model: [Hash32: [UInt8]] = [:]
        for number in 1...50 as ClosedRange<UInt64> {
            let address = Address(number: number)
            let key = keccak256(address.bytes)
            let storageKey = keccak256(U256.one.bytes)
            let storage = try store.update(
                .none, [storageKey: .slot(StoredSlot(key: storageKey, slot: .one, value: U256(number)))])
            let account = StoredAccount(
                key: key, address: address, nonce: number, balance: U256(number) << 70, codeHash: emptyCodeHash,
                storage: number.isMultiple(of: 2) ? storage : .none)
            changes[key] = .account(account)
            let storageRoot =
                number.isMultiple(of: 2) ? naiveRoot([storageKey: string([UInt8(number)])]) : emptyTrieRoot
            model[key] = list([
                string([UInt8(number)]), string((U256(number) << 70).minimalBytes), string(storageRoot.bytes),
                string(keccak256([]).bytes),
            ])
        }
        let root = try store.update(.none, changes)
        #expect(root.hash == naiveRoot(model))
        #expect(emptyTrieRoot == naiveRoot([:]))
        #expect(emptyCodeHash == keccak256([UInt8]()))
    }

    @Test func keysWithLongCommonPrefixesShareAPath() throws {
        var nodes: [UInt64: TrieNode] = [:]
        var next: UInt64 = 1
        var model: [Hash32: [UInt8]] = [:]
        var root = TrieReference.none
        // Keys that are not hashes make embedded nodes and deep paths, which hashed keys hardly ever do.
        var random = SeededGenerator(99)
        let keys = (0..<24).map { (index: Int) -> Hash32 in
            Hash32(1, 2, index.isMultiple(of: 3) ? 3 : 4, UInt64(index) << UInt64(index % 5 * 12))
        }
        for _ in 0..<80 {
            let key = keys.randomElement(using: &random) ?? .zero
            let value = U256(UInt64.random(in: 0...3, using: &random))
            var editor = TrieEditor(source: MemoryNodes(nodes: nodes), nextRow: next)
            let leaf = value.isZero ? nil : slot(key, value)
            root = try editor.update(root, [.init(key: key, leaf: leaf)])
            for (row, node) in editor.fresh { nodes[row] = node }
            next = editor.nextRow
            model[key] = value.isZero ? nil : string(value.minimalBytes)
            #expect((root.isNone ? emptyTrieRoot : root.hash) == naiveRoot(model))
        }
    }

    @Test func everyFlippedByteOfARecordIsNoticed() throws {
        var store = Records()
        var changes: [Hash32: TrieLeaf?] = [:]
        for number in 1...20 as ClosedRange<UInt64> {
            let key = keccak256(U256(number).bytes)
            changes[key] = .slot(StoredSlot(key: key, slot: U256(number), value: U256(number << 40)))
        }
        let root = try store.update(.none, changes)
        var leaves = 0
        try store.visit(root, wrap: { $0 }) { (_) throws(StorageError) in leaves += 1 }
        #expect(leaves == 20)
        for (row, record) in store.records {
            for index in record.indices {
                var damaged = store
                damaged.records[row]?[index] ^= 1
                var found = false
                do { try damaged.visit(root, wrap: { $0 }) { (_) throws(StorageError) in } } catch { found = true }
                // The distance to a child's row is guarded by the child's hash, all else by the node's own.
                #expect(found, "row \(row) byte \(index)")
            }
        }
    }
}
