package import Bytes
import Ethereum
package import Ledger

extension Devchain {
    /// Makes blocks of what waits, empty ones where nothing does.
    ///
    /// - Parameters:
    ///   - interval: seconds between the blocks; nil leaves it to the clock.
    ///   - timestamp: of the first block; nil leaves it to the clock.
    /// - Returns: the hash of the newest block.
    @discardableResult
    package func mine(blocks: UInt64 = 1, interval: UInt64? = nil, timestamp: UInt64? = nil)
        async throws(ChainError) -> Hash32
    {
        try await perform { (sequencer) throws(ChainError) in
            for index in 0..<blocks {
                let now = sequencer.shared.now
                let parent = now.head.block.header.timestamp
                var time: UInt64?
                if index == 0, let timestamp {
                    guard timestamp > parent else { throw Self.notLater(timestamp, parent) }
                    time = timestamp
                } else if index > 0, let interval {
                    time = parent + max(1, interval)
                }
                try sequencer.mine(sequencer.nextSpec(now, timestamp: time), emptyAllowed: true)
                if let time {
                    let now = sequencer.clock.now()
                    try sequencer.changeTime { $0.runOn(from: time, now: now) }
                }
            }
            return sequencer.shared.head.block.hash
        }
    }

    package var miningMode: MiningMode { shared.now.settings.mining }

    /// Changes when blocks are made.
    package func setMining(_ mode: MiningMode) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            sequencer.shared.update { $0.now.settings.mining = mode }
            if mode == .automatic { sequencer.runRound() }
        }
        startInterval()
    }

    // MARK: What the next blocks carry

    package func setBlockGasLimit(_ limit: UInt64) async throws(ChainError) {
        guard limit >= 21_000 else {
            throw ChainError(.invalidRequest, "block gas limit \(limit) is too small for any transaction (21000)")
        }
        try await change { $0.gasLimit = limit }
    }

    package func setCoinbase(_ address: Address) async throws(ChainError) { try await change { $0.coinbase = address } }

    package func setMinimumTip(_ tip: U256) async throws(ChainError) { try await change { $0.minimumTip = tip } }

    package func setNextBlockBaseFeePerGas(_ fee: U256) async throws(ChainError) {
        try await change { $0.nextBaseFee = fee }
    }

    package func setNextPrevRandao(_ value: Hash32) async throws(ChainError) {
        try await change { $0.nextPrevRandao = value }
    }

    package var blockGasLimit: UInt64 { shared.now.settings.gasLimit }
    package var coinbase: Address { shared.now.settings.coinbase }
    package var minimumTip: U256 { shared.now.settings.minimumTip }

    func change(_ body: @escaping @Sendable (inout ChainSettings) -> Void) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            sequencer.shared.update { body(&$0.now.settings) }
        }
    }

    // MARK: Time

    /// Moves the clock forward.
    ///
    /// - Returns: how far it is ahead of the machine's, in seconds.
    @discardableResult
    package func increaseTime(by seconds: UInt64) async throws(ChainError) -> Int64 {
        try await changeTime { $0.increase(by: seconds) }
        return shared.now.settings.time.offset
    }

    /// Fixes the next block's timestamp; time runs on from there.
    package func setNextBlockTimestamp(_ timestamp: UInt64) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in
            let parent = sequencer.shared.head.block.header.timestamp
            guard timestamp > parent else { throw Self.notLater(timestamp, parent) }
            try sequencer.changeTime { $0.setNext(timestamp) }
        }
    }

    /// Sets the clock.
    package func setTime(_ time: UInt64) async throws(ChainError) {
        let now = clock.now()
        try await changeTime { $0.set(to: time, now: now) }
    }

    /// Fixes the seconds between blocks; nil leaves them to the clock.
    package func setBlockTimestampInterval(_ seconds: UInt64?) async throws(ChainError) {
        try await changeTime { $0.interval = seconds }
    }

    private func changeTime(_ body: @escaping @Sendable (inout BlockTime) -> Void) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in try sequencer.changeTime(body) }
    }

    /// What the chain's clock shows, in seconds since 1970.
    package var time: UInt64 { UInt64(clamping: Int64(clamping: clock.now()) + shared.now.settings.time.offset) }

    private static func notLater(_ timestamp: UInt64, _ parent: UInt64) -> ChainError {
        ChainError(
            .invalidRequest,
            "Timestamp \(timestamp) is lower than or equal to previous block's timestamp \(parent)")
    }
}
