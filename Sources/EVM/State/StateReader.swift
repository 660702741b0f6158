package import Bytes
import Crypto

/// What a block executes on top of: the state after its parent.
///
/// ## Rules for conformers
/// - Answers never change while a `WorldState` reads from it.
/// - A failure of the store beneath is the conformer's to remember and report after execution; it answers as if the
///   entry were absent.
package protocol StateReader {
    /// The account, or nil where there is none.
    func account(_ address: Address) -> AccountInfo?
    /// A storage slot; zero where it was never written.
    func storage(_ address: Address, _ slot: U256) -> U256
    /// Whether any slot of the account is other than zero (EIP-7610).
    func hasStorage(_ address: Address) -> Bool
    /// The bytes whose Keccak-256 is `hash`.
    func code(_ hash: Hash32) -> [UInt8]
    /// The hash of one of the last 256 blocks; zero where there is none.
    func blockHash(_ number: UInt64) -> Hash32
}

/// An account without its storage.
package struct AccountInfo: Hashable, Sendable {
    package var nonce: UInt64
    /// Wei.
    package var balance: U256
    package var codeHash: Hash32

    package init(nonce: UInt64 = 0, balance: U256 = .zero, codeHash: Hash32 = AccountInfo.emptyCodeHash) {
        (self.nonce, self.balance, self.codeHash) = (nonce, balance, codeHash)
    }

    /// Keccak-256 of no bytes.
    package static let emptyCodeHash = Hash32(
        0xc5d2_4601_86f7_233c, 0x927e_7db2_dcc7_03c0, 0xe500_b653_ca82_273b, 0x7bfa_d804_5d85_a470)

    /// Whether the account counts as dead (EIP-161): no nonce, no balance, no code.
    package var isEmpty: Bool { nonce == 0 && balance.isZero && codeHash == AccountInfo.emptyCodeHash }
}

/// Keeps a state in dictionaries: for tests, fixtures and one-off execution.
package struct MemoryState: StateReader, Sendable {
    package var accounts: [Address: AccountInfo] = [:]
    package var slots: [Address: [U256: U256]] = [:]
    package var codes: [Hash32: [UInt8]] = [:]
    package var blockHashes: [UInt64: Hash32] = [:]

    package init() {}

    package func account(_ address: Address) -> AccountInfo? { accounts[address] }
    package func storage(_ address: Address, _ slot: U256) -> U256 { slots[address]?[slot] ?? .zero }
    package func hasStorage(_ address: Address) -> Bool { slots[address].map { !$0.isEmpty } ?? false }
    package func code(_ hash: Hash32) -> [UInt8] { codes[hash] ?? [] }
    package func blockHash(_ number: UInt64) -> Hash32 { blockHashes[number] ?? .zero }

    /// Adds an account; storage entries of zero are left out.
    package mutating func set(
        _ address: Address, nonce: UInt64, balance: U256, code: [UInt8], storage: [U256: U256] = [:]
    ) {
        let hash = keccak256(code)
        codes[hash] = code
        accounts[address] = AccountInfo(nonce: nonce, balance: balance, codeHash: hash)
        let entries = storage.filter { !$0.value.isZero }
        slots[address] = entries.isEmpty ? nil : entries
    }

    /// Takes over what a block changed.
    package mutating func apply(_ diff: StateDiff) {
        for change in diff.accounts {
            accounts[change.address] = change.after
            if change.storageCleared || change.after == nil { slots[change.address] = nil }
            for slot in change.storage {
                slots[change.address, default: [:]][slot.slot] = slot.after.isZero ? nil : slot.after
            }
            if slots[change.address]?.isEmpty == true { slots[change.address] = nil }
        }
        codes.merge(diff.codes) { _, new in new }
    }
}
