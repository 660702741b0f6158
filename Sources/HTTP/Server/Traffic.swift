import Synchronization

/// What a server has in hand: its connections, its requests in progress, the bytes of their bodies and answers.
final class Traffic: Sendable {
    /// One connection, as the sweeper sees it.
    final class Connection: Sendable {
        let descriptor: Int32
        /// When the connection last became idle; `.max` while a request is in progress.
        let idleSince: Atomic<UInt64>
        let load = ConnectionLoad()

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
    /// Bodies that are being received or answered.
    let bodies: ByteBudget
    /// Answers that wait for their client to take them.
    let answers: ByteBudget

    init(bodies: Int, answers: Int) { (self.bodies, self.answers) = (ByteBudget(bodies), ByteBudget(answers)) }

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

    /// Shuts sockets that have been idle, or dribbling a request, for too long.
    ///
    /// - Parameters:
    ///   - idle: nanoseconds without a request; the head of one counts as none.
    ///   - crowd: so many connections, and new clients can hardly get in: then patience ends much sooner.
    func closeConnections(idleLongerThan idle: UInt64, crowd: Int) {
        let now = Platform.now
        // Under the lock, so that no descriptor is closed and given to another file in between.
        state.withLock { state in
            let isCrowded = state.connections.count >= crowd
            let limit = isCrowded ? min(idle, Self.shortPatience) : idle
            for connection in state.connections.values {
                let since = connection.idleSince.load(ordering: .relaxed)
                if since != .max, now > since, now - since > limit { Descriptor.shutdown(connection.descriptor) }
            }
            guard isCrowded else { return }
            for exchange in state.exchanges.values where exchange.isReceiving(longerThan: 2 * Self.shortPatience) {
                guard let record = exchange.record, state.connections[ObjectIdentifier(record)] != nil else { continue }
                Descriptor.shutdown(record.descriptor)
            }
        }
    }

    /// Nanoseconds that a silent client is given while others wait for its place.
    private static let shortPatience: UInt64 = 5_000_000_000

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
