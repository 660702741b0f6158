import Bytes

/// An account as execution sees it, with what it was in the reader.
struct AccountRecord: BitwiseCopyable {
    var address: Address
    /// Whether the account stands in the state; pre-Spurious Dragon that may be so of an empty one.
    var exists: Bool
    /// All slots of the reader are void; only slots in the table count.
    var storageCleared = false
    /// Whether the reader had it.
    let baseExists: Bool
    /// Whether anything of it may differ from the reader.
    var dirty = false
    var nonce: UInt64
    var balance: U256
    var codeHash: Hash32
    /// The code once it was asked for; owned by `WorldState.heldCodes`.
    var code: Unmanaged<Bytecode>?
    let baseNonce: UInt64
    let baseBalance: U256
    let baseCodeHash: Hash32
    /// The transaction in which the address is warm, was touched, created, marked for destruction (0: none).
    var warm: UInt32 = 0
    var touched: UInt32 = 0
    var created: UInt32 = 0
    var destructed: UInt32 = 0
    /// Head of the list of its slots, position + 1; 0 where it has none.
    var firstSlot: UInt32 = 0

    init(address: Address, info: AccountInfo?) {
        self.address = address
        exists = info != nil
        baseExists = exists
        nonce = info?.nonce ?? 0
        balance = info?.balance ?? .zero
        codeHash = info?.codeHash ?? AccountInfo.emptyCodeHash
        (baseNonce, baseBalance, baseCodeHash) = (nonce, balance, codeHash)
    }

    @inline(__always)
    var isEmpty: Bool { nonce == 0 && balance.isZero && codeHash == AccountInfo.emptyCodeHash }

    @inline(__always)
    var hasCodeOrNonce: Bool { nonce != 0 || codeHash != AccountInfo.emptyCodeHash }
}

/// A storage slot that execution has met.
struct SlotRecord: BitwiseCopyable {
    let key: U256
    var value: U256
    /// The value at the start of the transaction `originalAt`.
    var original: U256
    /// The value in the reader.
    let base: U256
    let account: UInt32
    /// Next slot of the same account, position + 1.
    let next: UInt32
    var originalAt: UInt32
    var warm: UInt32 = 0
}

/// A transient slot (EIP-1153); `value` counts only in transaction `at`.
struct TransientRecord: BitwiseCopyable {
    let key: U256
    var value: U256
    let account: UInt32
    var at: UInt32
}

/// One undoable change: what it was on, and the value before.
struct JournalEntry: BitwiseCopyable {
    enum Kind: UInt8 {
        case balance, nonce, codeHash, slot, transient
        case warmAccount, warmSlot, touched, created, destructed
        case exists, storageCleared
    }

    var kind: Kind
    var index: UInt32
    /// Before: a 256-bit value, or a stamp or flag in its lowest limb.
    var before: U256
}

/// A point of the journal to which a state can go back.
package struct Checkpoint: BitwiseCopyable, Sendable {
    let journal: Int
    let touches: Int
    let destructs: Int
}
