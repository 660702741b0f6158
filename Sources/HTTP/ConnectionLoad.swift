import Synchronization

/// How much of the server's time the requests of one connection took lately, as its handler charges it.
///
/// A leaky bucket: what was charged flows off at a twentieth of real time.
package final class ConnectionLoad: Sendable {
    private struct State {
        var spent: UInt64 = 0
        var at: UInt64 = 0
        var served = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Nanoseconds that have not flowed off yet.
    package var recent: UInt64 { state.withLock { $0.spent - min($0.spent, (Platform.now - $0.at) / 20) } }

    /// Requests charged so far.
    package var served: Int { state.withLock { $0.served } }

    /// Counts a request that took so many nanoseconds.
    package func charge(_ nanoseconds: UInt64) {
        state.withLock { state in
            let now = Platform.now
            state.spent -= min(state.spent, (now - state.at) / 20)
            (state.spent, state.at, state.served) = (state.spent &+ nanoseconds, now, state.served &+ 1)
        }
    }

    /// Runs `body` and charges what it took, where it took longer than what is free.
    package func charging<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        let start = Platform.now
        defer { charge(beyondFree: Platform.now - start) }
        return try body()
    }

    /// Counts a request that took so many nanoseconds; up to a millisecond is free.
    ///
    /// - Returns: what was charged.
    @discardableResult
    package func charge(beyondFree nanoseconds: UInt64) -> UInt64 {
        let cost = nanoseconds < 1_000_000 ? 0 : nanoseconds
        charge(cost)
        return cost
    }
}
