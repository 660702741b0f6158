import Dispatch
import Storage
import Synchronization

/// Brings the commits of a chain's file to the device, beside the work and many at once.
///
/// A commit leaves its pages in the write-ahead log, where they outlive the process. One sync of the log, which takes as
/// long as making several blocks, then lets every commit before it outlive the machine, too (group commit). Who shows
/// something of the chain waits for that first.
///
/// After a sync has failed nothing is known of the commits before it: from then on everything that asks is refused.
final class LogSync: Sendable {
    private struct State {
        /// Whether a commit is under way.
        var isWriting = false
        /// Commits so far, and how many of them are on the device.
        var written: UInt64 = 0
        var synced: UInt64 = 0
        /// What is to be done when that many commits are on the device, in order.
        var actions: [(position: UInt64, run: @Sendable () -> Void)] = []
        var isQueued = false
        /// When the next sync may begin.
        var next = DispatchTime.now()
        var failure: StorageError?
        var spent = Duration.zero
    }

    /// The least time from one sync to the next, unless somebody waits; syncing without a pause slows all else down.
    private static let pause = DispatchTimeInterval.milliseconds(1)

    private let path: String
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "cairn.chain.sync")

    /// - Parameter path: of the database; its log lies beside it.
    init(path: String) { self.path = path + "-wal" }

    var isWriting: Bool { state.withLock { $0.isWriting } }

    /// How long all syncs took.
    var spent: Duration { state.withLock { $0.spent } }

    /// Comes before every commit: what it changes may be seen from now on.
    func willWrite() throws(StorageError) {
        let failure = state.withLock { state in
            state.isWriting = state.failure == nil
            return state.failure
        }
        if let failure { throw failure }
    }

    /// Comes after every commit, and has a sync follow.
    func wrote() {
        let start = state.withLock { state in
            state.isWriting = false
            state.written += 1
            defer { state.isQueued = true }
            return state.isQueued ? nil : state.next
        }
        if let start { queue.asyncAfter(deadline: start) { self.sync() } }
    }

    /// Does something once everything that was committed before is on the device; never after a failure.
    func afterSync(_ action: @escaping @Sendable () -> Void) {
        let isBehind = state.withLock { state in
            let isBehind = state.synced < state.written
            if isBehind { state.actions.append((state.written, action)) }
            return isBehind
        }
        if !isBehind { queue.async(execute: action) }
    }

    /// Waits until everything that was committed before is on the device.
    func settle() throws(StorageError) {
        let (isBehind, failure) = state.withLock { ($0.synced < $0.written, $0.failure) }
        if let failure { throw failure }
        guard isBehind else { return }
        // Behind the sync that is under way, which may cover it all.
        queue.sync { self.sync() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Runs on the queue only.
    private func sync() {
        let target = state.withLock { state -> UInt64? in
            state.isQueued = false
            return state.failure == nil && state.synced < state.written ? state.written : nil
        }
        guard let target else { return }
        let start = ContinuousClock.now
        do throws(StorageError) {
            try Files.sync(path)
        } catch {
            return state.withLock { state in
                state.failure = error
                state.actions = []
            }
        }
        let due = state.withLock { state in
            state.spent += ContinuousClock.now - start
            state.synced = target
            state.next = .now() + Self.pause
            let count = state.actions.firstIndex { $0.position > target } ?? state.actions.count
            defer { state.actions.removeFirst(count) }
            return state.actions.prefix(count).map(\.run)
        }
        for action in due { action() }
    }
}
