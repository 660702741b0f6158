import Synchronization

/// What a server has in hand: its connections, its requests in progress, the bytes of their bodies.
final class Traffic: Sendable {
    /// One connection, as the sweeper sees it.
    final class Connection: Sendable {
        let descriptor: Int32
        /// When the connection last became idle; `.max` while a request is in progress.
        let idleSince: Atomic<UInt64>

        init(descriptor: Int32) {
            self.descriptor = descriptor
            idleSince = Atomic(Platform.now)
        }
    }

    private struct State {
        var isDraining = false
        var connections: [ObjectIdentifier: Connection] = [:]
        var exchanges: [ObjectIdentifier: Exchange] = [:]
    }

    private let state = Mutex(State())
    private let bodyBytes = Atomic<Int>(0)

    func open() { state.withLock { $0.isDraining = false } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    func add(_ connection: Connection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: Connection) {
        state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// Counts a request in; false while draining.
    func add(_ exchange: Exchange) -> Bool {
        state.withLock { state in
            guard !state.isDraining else { return false }
            state.exchanges[ObjectIdentifier(exchange)] = exchange
            return true
        }
    }

    func remove(_ exchange: Exchange) {
        state.withLock { _ = $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
    }

    /// Reserves room for body bytes within the budget.
    func reserve(_ count: Int, budget: Int) -> Bool {
        let total = bodyBytes.wrappingAdd(count, ordering: .relaxed).newValue
        guard total > budget else { return true }
        release(count)
        return false
    }

    func release(_ count: Int) { bodyBytes.wrappingSubtract(count, ordering: .relaxed) }

    /// Shuts sockets that have been idle, or dribbling a request's head, for too long.
    func closeConnections(idleLongerThan limit: UInt64) {
        let now = Platform.now
        // Under the lock, so that no descriptor is closed and given to another file in between.
        state.withLock { state in
            for connection in state.connections.values {
                let since = connection.idleSince.load(ordering: .relaxed)
                if since != .max, now > since, now - since > limit { Descriptor.shutdown(connection.descriptor) }
            }
        }
    }

    /// Refuses new requests and waits for those in progress; after the grace period they are ended.
    func drain(graceSeconds: Int) async {
        state.withLock { $0.isDraining = true }
        let deadline = Platform.now + UInt64(max(0, graceSeconds)) * 1_000_000_000
        endSockets()
        while !isIdle, Platform.now < deadline { try? await Task.sleep(for: .milliseconds(2)) }
        // Answers that a slow client has not taken yet may be cut off; a suspended connection must not be left.
        while state.withLock({ Array($0.exchanges.values) }).filter({ $0.abandon() }).count > 0 {
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    private var isIdle: Bool { state.withLock { $0.exchanges.isEmpty } }

    /// Streams and upgraded sockets have no end of their own: they are told at once.
    private func endSockets() {
        for exchange in state.withLock({ Array($0.exchanges.values) }) { exchange.cancelStreaming() }
    }
}
