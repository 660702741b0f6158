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
        var running = 0
    }

    /// A connection's way into the lane: what a task with this preference has to do stands in line.
    final class Caller: TaskExecutor {
        private let lane: WorkLane
        let load: ConnectionLoad

        fileprivate init(_ lane: WorkLane, _ load: ConnectionLoad) { (self.lane, self.load) = (lane, load) }

        func enqueue(_ job: consuming ExecutorJob) { lane.add(UnownedJob(job), of: self) }
    }

    private let width: Int
    private let line = Mutex(Line())

    /// - Parameter width: how many run at a time.
    init(width: Int = 2) { self.width = width }

    func caller(_ load: ConnectionLoad) -> Caller { Caller(self, load) }

    private func add(_ job: UnownedJob, of caller: Caller) {
        let isFree = line.withLock { line -> Bool in
            line.waiting.append(Waiting(job: job, caller: caller, load: caller.load.recent))
            guard line.running < width else { return false }
            line.running += 1
            return true
        }
        // Not the system's pool of threads: Swift's tasks run there, and would wait.
        if isFree { BackgroundThread.start(yields: true) { self.work() } }
    }

    private func work() {
        let start = ContinuousClock.now
        while let next = take() {
            next.caller.load.charging { next.job.runSynchronously(on: next.caller.asUnownedTaskExecutor()) }
        }
        if ContinuousClock.now - start > .milliseconds(200) { ProcessMemory.trim() }
    }

    private func take() -> Waiting? {
        line.withLock { line in
            guard let index = line.waiting.indices.min(by: { line.waiting[$0].load < line.waiting[$1].load }) else {
                line.running -= 1
                return nil
            }
            return line.waiting.remove(at: index)
        }
    }
}
