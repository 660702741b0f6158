package import Bytes
package import Devchain
import Ethereum
package import Ledger
import Synchronization

/// The filters that clients have installed and poll.
///
/// A filter is a cursor, not a queue: what is new is read from the chain when asked, so ten thousand forgotten
/// filters cost ten thousand small records and no more.
package final class FilterBook: Sendable {
    package enum Kind: Sendable {
        case logs(LogFilter)
        case blocks
        case pending
    }

    /// What a filter has not yet told its client.
    package struct News: Sendable {
        package var kind: Kind
        /// Blocks from here on are new; for `.pending`, arrivals.
        package var from: UInt64
    }

    private struct Filter {
        var kind: Kind
        var cursor: UInt64
        var lastAsked: ContinuousClock.Instant
    }

    private struct State {
        var filters: [U256: Filter] = [:]
        var nextID: UInt64 = 1
        /// Hashes of transactions that arrived in the pool; the first is number `firstArrival`.
        var arrivals: [Hash32] = []
        var firstArrival: UInt64 = 0
        var hasPendingFilters = false
        /// The newest block that events told of.
        var head: BlockHeader?
    }

    /// More filters than this are refused.
    package static let limit = 10_000
    /// More pending transactions than this are not remembered for slow clients.
    private static let arrivalLimit = 100_000

    private let lifetime: Duration
    private let state = Mutex(State())

    package init(lifetime: Duration) { self.lifetime = lifetime }

    /// Installs a filter for what comes after `head`; nil when there are too many.
    package func install(_ kind: Kind, head: UInt64) -> U256? {
        state.withLock { state in
            forgetOld(&state)
            guard state.filters.count < FilterBook.limit else { return nil }
            var cursor = head + 1
            if case .pending = kind {
                cursor = state.firstArrival + UInt64(state.arrivals.count)
                state.hasPendingFilters = true
            }
            let id = U256(state.nextID)
            state.nextID += 1
            state.filters[id] = Filter(kind: kind, cursor: cursor, lastAsked: .now)
            return id
        }
    }

    package func uninstall(_ id: U256) -> Bool { state.withLock { $0.filters.removeValue(forKey: id) != nil } }

    /// What the filter is, for `eth_getFilterLogs`.
    func kind(of id: U256) -> Kind? {
        state.withLock { state in
            forgetOld(&state)
            state.filters[id]?.lastAsked = .now
            return state.filters[id]?.kind
        }
    }

    /// Moves the filter to `head` and tells from where on there is news; nil for an unknown filter.
    package func advance(_ id: U256, head: UInt64) -> News? {
        state.withLock { state in
            forgetOld(&state)
            guard var filter = state.filters[id] else { return nil }
            let news = News(kind: filter.kind, from: filter.cursor)
            if case .pending = filter.kind {
                filter.cursor = state.firstArrival + UInt64(state.arrivals.count)
            } else {
                filter.cursor = max(filter.cursor, head + 1)
            }
            filter.lastAsked = .now
            state.filters[id] = filter
            return news
        }
    }

    /// Transactions that arrived from number `from` on.
    func arrivals(from: UInt64) -> [Hash32] {
        state.withLock { state in
            guard from > state.firstArrival else { return state.arrivals }
            return Array(state.arrivals.dropFirst(Int(from - state.firstArrival)))
        }
    }

    /// The newest block that events told of.
    var head: BlockHeader? { state.withLock { $0.head } }

    package func begin(at head: BlockHeader) { state.withLock { $0.head = head } }

    /// Follows the chain.
    package func note(_ event: ChainEvent) {
        state.withLock { state in
            switch event {
            case .pending(let pooled):
                guard state.hasPendingFilters else { return }
                state.arrivals.append(pooled.hash)
                if state.arrivals.count > FilterBook.arrivalLimit {
                    let dropped = state.arrivals.count / 2
                    state.arrivals.removeFirst(dropped)
                    state.firstArrival += UInt64(dropped)
                }
            case .head(let head):
                defer { state.head = head }
                guard let last = state.head, head.header.number <= last.header.number else { return }
                // Blocks were taken back: what comes in their place is new.
                for id in state.filters.keys {
                    if case .pending? = state.filters[id]?.kind { continue }
                    state.filters[id]?.cursor.lower(to: head.header.number + 1)
                }
            case .logs: break
            }
        }
    }

    private func forgetOld(_ state: inout State) {
        let oldest = ContinuousClock.now - lifetime
        guard state.filters.values.contains(where: { $0.lastAsked < oldest }) else { return }
        state.filters = state.filters.filter { $0.value.lastAsked >= oldest }
        state.hasPendingFilters = state.filters.values.contains { if case .pending = $0.kind { true } else { false } }
        if !state.hasPendingFilters {
            state.firstArrival += UInt64(state.arrivals.count)
            state.arrivals = []
        }
    }
}

extension UInt64 {
    fileprivate mutating func lower(to bound: UInt64) { if bound < self { self = bound } }
}
