import Bytes
import Crypto
import EVM
import Storage

/// The state under one root, as the EVM reads it.
///
/// One task uses it at a time. A failure of the store is kept in `failure`, and whoever executed on this view must look
/// there before believing the outcome.
final class StateView: StateReader {
    let source: any TrieSource
    let store: ChainStore
    let root: TrieReference
    /// The first thing that went wrong.
    private(set) var failure: StorageError?
    /// Hashes of blocks that are not stored.
    var unstoredHashes: [UInt64: Hash32] = [:]
    /// Code that is not stored yet.
    private let freshCodes: [Hash32: [UInt8]]
    private var seen: [Address: StoredAccount?] = [:]

    init(store: ChainStore, root: TrieReference, source: (any TrieSource)? = nil, freshCodes: [Hash32: [UInt8]] = [:]) {
        (self.store, self.root, self.freshCodes) = (store, root, freshCodes)
        self.source = source ?? store
    }

    /// The account with the place of its storage, or nil.
    func stored(_ address: Address) throws(StorageError) -> StoredAccount? {
        if let known = seen[address] { return known }
        var found: StoredAccount?
        if case .account(let account)? = try source.leaf(keccak256(address), in: root) { found = account }
        seen[address] = .some(found)
        return found
    }

    func slot(_ slot: U256, of account: StoredAccount) throws(StorageError) -> U256 {
        guard !account.storage.isNone,
            case .slot(let found)? = try source.leaf(keccak256(slot.hash), in: account.storage)
        else { return .zero }
        return found.value
    }

    func code(hash: Hash32) throws(StorageError) -> [UInt8] {
        if hash == emptyCodeHash { return [] }
        if let code = freshCodes[hash] { return code }
        guard let code = try store.read({ (reads) throws(StorageError) in try reads.code(hash) }) else {
            throw StorageError(.corrupt, "\(store.path): table codes lacks the code with hash \(hash)")
        }
        guard keccak256(code) == hash else {
            throw StorageError(.corrupt, "\(store.path): table codes: the row of \(hash) is damaged")
        }
        return code
    }

    // MARK: StateReader

    func account(_ address: Address) -> AccountInfo? {
        guard let stored = remember({ () throws(StorageError) in try self.stored(address) }) ?? nil else { return nil }
        return AccountInfo(nonce: stored.nonce, balance: stored.balance, codeHash: stored.codeHash)
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        remember { () throws(StorageError) in
            guard let account = try self.stored(address) else { return U256.zero }
            return try self.slot(slot, of: account)
        } ?? .zero
    }

    func hasStorage(_ address: Address) -> Bool {
        guard let stored = remember({ () throws(StorageError) in try self.stored(address) }) ?? nil else {
            return false
        }
        return !stored.storage.isNone
    }

    func code(_ hash: Hash32) -> [UInt8] {
        remember { () throws(StorageError) in try self.code(hash: hash) } ?? []
    }

    func blockHash(_ number: UInt64) -> Hash32 {
        if let hash = unstoredHashes[number] { return hash }
        return remember { () throws(StorageError) in
            try self.store.read { (reads) throws(StorageError) in try reads.block(number)?.hash ?? .zero }
        } ?? .zero
    }

    private func remember<Value>(_ body: () throws(StorageError) -> Value) -> Value? {
        do {
            return try body()
        } catch {
            if failure == nil { failure = error }
            return nil
        }
    }
}
