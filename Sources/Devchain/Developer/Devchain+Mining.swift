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
        guard blocks <= 1 << 20 else {
            throw ChainError(.invalidRequest, "cannot make \(blocks) blocks at once; \(1 << 20) are the most")
        }
        return try await perform { (sequencer) throws(ChainError) in
            for index in 0..<blocks {
                let now = sequencer.shared.now
                let parent = now.head.block.header.timestamp
                var time: UInt64?
                if index == 0, let timestamp {
                    try Self.check(timestamp, after: parent)
                    time = timestamp
                } else if index > 0, let interval {
                    let next = parent &+ max(1, min(interval, BlockTime.latest))
                    try Self.check(next, after: parent)
                    time = next
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

    /// Makes a block of exactly these signed transactions, in this order; the pool is not asked.
    ///
    /// - Throws: where one of them cannot stand in the block; there is then no block.
    @discardableResult
    package func mine(transactions: [[UInt8]], timestamp: UInt64? = nil) async throws(ChainError) -> Hash32 {
        var entries: [PooledTransaction] = []
        for raw in transactions { entries.append(try Self.decode(raw)) }
        let listed = entries
        return try await perform { (sequencer) throws(ChainError) in
            let now = sequencer.shared.now
            if let timestamp { try Self.check(timestamp, after: now.head.block.header.timestamp) }
            try sequencer.mine(listed, sequencer.nextSpec(now, timestamp: timestamp))
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
        guard limit >= 21_000, limit <= Int64.max else {
            throw ChainError(
                .invalidRequest, "block gas limit \(limit) is not between 21000, the least transaction, and 2^63 - 1")
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
            try Self.check(timestamp, after: parent)
            try sequencer.changeTime { $0.setNext(timestamp) }
        }
    }

    /// Sets the clock.
    package func setTime(_ time: UInt64) async throws(ChainError) {
        let now = clock.now()
        guard time <= BlockTime.latest else { throw Self.tooLate(time) }
        try await changeTime { $0.set(to: time, now: now) }
    }

    /// Fixes the seconds between blocks; nil leaves them to the clock.
    package func setBlockTimestampInterval(_ seconds: UInt64?) async throws(ChainError) {
        if let seconds, seconds > BlockTime.latest { throw Self.tooLate(seconds) }
        try await changeTime { $0.interval = seconds }
    }

    private func changeTime(_ body: @escaping @Sendable (inout BlockTime) -> Void) async throws(ChainError) {
        try await perform { (sequencer) throws(ChainError) in try sequencer.changeTime(body) }
    }

    /// What the chain's clock shows, in seconds since 1970.
    package var time: UInt64 { UInt64(clamping: Int64(clamping: clock.now()) + shared.now.settings.time.offset) }

    private static func check(_ timestamp: UInt64, after parent: UInt64) throws(ChainError) {
        guard timestamp > parent else {
            throw ChainError(
                .invalidRequest,
                "Timestamp \(timestamp) is lower than or equal to previous block's timestamp \(parent)")
        }
        guard timestamp <= BlockTime.latest else { throw tooLate(timestamp) }
    }

    private static func tooLate(_ time: UInt64) -> ChainError {
        ChainError(.invalidRequest, "\(time) seconds are more than a timestamp may be (\(BlockTime.latest))")
    }
}
