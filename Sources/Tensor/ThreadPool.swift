import CKernels
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#else
    #error("Cairn's thread pool needs POSIX threads.")
#endif

/// Threads that share out the pieces of one loop at a time.
///
///     pool.run(pieces: 8) { piece in compute(piece) }
///
/// Every thread, the caller included, claims the next piece from one atomic counter until none is left. Nobody waits for a
/// thread that has not joined the loop, so a busy machine makes it slower and nothing worse. A thread without work looks out
/// for the next loop for some microseconds and then sleeps: waking a sleeper takes longer than most loops.
/// Which thread computes a piece never changes a byte of it.
///
/// A second loop that starts while one is running (from another thread, or from inside a piece) runs on its caller
/// alone.
package final class ThreadPool {
    /// Threads that work on a loop, the caller included.
    package let threads: Int

    private struct Job {
        var pieces: Int
        var body: (Int) -> Void
    }

    /// Parts of `state`: threads that have joined the loop, whether it can be joined, its number.
    private static let joinedMask: UInt64 = 0xffff
    private static let open: UInt64 = 0x1_0000
    private static let number: UInt64 = 0x2_0000
    /// Looks at `state` before a thread sleeps, some tens of microseconds.
    private static let patience = 1000

    private let state = Atomic<UInt64>(0)
    private let next = Atomic<Int>(0)
    private let busy = Atomic<Bool>(false)
    private let sleepers = Atomic<Int>(0)
    private let callerSleeps = Atomic<Bool>(false)
    private let ending = Atomic<Bool>(false)
    /// Written before `state` is opened, read by those who joined.
    private var job: Job?
    private var workers: [pthread_t] = []
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private let done: UnsafeMutablePointer<pthread_cond_t>

    package init(threads: Int) {
        precondition(threads >= 1, "a thread pool has at least one thread, its caller")
        self.threads = threads
        lock = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        done = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
        pthread_cond_init(done, nil)
        for _ in 1..<max(threads, 1) { start() }
    }

    /// One pool for the process: `CAIRN_THREADS` threads, or as many as there are processors.
    package static let shared = ThreadPool(threads: defaultThreads)

    package static var defaultThreads: Int {
        if let text = getenv("CAIRN_THREADS"), let threads = Int(String(cString: text)), (1...1024).contains(threads) {
            return threads
        }
        return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// Runs `body` once for each number below `pieces`, in any order, and returns when all have run.
    package func run(pieces: Int, _ body: (Int) -> Void) {
        let (free, _) =
            threads > 1 && pieces > 1
            ? busy.compareExchange(expected: false, desired: true, ordering: .acquiring) : (false, false)
        guard free else {
            for piece in 0..<max(pieces, 0) { body(piece) }
            return
        }
        withoutActuallyEscaping(body) { body in
            job = Job(pieces: pieces, body: body)
            next.store(0, ordering: .relaxed)
            let last = state.load(ordering: .relaxed)
            state.store((last & ~Self.joinedMask | Self.open) &+ Self.number, ordering: .sequentiallyConsistent)
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                pthread_mutex_lock(lock)
                if pieces == 2 { pthread_cond_signal(wake) } else { pthread_cond_broadcast(wake) }
                pthread_mutex_unlock(lock)
            }
            claim(pieces, body)
            state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
            waitForJoined()
            job = nil
        }
        busy.store(false, ordering: .releasing)
    }

    private func claim(_ pieces: Int, _ body: (Int) -> Void) {
        while true {
            let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard piece < pieces else { return }
            body(piece)
        }
    }

    /// Returns when every thread that joined the closed loop has left it.
    private func waitForJoined() {
        for _ in 0..<Self.patience {
            if state.load(ordering: .acquiring) & Self.joinedMask == 0 { return }
            cairn_pause()
        }
        callerSleeps.store(true, ordering: .sequentiallyConsistent)
        pthread_mutex_lock(lock)
        while state.load(ordering: .sequentiallyConsistent) & Self.joinedMask != 0 { pthread_cond_wait(done, lock) }
        pthread_mutex_unlock(lock)
        callerSleeps.store(false, ordering: .relaxed)
    }

    fileprivate func work() {
        var seen: UInt64 = 0
        var looks = 0
        while !ending.load(ordering: .relaxed) {
            let current = state.load(ordering: .acquiring)
            if current & Self.open == 0 || current / Self.number == seen {
                looks += 1
                if looks < Self.patience { cairn_pause() } else { sleep(after: seen) }
                continue
            }
            let (joined, _) = state.compareExchange(
                expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
            guard joined else { continue }
            seen = current / Self.number
            looks = 0
            if let job { claim(job.pieces, job.body) }
            leave()
        }
    }

    private func leave() {
        let left = state.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        guard left & (Self.joinedMask | Self.open) == 0, callerSleeps.load(ordering: .sequentiallyConsistent) else {
            return
        }
        pthread_mutex_lock(lock)
        pthread_cond_signal(done)
        pthread_mutex_unlock(lock)
    }

    /// Sleeps until there is a loop other than `seen`. Who opens one after `sleepers` was raised, signals.
    private func sleep(after seen: UInt64) {
        pthread_mutex_lock(lock)
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !ending.load(ordering: .sequentiallyConsistent) {
            let current = state.load(ordering: .sequentiallyConsistent)
            if current & Self.open != 0, current / Self.number != seen { break }
            pthread_cond_wait(wake, lock)
        }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(lock)
    }

    private func start() {
        if let thread = makeThread(Unmanaged.passUnretained(self)) { workers.append(thread) }
    }

    deinit {
        pthread_mutex_lock(lock)
        ending.store(true, ordering: .sequentiallyConsistent)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(lock)
        for worker in workers { pthread_join(worker, nil) }
        pthread_cond_destroy(done)
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        done.deallocate()
        wake.deallocate()
        lock.deallocate()
    }
}

// Everything that changes is atomic, or written by the one caller that holds `busy` while nobody has joined.
extension ThreadPool: @unchecked Sendable {}

/// A thread that works for `pool`, which outlives it; nil when the system has no more threads to give.
private func makeThread(_ pool: Unmanaged<ThreadPool>) -> pthread_t? {
    #if canImport(Glibc)
        var thread = pthread_t()
    #else
        var thread: pthread_t?
    #endif
    return pthread_create(&thread, nil, enterThread, pool.toOpaque()) == 0 ? thread : nil
}

#if canImport(Glibc)
    private func enterThread(_ pool: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let pool { Unmanaged<ThreadPool>.fromOpaque(pool).takeUnretainedValue().work() }
        return nil
    }
#else
    private func enterThread(_ pool: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadPool>.fromOpaque(pool).takeUnretainedValue().work()
        return nil
    }
#endif
