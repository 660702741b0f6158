import Bytes
import Crypto
import Ethereum
import JSON
import TestVectors
import Testing

@Suite struct MerkleTrieTests {
    @Test func everyRootOfARandomHistoryEqualsEELS() throws {
        for history in try Vectors.load("tries").elements {
            var trie = MerkleTrie()
            var lazily = MerkleTrie()
            var store = MemoryTrieNodes()
            for (number, step) in try history.array("steps").enumerated() {
                let key = try #require(step[0]).hexBytes
                let value = try #require(step[1]).hexBytes
                let root = try Hash32(hex: #require(step[2]?.stringValue))
                try trie.set(key, value)
                #expect(trie.rootHash() == root)
                #expect(try trie.get(key) == (value.isEmpty ? nil : value))
                // The same history, stored and opened anew before every step.
                lazily = MerkleTrie(root: lazily.rootHash(), source: store)
                try lazily.set(key, value)
                if number.isMultiple(of: 3) { _ = lazily.rootHash() }
                #expect(lazily.commit { store.insert($0, $1) } == root)
            }
        }
    }

    @Test func proofsEqualPyTrieAndVerify() throws {
        for history in try Vectors.load("tries").elements {
            var trie = MerkleTrie()
            for step in try history.array("steps") {
                try trie.set(#require(step[0]).hexBytes, #require(step[1]).hexBytes)
            }
            let root = trie.rootHash()
            for item in try history.array("proofs") {
                let key = try Hash32(hex: #require(item[0]?.stringValue))
                let value = try #require(item[1]).hexBytes
                let expected = try #require(item[2]).elements.map { try $0.hexBytes }
                let proof = try trie.proof(for: key.bytes)
                #expect(proof == expected.filter { $0.count >= 32 || $0 == expected.first })
                #expect(try MerkleProof.value(of: key, root: root, proof: proof) == (value.isEmpty ? nil : value))
                guard proof.count > 1 else { continue }
                #expect(throws: MerkleProofError.self) {
                    try MerkleProof.value(of: key, root: root, proof: Array(proof.dropLast()))
                }
                var forged = proof
                forged[forged.count - 1][3] ^= 1
                #expect(throws: MerkleProofError.self) { try MerkleProof.value(of: key, root: root, proof: forged) }
            }
        }
    }

    @Test func orderedRootsEqualEELS() throws {
        for item in try Vectors.load("ordered_tries").elements {
            let items = try item.array("items").map { try $0.hexBytes }
            #expect(MerkleTrie.orderedRoot(items) == (try item.hash("root")))
        }
    }

    @Test func copiesAreIndependent() throws {
        var first = MerkleTrie()
        for index in 0..<200 { try first.set(keccak256([UInt8(index)]), [UInt8(index), 1]) }
        let root = first.rootHash()
        var second = first
        try second.set(keccak256([3]), [9])
        try second.remove(keccak256([4]))
        #expect(second.rootHash() != root)
        #expect(first.rootHash() == root)
        #expect(try first.get(keccak256([4])) == [4, 1])
        #expect(try second.get(keccak256([4])) == nil)
        try second.set(keccak256([3]), [3, 1])
        try second.set(keccak256([4]), [4, 1])
        #expect(second.rootHash() == root)
    }

    @Test func anEmptyTrieIsReachedByRemovingEverything() throws {
        var trie = MerkleTrie()
        #expect(trie.rootHash() == MerkleTrie.emptyRoot)
        for index in 0..<300 { try trie.set(keccak256([UInt8(index & 255), UInt8(index >> 8)]), [1]) }
        for index in 0..<300 { try trie.remove(keccak256([UInt8(index & 255), UInt8(index >> 8)])) }
        #expect(trie.rootHash() == MerkleTrie.emptyRoot)
        #expect(try trie.proof(for: Hash32.zero.bytes).isEmpty)
    }

    @Test func aMissingNodeFailsWithoutChange() throws {
        var full = MerkleTrie()
        var store = MemoryTrieNodes()
        for index in 0..<100 { try full.set(keccak256([UInt8(index)]), [UInt8](repeating: 7, count: 40)) }
        let root = full.commit { store.insert($0, $1) }
        var thin = MemoryTrieNodes()
        for node in try full.proof(for: keccak256([1]).bytes) { thin.insert(keccak256(node), node) }
        var trie = MerkleTrie(root: root, source: thin)
        #expect(try trie.get(keccak256([1])) != nil)
        var removed: [Int] = []
        for index in 2..<100 {
            do {
                try trie.remove(keccak256([UInt8(index)]))
                removed.append(index)
            } catch {}
        }
        #expect(removed.count < 20)
        try trie.set(keccak256([1]), [1])
        try full.set(keccak256([1]), [1])
        for index in removed { try full.remove(keccak256([UInt8(index)])) }
        #expect(trie.rootHash() == full.rootHash())
    }

    @Test func unloadedNodesLoadAgain() throws {
        var trie = MerkleTrie()
        for index in 0..<500 {
            try trie.set(keccak256([UInt8(index & 255), UInt8(index >> 8)]), [UInt8](repeating: 1, count: 50))
        }
        var store = MemoryTrieNodes()
        let root = trie.commit { store.insert($0, $1) }
        var again = MerkleTrie(root: root, source: store)
        _ = try again.get(keccak256([1, 1]))
        again.unload(below: 0)
        #expect(try again.get(keccak256([1, 1])) == [UInt8](repeating: 1, count: 50))
        #expect(again.rootHash() == root)
    }

    @Test func refusesLongKeysAndCorruptNodes() throws {
        var trie = MerkleTrie()
        #expect(throws: TrieError.keyTooLong(33)) { try trie.set([UInt8](repeating: 0, count: 33), [1]) }
        var store = MemoryTrieNodes()
        for (number, bytes): (Int, [UInt8]) in [
            [], [0x80], [0xC0], [0xC1, 0x80], [0xC2, 0x40, 0x01], [0xC2, 0x20, 0x80],
        ].enumerated() {
            let hash = Hash32(0, 0, 0, UInt64(number + 1))
            store.insert(hash, bytes)
            var corrupt = MerkleTrie(root: hash, source: store)
            #expect(throws: TrieError.self) { try corrupt.get(Hash32.zero) }
        }
        var absent = MerkleTrie(root: Hash32(1, 2, 3, 4), source: store)
        #expect(throws: TrieError.missingNode(Hash32(1, 2, 3, 4))) { try absent.get(Hash32.zero) }
    }

    @Test func accountProofsVerifyAgainstTheStateRoot() throws {
        var storage = MerkleTrie()
        for index in 1..<40 { try storage.setStorage(U256(UInt64(index)).hash, U256(UInt64(index * index))) }
        let account = TrieAccount(nonce: 3, balance: 10, storageRoot: storage.rootHash(), codeHash: keccak256([1]))
        var state = MerkleTrie()
        for index in 0..<50 { try state.setAccount(Address(number: UInt64(index)), TrieAccount(nonce: UInt64(index))) }
        let address = Address(number: 7)
        try state.setAccount(address, account)
        let slots = try [1, 39, 77].map { (number: UInt64) in
            let key = U256(number).hash
            return AccountProof.Slot(
                key: key, value: try storage.storage(key), proof: try storage.proof(for: keccak256(key).bytes))
        }
        var proof = AccountProof(
            address: address, account: account, accountProof: try state.proof(for: keccak256(address).bytes),
            storage: slots)
        try proof.verify(stateRoot: state.rootHash())
        proof.storage[0].value = 2
        #expect(throws: MerkleProofError.self) { try proof.verify(stateRoot: state.rootHash()) }
        proof.storage[0].value = 1
        proof.account.balance = 11
        #expect(throws: MerkleProofError.self) { try proof.verify(stateRoot: state.rootHash()) }
        let nobody = Address(number: 1000)
        var absent = AccountProof(
            address: nobody, account: TrieAccount(), accountProof: try state.proof(for: keccak256(nobody).bytes),
            storage: [])
        try absent.verify(stateRoot: state.rootHash())
        absent.account.balance = 1
        #expect(throws: MerkleProofError.self) { try absent.verify(stateRoot: state.rootHash()) }
    }
}

extension MerkleTrieTests {
    /// Roots asked for between commits, copies changed apart, nodes unloaded: whatever was emitted suffices to open
    /// every committed root.
    @Test func everyCommittedRootOpensFromWhatWasEmitted() throws {
        var random = PRF(key: keccak256(utf8: "commits"), stream: 0)
        let store = SharedNodes()
        var trie = MerkleTrie(source: store)
        var expected: [Hash32: [UInt8]] = [:]
        var committed: [(root: Hash32, content: [Hash32: [UInt8]])] = []
        for _ in 0..<120 {
            for _ in 0..<(1 + random.uniform(below: 6)) {
                let key = keccak256([UInt8(random.uniform(below: 200))])
                let value = random.uniform(below: 3) == 0 ? [] : random.bytes(1 + random.uniform(below: 60))
                try trie.set(key, value)
                expected[key] = value.isEmpty ? nil : value
            }
            switch random.uniform(below: 5) {
            case 0: _ = trie.rootHash()
            case 1:
                var other = trie
                try other.set(Hash32.zero, [1])
                _ = other.rootHash()
            case 2:
                let root = trie.commit { store.insert($0, $1) }
                committed.append((root, expected))
                trie.unload(below: random.uniform(below: 3))
            case 3:
                let root = trie.commit { store.insert($0, $1) }
                committed.append((root, expected))
                trie = MerkleTrie(root: root, source: store)
            default: break
            }
        }
        #expect(committed.count > 20)
        for (root, content) in committed {
            var fresh = MerkleTrie()
            for (key, value) in content { try fresh.set(key, value) }
            #expect(fresh.rootHash() == root)
            var opened = MerkleTrie(root: root, source: store)
            for (key, value) in content { #expect(try opened.get(key) == value) }
        }
    }
}

/// A source that tries and their tests share.
private final class SharedNodes: TrieNodeSource {
    private var nodes = MemoryTrieNodes()
    func insert(_ hash: Hash32, _ node: [UInt8]) { nodes.insert(hash, node) }
    func trieNode(_ hash: Hash32) -> [UInt8]? { nodes.trieNode(hash) }
}
