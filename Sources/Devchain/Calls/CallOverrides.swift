package import Bytes

/// What a call pretends about the state and the block (the third and fourth arguments of `eth_call`).
package struct CallOverrides: Hashable, Sendable {
    /// What a call pretends about one account.
    package struct Account: Hashable, Sendable {
        /// Wei.
        package var balance: U256?
        package var nonce: UInt64?
        package var code: [UInt8]?
        /// The whole storage.
        package var storage: [U256: U256]?
        /// Some slots; the others keep their values.
        package var changedSlots: [U256: U256] = [:]

        package init() {}
    }

    package var accounts: [Address: Account] = [:]
    package var number: UInt64?
    package var timestamp: UInt64?
    package var gasLimit: UInt64?
    package var coinbase: Address?
    package var prevRandao: Hash32?
    /// Wei per gas.
    package var baseFee: U256?

    package init() {}
}
