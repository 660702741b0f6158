package import Bytes

/// Where a trie node is stored and how its parent names it.
package struct TrieReference: Hashable, Sendable {
    /// The row of the `nodes` table; zero where there is no node.
    package var row: UInt64
    /// keccak256 of the node's RLP.
    package var hash: Hash32
    /// The node's RLP where that is shorter than a hash; a parent then holds it whole.
    package var embedded: [UInt8]?

    /// No node.
    package static let none = TrieReference(row: 0, hash: .zero, embedded: nil)

    package var isNone: Bool { row == 0 }
}

/// One node of the account trie or of an account's storage trie; never changed once made.
///
/// All keys are 32-byte hashes, so a branch never carries a value.
package final class TrieNode: Sendable {
    package enum Content: Sendable {
        case leaf(TrieLeaf)
        /// `count` nibbles of `key`, from nibble `start`, that all keys below share.
        case path(key: Hash32, start: Int, count: Int, child: TrieReference)
        /// Sixteen references.
        case branch([TrieReference])
    }

    package let content: Content

    package init(_ content: Content) { self.content = content }
}

/// What hangs at the end of a key.
package enum TrieLeaf: Hashable, Sendable {
    case account(StoredAccount)
    case slot(StoredSlot)

    /// The hash of the address or slot.
    package var key: Hash32 {
        switch self {
        case .account(let account): account.key
        case .slot(let slot): slot.key
        }
    }
}

/// An account as the state trie holds it, with its address and the place of its storage trie.
package struct StoredAccount: Hashable, Sendable {
    package var key: Hash32
    package var address: Address
    package var nonce: UInt64
    package var balance: U256
    package var codeHash: Hash32
    package var storage: TrieReference

    package init(
        key: Hash32, address: Address, nonce: UInt64, balance: U256, codeHash: Hash32, storage: TrieReference
    ) {
        (self.key, self.address, self.nonce) = (key, address, nonce)
        (self.balance, self.codeHash, self.storage) = (balance, codeHash, storage)
    }

    /// The storage root as the account's RLP has it.
    package var storageRoot: Hash32 { storage.isNone ? emptyTrieRoot : storage.hash }
}

/// A non-zero storage slot.
package struct StoredSlot: Hashable, Sendable {
    package var key: Hash32
    package var slot: U256
    package var value: U256

    package init(key: Hash32, slot: U256, value: U256) { (self.key, self.slot, self.value) = (key, slot, value) }
}

/// The root hash of a trie without entries: keccak256 of the RLP of an empty string.
package let emptyTrieRoot = Hash32(
    0x56e8_1f17_1bcc_55a6, 0xff83_45e6_92c0_f86e, 0x5b48_e01b_996c_adc0, 0x0162_2fb5_e363_b421)

/// keccak256 of no bytes: the code hash of an account without code.
package let emptyCodeHash = Hash32(
    0xc5d2_4601_86f7_233c, 0x927e_7db2_dcc7_03c0, 0xe500_b653_ca82_273b, 0x7bfa_d804_5d85_a470)

extension Hash32 {
    /// The four bits at place `index`, counted from the front.
    @inline(__always)
    func nibble(_ index: Int) -> Int {
        let word =
            switch index &>> 4 {
            case 0: w0
            case 1: w1
            case 2: w2
            default: w3
            }
        return Int(truncatingIfNeeded: word &>> UInt64(60 &- 4 &* (index & 15))) & 15
    }

    /// How many nibbles, from `start` on, both have in common.
    func commonNibbles(with other: Hash32, from start: Int) -> Int {
        var index = start
        while index < 64 && nibble(index) == other.nibble(index) { index &+= 1 }
        return index - start
    }

    /// The same key with another nibble at `index`.
    func settingNibble(_ index: Int, to value: Int) -> Hash32 {
        var copy = self
        let shift = UInt64(60 - 4 * (index & 15))
        let mask: UInt64 = ~(15 << shift)
        let bits = UInt64(value) << shift
        switch index >> 4 {
        case 0: copy.w0 = copy.w0 & mask | bits
        case 1: copy.w1 = copy.w1 & mask | bits
        case 2: copy.w2 = copy.w2 & mask | bits
        default: copy.w3 = copy.w3 & mask | bits
        }
        return copy
    }
}
