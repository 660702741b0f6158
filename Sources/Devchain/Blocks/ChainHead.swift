import Bytes
import Ethereum
import Ledger

/// The newest block, and where the next one begins.
struct ChainHead: Sendable {
    var block: BlockHeader
    /// The state that the next block builds on: the block's own, or a later one that an intervention made.
    var state: TrieReference
    var nextTransaction: Int64
    var nextNode: UInt64
    var nextIntervention: Int64

    var number: UInt64 { block.header.number }
    var stateRoot: Hash32 { state.isNone ? emptyTrieRoot : state.hash }
}

/// What a block is told from outside; all else follows from its parent and its transactions.
struct BlockSpec: Hashable, Sendable {
    var timestamp: UInt64
    var gasLimit: UInt64
    var coinbase: Address
    var prevRandao: Hash32
    /// Wei per gas.
    var baseFee: U256
    var parentBeaconRoot: Hash32 = .zero
}
