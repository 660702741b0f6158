package import Bytes
package import EVM

/// When the chain makes blocks.
package enum MiningMode: Hashable, Sendable {
    /// As soon as a transaction can be executed.
    case automatic
    /// Every so many seconds, with or without transactions.
    case interval(seconds: UInt64)
    /// Only when asked.
    case manual
}

/// An account of the genesis state.
package struct GenesisAccount: Hashable, Sendable {
    /// Wei.
    package var balance: U256
    package var nonce: UInt64
    package var code: [UInt8]
    package var storage: [U256: U256]

    package init(balance: U256, nonce: UInt64 = 0, code: [UInt8] = [], storage: [U256: U256] = [:]) {
        (self.balance, self.nonce, self.code, self.storage) = (balance, nonce, code, storage)
    }
}

/// What an embedded chain is made with.
///
/// What shapes the genesis block is written into the file of a new chain; a file that was made with other values is
/// refused, so that nobody continues another chain by mistake.
package struct DevchainConfiguration: Sendable {
    /// The chain's file, made when absent; nil keeps the chain in memory.
    package var path: String?
    package var chainID: UInt64 = 31337
    /// The rules; Cancun and later.
    package var fork: Fork = .prague
    /// Gas in a block.
    package var gasLimit: UInt64 = 60_000_000
    /// The fee recipient.
    package var coinbase: Address = .zero
    /// Wei per gas, of the genesis block.
    package var initialBaseFeePerGas: U256 = 1_000_000_000
    /// Wei per gas that a transaction must offer the fee recipient.
    package var minimumTip: U256 = .zero
    /// Seconds since 1970; nil takes the clock's.
    package var genesisTimestamp: UInt64?
    package var genesis: [Address: GenesisAccount] = [:]
    /// `prevrandao` of block N is keccak256 of this and N.
    package var seed: Hash32 = .zero
    package var mining: MiningMode = .automatic
    /// Gas that a call without a limit of its own gets.
    package var callGasLimit: UInt64 = 50_000_000
    /// Trie nodes in the cache, twice; 1,000 take about a megabyte.
    package var cachedNodes: Int = 12_000

    /// Bytes that the file may take at most; nil leaves it to the disk.
    package var fileLimit: UInt64?

    package init() {}
}
