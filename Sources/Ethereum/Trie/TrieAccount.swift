package import Bytes
import Crypto

/// An account as the state trie holds it, under the Keccak-256 of its address.
package struct TrieAccount: Hashable, Sendable {
    package var nonce: UInt64
    /// Wei.
    package var balance: U256
    package var storageRoot: Hash32
    package var codeHash: Hash32

    package init(
        nonce: UInt64 = 0, balance: U256 = .zero, storageRoot: Hash32 = MerkleTrie.emptyRoot,
        codeHash: Hash32 = .emptyKeccak
    ) {
        (self.nonce, self.balance) = (nonce, balance)
        (self.storageRoot, self.codeHash) = (storageRoot, codeHash)
    }

    package var encoded: [UInt8] {
        var encoder = RLPEncoder(reserving: 112)
        encoder.list { encoder in
            encoder.append(nonce)
            encoder.append(balance)
            encoder.append(storageRoot)
            encoder.append(codeHash)
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(RLPError) {
        var reader = RLPReader(bytes)
        var fields = try reader.list()
        try reader.end()
        self.init(
            nonce: try fields.uint64(), balance: try fields.u256(), storageRoot: try fields.hash(),
            codeHash: try fields.hash())
        try fields.end()
    }
}

extension MerkleTrie {
    /// The account of an address in a state trie; nil where there is none.
    package mutating func account(_ address: Address) throws(TrieError) -> TrieAccount? {
        let key = keccak256(address)
        guard let bytes = try get(key) else { return nil }
        do { return try TrieAccount(decoding: bytes) } catch { throw .corruptNode(key, error) }
    }

    /// Sets or, with nil, removes the account of an address in a state trie.
    package mutating func setAccount(_ address: Address, _ account: TrieAccount?) throws(TrieError) {
        try set(keccak256(address), account?.encoded ?? [])
    }

    /// The word of a slot in an account's storage trie; zero where there is none.
    package mutating func storage(_ slot: Hash32) throws(TrieError) -> U256 {
        let key = keccak256(slot)
        guard let bytes = try get(key) else { return .zero }
        do {
            var reader = RLPReader(bytes)
            let value = try reader.u256()
            try reader.end()
            return value
        } catch {
            throw .corruptNode(key, error)
        }
    }

    /// Sets the word of a slot in an account's storage trie; zero removes it.
    package mutating func setStorage(_ slot: Hash32, _ value: U256) throws(TrieError) {
        var encoder = RLPEncoder(reserving: 33)
        if !value.isZero { encoder.append(value) }
        try set(keccak256(slot), encoder.bytes)
    }
}
