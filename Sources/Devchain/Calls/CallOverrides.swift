package import Bytes
package import Ethereum
import EVM
import Ledger

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
        /// Where the precompile at this address is to be found instead.
        package var precompileTarget: Address?

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
    /// Wei per blob gas.
    package var blobBaseFee: U256?
    /// For simulated blocks.
    package var parentBeaconRoot: Hash32?
    /// For simulated blocks.
    package var withdrawals: [Withdrawal]?

    package init() {}

    /// Which precompile stands where after the overrides, by geth's rules: one whose account is named gives way to that
    /// account, unless it moves.
    func movedPrecompiles(in fork: Fork) throws(ChainError) -> [Address: Precompile?] {
        var moved: [Address: Precompile?] = [:]
        let known = Dictionary(uniqueKeysWithValues: Precompile.all(in: fork).map { ($0.address, $0) })
        for (address, account) in accounts.sorted(by: { $0.key < $1.key }) {
            if let target = account.precompileTarget {
                guard let precompile = known[address] else {
                    throw ChainError(.invalidRequest, "account \(address.checksummed) is not a precompile")
                }
                guard accounts[target] == nil else {
                    throw ChainError(.invalidRequest, "account \(target.checksummed) is already overridden")
                }
                moved[target] = .some(precompile)
            }
            if known[address] != nil { moved[address] = .some(nil) }
        }
        return moved
    }
}
