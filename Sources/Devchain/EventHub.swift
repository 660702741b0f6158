package import Ledger
import Synchronization

/// Something that happened on the chain.
package enum ChainEvent: Sendable {
    package enum Kind: Hashable, Sendable, CaseIterable {
        case head, logs, pending
    }

    /// A new newest block.
    case head(BlockHeader)
    /// Logs of the newest block; or, with `removed`, those of blocks that were taken back.
    case logs([MinedLog], removed: Bool)
    /// A transaction entered the pool.
    case pending(PooledTransaction)

    package var kind: Kind {
        switch self {
        case .head: .head
        case .logs: .logs
        case .pending: .pending
        }
    }
}

/// Hands events to everybody who listens, in order.
final class EventHub: Sendable {
    private struct Listener {
        var kinds: Set<ChainEvent.Kind>
        var continuation: AsyncStream<ChainEvent>.Continuation
    }

    private struct Listeners {
        var next = 0
        var all: [Int: Listener] = [:]
    }

    private let listeners = Mutex(Listeners())

    /// Every event of these kinds from now on.
    ///
    /// One who does not listen for `limit` events loses the oldest of them.
    func listen(_ kinds: Set<ChainEvent.Kind>, limit: Int) -> AsyncStream<ChainEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ChainEvent.self, bufferingPolicy: .bufferingNewest(limit))
        let id = listeners.withLock { state in
            state.next += 1
            state.all[state.next] = Listener(kinds: kinds, continuation: continuation)
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.listeners.withLock { _ = $0.all.removeValue(forKey: id) }
        }
        return stream
    }

    func emit(_ event: ChainEvent) {
        let interested = listeners.withLock { state in
            state.all.values.filter { $0.kinds.contains(event.kind) }.map(\.continuation)
        }
        for continuation in interested { continuation.yield(event) }
    }

    /// Ends all streams.
    func finish() {
        let all = listeners.withLock { state in
            defer { state.all = [:] }
            return state.all.values.map(\.continuation)
        }
        for continuation in all { continuation.finish() }
    }
}
