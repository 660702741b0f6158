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
/// Every thread, the caller included, claims the next piece from one atomic counter until none is left. Nobody spins
/// and nobody waits for a thread that has not woken up, so a busy machine makes the loop slower and nothing worse.
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

    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private let done: UnsafeMutablePointer<pthread_cond_t>
    private let next = Atomic<Int>(0)
    private let busy = Atomic<Bool>(false)
    // Guarded by `lock`.
    private var job: Job?
    private var generation = 0
    private var active = 0
    private var ending = false
    private var workers: [pthread_t] = []

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
            pthread_mutex_lock(lock)
            next.store(0, ordering: .relaxed)
            job = Job(pieces: pieces, body: body)
            generation += 1
            if pieces == 2 { pthread_cond_signal(wake) } else { pthread_cond_broadcast(wake) }
            pthread_mutex_unlock(lock)
            claim(pieces, body)
            pthread_mutex_lock(lock)
            job = nil
            while active > 0 { pthread_cond_wait(done, lock) }
            pthread_mutex_unlock(lock)
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

    fileprivate func work() {
        var seen = 0
        pthread_mutex_lock(lock)
        while !ending {
            guard let current = job, generation != seen else {
                pthread_cond_wait(wake, lock)
                continue
            }
            seen = generation
            active += 1
            pthread_mutex_unlock(lock)
            claim(current.pieces, current.body)
            pthread_mutex_lock(lock)
            active -= 1
            if active == 0 { pthread_cond_signal(done) }
        }
        pthread_mutex_unlock(lock)
    }

    private func start() {
        if let thread = makeThread(Unmanaged.passUnretained(self)) { workers.append(thread) }
    }

    deinit {
        pthread_mutex_lock(lock)
        ending = true
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

// Everything that changes is behind `lock`, or atomic.
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
