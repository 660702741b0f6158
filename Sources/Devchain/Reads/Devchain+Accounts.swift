package import Bytes
import Crypto
package import Ethereum
package import Ledger
import Storage

extension Devchain {
    package func balance(of address: Address, at block: BlockTag) throws(ChainError) -> U256 {
        try account(address, at: block)?.balance ?? .zero
    }

    package func nonce(of address: Address, at block: BlockTag) throws(ChainError) -> UInt64 {
        if block == .pending {
            awaitRounds()
            let waiting = shared.update { $0.pool.nextNonce(of: address) }
            let mined = try account(address, at: .latest)?.nonce ?? 0
            return max(waiting ?? 0, mined)
        }
        return try account(address, at: block)?.nonce ?? 0
    }

    package func code(of address: Address, at block: BlockTag) throws(ChainError) -> [UInt8] {
        let view = try known(block).view(store)
        do throws(StorageError) {
            guard let account = try view.stored(address) else { return [] }
            return try view.code(hash: account.codeHash)
        } catch { throw ChainError(error) }
    }

    package func storage(of address: Address, slot: U256, at block: BlockTag) throws(ChainError) -> Hash32 {
        let view = try known(block).view(store)
        do throws(StorageError) {
            guard let account = try view.stored(address) else { return .zero }
            return try view.slot(slot, of: account).hash
        } catch { throw ChainError(error) }
    }

    /// The account with its Merkle proof, and proofs of storage slots.
    package func proof(of address: Address, slots: [Hash32], at block: BlockTag) throws(ChainError) -> AccountProof {
        let view = try known(block).view(store)
        do throws(StorageError) {
            let stored = try view.stored(address)
            let nodes = try view.source.proof(keccak256(address), in: view.root)
            var storage: [AccountProof.Slot] = []
            for slot in slots {
                let root = stored?.storage ?? .none
                let value = try stored.map { (account) throws(StorageError) in try view.slot(U256(slot), of: account) }
                storage.append(
                    AccountProof.Slot(
                        key: slot, value: value ?? .zero, proof: try view.source.proof(keccak256(slot), in: root)))
            }
            let account = TrieAccount(
                nonce: stored?.nonce ?? 0, balance: stored?.balance ?? .zero,
                storageRoot: stored?.storageRoot ?? emptyTrieRoot, codeHash: stored?.codeHash ?? emptyCodeHash)
            return AccountProof(address: address, account: account, accountProof: nodes, storage: storage)
        } catch { throw ChainError(error) }
    }

    func account(_ address: Address, at block: BlockTag) throws(ChainError) -> StoredAccount? {
        let view = try known(block).view(store)
        do { return try view.stored(address) } catch { throw ChainError(error) }
    }

    // MARK: The pool

    /// A transaction that waits, or nil.
    package func pendingTransaction(_ hash: Hash32) -> PooledTransaction? {
        awaitRounds()
        return shared.update { $0.pool.transaction(hash) }
    }

    /// Everything that waits.
    package func pool() -> PoolContent {
        awaitRounds()
        return shared.update { $0.pool.content }
    }
}
