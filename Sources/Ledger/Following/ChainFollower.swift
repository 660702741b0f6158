import Ethereum

/// Tells what happens on any chain, block by block: woken by the chain where it tells of new blocks by itself, by asking
/// again and again where not.
///
///     let follower = ChainFollower(chain: chain, filter: LogFilter(addresses: [contract]))
///     for try await event in follower.events() {
///         switch event {
///         case .block(let header, let logs): ...
///         case .removed(let header): ...   // undo what this block did
///         }
///     }
///
/// Every block is told once and in order; when the chain replaces blocks, each of them is taken back first, newest
/// first. Logs are those of the very block, by its hash. A failed request ends the sequence with its error; the
/// client below has retried it by then.
package struct ChainFollower: Sendable {
    package enum Event: Hashable, Sendable {
        /// A new block with its logs that match.
        case block(BlockHeader, logs: [MinedLog])
        /// This block is no longer part of the chain.
        case removed(BlockHeader)
    }

    private let chain: any Chain
    private let filter: LogFilter
    private let start: UInt64?
    private let interval: Duration
    private let clock: (any Clock<Duration>)?

    /// - Parameters:
    ///   - start: the first block to tell of; nil begins after the newest one.
    ///   - filter: which logs come with their blocks; its range does not matter.
    ///   - interval: the pause after finding nothing new, where the chain must be asked.
    ///   - clock: what the pauses go by; the chain's own news do where it is nil.
    package init(
        chain: any Chain, filter: LogFilter = LogFilter(), start: UInt64? = nil,
        interval: Duration = .milliseconds(500), clock: (any Clock<Duration>)? = nil
    ) {
        (self.chain, self.filter, self.start) = (chain, filter, start)
        (self.interval, self.clock) = (interval, clock)
    }

    /// The events; ends when the task that reads it is cancelled.
    package func events() -> AsyncThrowingStream<Event, any Error> {
        let walk = Walk(self)
        return AsyncThrowingStream { try await walk.next() }
    }

    /// Where one reader of the events stands.
    private actor Walk {
        private let follower: ChainFollower
        private let watch: any NewsWatch
        private var tracker: HeadTracker?

        init(_ follower: ChainFollower) {
            self.follower = follower
            watch = follower.clock.map { PollingWatch(clock: $0) } ?? follower.chain.watch()
        }

        func next() async throws -> Event? {
            while !Task.isCancelled {
                if let event = try await step() { return event }
                do { try await watch.wait(follower.interval, atMost: .seconds(15)) } catch { return nil }
            }
            return nil
        }

        private func step() async throws -> Event? {
            guard let head = try await follower.chain.header(at: .latest) else { return nil }
            let number = head.header.number
            var tracker = tracker ?? HeadTracker(start: follower.start ?? number + 1)
            defer { self.tracker = tracker }
            if case .removed(let header)? = tracker.shorten(to: number) { return .removed(header) }
            if tracker.next > number {
                // The same height may be another block by now.
                guard let newest = tracker.newest, newest.header.number == number, newest.hash != head.hash else {
                    return nil
                }
                guard case .removed(let header)? = tracker.shorten(to: number - 1) else { return nil }
                return .removed(header)
            }
            let wanted = tracker.next
            guard let header = wanted == number ? head : try await follower.chain.header(at: .number(wanted)) else {
                return nil
            }
            switch tracker.show(header) {
            case .removed(let old): return .removed(old)
            case .appended: return .block(header, logs: try await follower.logs(of: header))
            }
        }
    }

    private func logs(of header: BlockHeader) async throws(ChainError) -> [MinedLog] {
        guard mayMatch(header.header.logsBloom) else { return [] }
        var query = filter
        (query.from, query.to) = (.hash(header.hash), .hash(header.hash))
        return try await chain.logs(query)
    }

    private func mayMatch(_ bloom: Bloom) -> Bool {
        guard filter.addresses.isEmpty || filter.addresses.contains(where: { bloom.mayContain($0) }) else {
            return false
        }
        return filter.topics.allSatisfy { choices in choices.isEmpty || choices.contains { bloom.mayContain($0) } }
    }
}
