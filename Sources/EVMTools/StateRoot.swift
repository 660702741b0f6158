package import Bytes
import Crypto
import Ethereum
package import EVM

extension MemoryState {
    /// The root of the state trie.
    ///
    /// - Complexity: O(accounts and slots): for fixtures, not for chains.
    package func stateRoot() throws -> Hash32 {
        var trie = MerkleTrie(source: MemoryTrieNodes())
        for (address, account) in accounts {
            var storage = MerkleTrie(source: MemoryTrieNodes())
            for (slot, value) in slots[address] ?? [:] { try storage.setStorage(slot.hash, value) }
            try trie.setAccount(
                address,
                TrieAccount(
                    nonce: account.nonce, balance: account.balance, storageRoot: storage.rootHash(),
                    codeHash: account.codeHash))
        }
        return trie.rootHash()
    }

    /// The root of the state trie with what has changed in `world`, which lies on this state.
    func stateRoot(after world: WorldState) throws(BlockError) -> Hash32 {
        var changed = self
        changed.apply(world.diff())
        do { return try changed.stateRoot() } catch { throw .malformed("its state has no root: \(error)") }
    }
}
