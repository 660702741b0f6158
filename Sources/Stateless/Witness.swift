import Bytes
import ChainClient
import Crypto
import Ethereum
import EVM
import Ledger

/// The part of a state that was proved against its root.
struct Witness: Sendable {
    /// An account, proved to be so or not to be there.
    struct Account: Sendable {
        /// Nil where there is none.
        var info: AccountInfo?
        var hasStorage: Bool
        var slots: [U256: U256] = [:]
    }

    private(set) var accounts: [Address: Account] = [:]
    private(set) var codes: [Hash32: [UInt8]] = [AccountInfo.emptyCodeHash: []]
    private(set) var blockHashes: [UInt64: Hash32] = [:]

    /// Adds what is wished for, with one request for the proofs and one for the code.
    ///
    /// - Throws: `ChainError`; of kind `.unreachable` where an answer does not fit the trusted block.
    mutating func fetch(_ wish: Wish, after header: BlockHeader, from chain: TrustedChain) async throws(ChainError) {
        let wanted = wish.slots.sorted { $0.key < $1.key }.map { (address: $0.key, slots: $0.value.sorted()) }
        var fresh: [(address: Address, hash: Hash32)] = []
        for proof in try await chain.proofs(of: wanted, after: header) {
            let account = proof.account
            let isAbsent = account.isAbsent
            let hash = isAbsent ? AccountInfo.emptyCodeHash : account.codeHash
            var entry = accounts[proof.address] ?? Account(info: nil, hasStorage: false)
            entry.info = isAbsent ? nil : AccountInfo(nonce: account.nonce, balance: account.balance, codeHash: hash)
            entry.hasStorage = !isAbsent && account.storageRoot != MerkleTrie.emptyRoot
            for slot in proof.storage { entry.slots[U256(slot.key)] = slot.value }
            accounts[proof.address] = entry
            if codes[hash] == nil { fresh.append((proof.address, hash)) }
        }
        for (account, code) in zip(fresh, try await chain.codes(of: fresh, after: header)) {
            codes[account.hash] = code
        }
        for number in wish.blocks {
            blockHashes[number] = try await chain.header(at: .number(number))?.hash ?? .zero
        }
    }
}

/// What a run missed.
struct Wish: Sendable {
    /// Accounts, and slots of them.
    var slots: [Address: Set<U256>] = [:]
    /// Blocks whose hashes were asked for.
    var blocks: Set<UInt64> = []

    var isEmpty: Bool { slots.isEmpty && blocks.isEmpty }

    mutating func want(_ address: Address, in witness: Witness) {
        if witness.accounts[address] == nil { slots[address, default: []].formUnion([]) }
    }

    mutating func want(_ slot: U256, of address: Address, in witness: Witness) {
        if witness.accounts[address]?.slots[slot] == nil { slots[address, default: []].insert(slot) }
    }
}

/// A witness as the machine reads it: what is not there reads as absent, and is noted.
final class WitnessState: StateReader {
    private let witness: Witness
    private(set) var missed = Wish()

    init(_ witness: Witness) { self.witness = witness }

    func account(_ address: Address) -> AccountInfo? {
        missed.want(address, in: witness)
        return witness.accounts[address]?.info
    }

    func storage(_ address: Address, _ slot: U256) -> U256 {
        if let value = witness.accounts[address]?.slots[slot] { return value }
        // Nothing needs to be proved of an account that has no storage at all.
        if let account = witness.accounts[address], !account.hasStorage { return .zero }
        missed.want(slot, of: address, in: witness)
        return .zero
    }

    func hasStorage(_ address: Address) -> Bool {
        missed.want(address, in: witness)
        return witness.accounts[address]?.hasStorage ?? false
    }

    func code(_ hash: Hash32) -> [UInt8] { witness.codes[hash] ?? [] }

    func blockHash(_ number: UInt64) -> Hash32 {
        if let hash = witness.blockHashes[number] { return hash }
        missed.blocks.insert(number)
        return .zero
    }
}

extension TrieAccount {
    /// Whether a proof states that there is no such account; some clients write zero hashes for it.
    var isAbsent: Bool { self == TrieAccount() || self == TrieAccount(storageRoot: .zero, codeHash: .zero) }
}
