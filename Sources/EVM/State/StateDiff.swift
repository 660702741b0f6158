package import Bytes

/// Everything a block or transaction changed against the state it ran on.
package struct StateDiff: Hashable, Sendable {
    /// In order of address.
    package var accounts: [AccountChange]
    /// Code that accounts of the diff carry and the reader may not have.
    package var codes: [Hash32: [UInt8]]

    package init(accounts: [AccountChange] = [], codes: [Hash32: [UInt8]] = [:]) {
        (self.accounts, self.codes) = (accounts, codes)
    }
}

/// What became of one account.
package struct AccountChange: Hashable, Sendable {
    package var address: Address
    package var before: AccountInfo?
    /// Nil where the account is gone, and its storage with it.
    package var after: AccountInfo?
    /// Whether all slots of before are gone; `storage` then holds the ones written since.
    package var storageCleared: Bool
    /// In order of slot.
    package var storage: [SlotChange]

    package init(
        address: Address, before: AccountInfo?, after: AccountInfo?, storageCleared: Bool, storage: [SlotChange]
    ) {
        (self.address, self.before, self.after) = (address, before, after)
        (self.storageCleared, self.storage) = (storageCleared, storage)
    }
}

/// A storage slot whose value changed.
package struct SlotChange: Hashable, Sendable {
    package var slot: U256
    package var before: U256
    package var after: U256

    package init(slot: U256, before: U256, after: U256) {
        (self.slot, self.before, self.after) = (slot, before, after)
    }
}
