import Ledger
import Synchronization

/// Rings when an endpoint tells of a new block, for all who wait for one.
final class HeadBell: Sendable {
    private struct State {
        var count: UInt64 = 0
        var isLive = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Whether the endpoint tells of new blocks now, so that nobody needs to ask.
    var isLive: Bool { state.withLock { $0.isLive } }
    var count: UInt64 { state.withLock { $0.count } }

    /// Says that something may be new.
    func ring(isLive: Bool? = nil) {
        let waiters = state.withLock { state in
            if let isLive { state.isLive = isLive }
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it has rung more often than `seen`, or after `patience`; how often it has rung.
    ///
    /// - Throws: `CancellationError`.
    func wait(beyond seen: UInt64, patience: Duration) async throws -> UInt64 {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            wake(id)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasRung = state.withLock { state -> Bool in
                    guard state.count <= seen, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if hasRung { continuation.resume() }
            }
        } onCancel: {
            wake(id)
        }
        try Task.checkCancellation()
        return count
    }

    private func wake(_ id: UInt64) { state.withLock { $0.waiters.removeValue(forKey: id) }?.resume() }
}

/// Waits for a bell where it is live, and for a while where not.
final class BellWatch: NewsWatch {
    private let bell: HeadBell
    private let seen: Mutex<UInt64>

    init(_ bell: HeadBell) {
        self.bell = bell
        seen = Mutex(bell.count)
    }

    func wait(_ pause: Duration, atMost longest: Duration) async throws {
        let count = try await bell.wait(
            beyond: seen.withLock { $0 }, patience: bell.isLive ? max(pause, longest) : pause)
        seen.withLock { $0 = count }
    }
}
