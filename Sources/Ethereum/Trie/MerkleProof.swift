package import Bytes
import Crypto

/// Why a proof does not prove what it should.
package enum MerkleProofError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The nodes do not lead from the root to the key.
    case broken(TrieError)
    /// The nodes prove another value than the one stated; the text names it.
    case mismatch(String)

    package var description: String {
        switch self {
        case .broken(let error): "the Merkle proof does not hold: \(error)"
        case .mismatch(let what): "the Merkle proof proves another value: \(what)"
        }
    }
}

/// Proofs that a trie with a known root holds a value, or none, under a key.
package enum MerkleProof {
    /// The value that `proof` shows under `key` in the trie with `root`; nil where it shows that there is none.
    ///
    /// Nodes that are not needed are ignored, as other clients do.
    package static func value(
        of key: Hash32, root: Hash32, proof: [[UInt8]]
    ) throws(MerkleProofError) -> [UInt8]? {
        var nodes = MemoryTrieNodes()
        for node in proof { nodes.insert(keccak256(node), node) }
        var trie = MerkleTrie(root: root, source: nodes)
        do { return try trie.get(key) } catch { throw .broken(error) }
    }
}

/// The answer of `eth_getProof` (EIP-1186).
package struct AccountProof: Hashable, Sendable {
    /// One storage slot with its proof.
    package struct Slot: Hashable, Sendable {
        package var key: Hash32
        package var value: U256
        package var proof: [[UInt8]]

        package init(key: Hash32, value: U256, proof: [[UInt8]]) {
            (self.key, self.value, self.proof) = (key, value, proof)
        }
    }

    package var address: Address
    package var account: TrieAccount
    package var accountProof: [[UInt8]]
    package var storage: [Slot]

    package init(address: Address, account: TrieAccount, accountProof: [[UInt8]], storage: [Slot]) {
        (self.address, self.account) = (address, account)
        (self.accountProof, self.storage) = (accountProof, storage)
    }

    /// Checks the account and every slot against a state root that is trusted.
    ///
    /// An account that does not exist is stated as an empty one.
    package func verify(stateRoot: Hash32) throws(MerkleProofError) {
        let found = try MerkleProof.value(of: keccak256(address), root: stateRoot, proof: accountProof)
        // Some clients state an absent account with zero hashes.
        let absent = [TrieAccount(), TrieAccount(storageRoot: .zero, codeHash: .zero)].contains(account)
        guard found.map({ $0 == account.encoded }) ?? absent else {
            throw .mismatch("account \(address)")
        }
        for slot in storage {
            let root = found == nil ? MerkleTrie.emptyRoot : account.storageRoot
            let bytes = try MerkleProof.value(of: keccak256(slot.key), root: root, proof: slot.proof)
            var encoder = RLPEncoder(reserving: 33)
            encoder.append(slot.value)
            guard bytes.map({ $0 == encoder.bytes }) ?? slot.value.isZero else {
                throw .mismatch("slot \(slot.key) of \(address)")
            }
        }
    }
}
