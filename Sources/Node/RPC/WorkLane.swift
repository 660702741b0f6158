import Dispatch
import HTTP
import Synchronization

/// Threads of their own for requests that may take long, so that nobody else's wait behind them.
///
/// A few run at a time. The others stand in line: those of connections that have taken little time lately come first,
/// and among equals who came first.
final class WorkLane: Sendable {
    private struct Waiting {
        let job: UnownedJob
        let caller: Caller
        let load: UInt64
    }

    private struct Line {
        var waiting: [Waiting] = []
        /// Threads there are, and those of them that wait for a job.
        var threads = 0
        var idle = 0
    }

    /// A connection's way into the lane: what a task with this preference has to do stands in line.
    final class Caller: TaskExecutor {
        private let lane: WorkLane
        let load: ConnectionLoad

        fileprivate init(_ lane: WorkLane, _ load: ConnectionLoad) { (self.lane, self.load) = (lane, load) }

        func enqueue(_ job: consuming ExecutorJob) { lane.add(UnownedJob(job), of: self) }
    }

    /// How long a thread waits for another job before it ends.
    private static let patience: DispatchTimeInterval = .seconds(1)
    /// A thread that was busy for so long may have left holes in memory.
    private static let longSpell: Duration = .milliseconds(200)

    private let width: Int
    private let line = Mutex(Line())
    private let bell = DispatchSemaphore(value: 0)

    /// - Parameter width: how many run at a time.
    init(width: Int = 2) { self.width = width }

    func caller(_ load: ConnectionLoad) -> Caller { Caller(self, load) }

    private func add(_ job: UnownedJob, of caller: Caller) {
        let (isAwaited, isFree) = line.withLock { line -> (Bool, Bool) in
            line.waiting.append(Waiting(job: job, caller: caller, load: caller.load.recent))
            if line.idle > 0 {
                line.idle -= 1
                return (true, false)
            }
            guard line.threads < width else { return (false, false) }
            line.threads += 1
            return (false, true)
        }
        if isAwaited { bell.signal() }
        // Not the system's pool of threads: Swift's tasks run there, and would wait.
        if isFree { BackgroundThread.start(yields: true) { self.work() } }
    }

    private func work() {
        repeat {
            let start = ContinuousClock.now
            while let next = take() {
                next.caller.load.charging { next.job.runSynchronously(on: next.caller.asUnownedTaskExecutor()) }
            }
            if ContinuousClock.now - start > Self.longSpell { ProcessMemory.trim() }
        } while isCalledAgain()
    }

    /// Whether a job comes before the thread's patience ends.
    private func isCalledAgain() -> Bool {
        if bell.wait(timeout: .now() + Self.patience) == .success { return true }
        let isOver = line.withLock { line -> Bool in
            guard line.idle > 0 else { return false }
            line.idle -= 1
            line.threads -= 1
            return true
        }
        // Somebody counted on this thread in the last moment: the bell has rung, or is about to.
        if !isOver { bell.wait() }
        return !isOver
    }

    /// The job whose turn it is; nil leaves the thread idle.
    private func take() -> Waiting? {
        line.withLock { line in
            guard let index = line.waiting.indices.min(by: { line.waiting[$0].load < line.waiting[$1].load }) else {
                line.idle += 1
                return nil
            }
            return line.waiting.remove(at: index)
        }
    }
}
