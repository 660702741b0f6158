import Bytes
import EVM
import Ethereum
import Ledger
import Synchronization

/// The chain at this moment; the sequencer alone changes it, and readers settle the store before they show it.
final class ChainShared: Sendable {
    /// All but the pool.
    struct Now: Sendable {
        var head: ChainHead
        var settings: ChainSettings
        var chainID: UInt64

        /// What the next block gets from outside.
        ///
        /// - Parameters:
        ///   - time: what the clock shows.
        ///   - timestamp: of the block; nil leaves it to the clock.
        func nextSpec(seed: Hash32, time: UInt64, timestamp: UInt64? = nil) -> BlockSpec {
            let parent = head.block.header
            return BlockSpec(
                timestamp: timestamp ?? settings.time.timestamp(parent: parent.timestamp, now: time),
                gasLimit: settings.gasLimit, coinbase: settings.coinbase,
                prevRandao: settings.nextPrevRandao ?? Sequencer.prevRandao(seed: seed, number: parent.number + 1),
                baseFee: settings.nextBaseFee ?? FeeRules.nextBaseFee(after: parent))
        }
    }

    struct State: Sendable {
        var now: Now
        var pool = Mempool()
        /// Rounds of mining that are queued or under way, for transactions that may have been answered.
        var roundsAhead = 0
        /// Why the last round could not store its block; nil after one that could.
        var failure: ChainError?
    }

    private let state: Mutex<State>
    private let counted = Mutex(ChainMetrics())

    init(_ now: Now) { state = Mutex(State(now: now)) }

    var metrics: ChainMetrics { counted.withLock { $0 } }

    func measure(_ body: (inout ChainMetrics) -> Void) { counted.withLock { body(&$0) } }

    var now: Now { state.withLock { $0.now } }

    var head: ChainHead { state.withLock { $0.now.head } }

    /// The pool as it is; let go of it before the pool changes, or the change copies all of it.
    var pool: Mempool { state.withLock { $0.pool } }

    /// Asks or changes something under the lock.
    func update<Result: Sendable>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }
}
