import HTTP
import Synchronization
import Testing

@testable import Node

/// What the tasks of a test have to say.
private final class Seen: Sendable {
    let hasBegun = Mutex(false)
    let isOpen = Mutex(false)
    let order = Mutex<[String]>([])
    let counts = Mutex((running: 0, most: 0, done: 0))
}

@Suite("Where requests run")
struct WorkLaneTests {
    @Test("in line, connections that have taken least come first, and among equals who came first")
    func order() async {
        let lane = WorkLane(width: 1)
        let seen = Seen()
        let blocker = Task(executorPreference: lane.caller(ConnectionLoad())) {
            seen.hasBegun.withLock { $0 = true }
            while !seen.isOpen.withLock({ $0 }) {}
        }
        while !seen.hasBegun.withLock({ $0 }) { await Task.yield() }
        var tasks: [Task<Void, Never>] = []
        for (name, seconds) in [("greedy", 100), ("first", 0), ("modest", 1), ("second", 0)] as [(String, UInt64)] {
            let load = ConnectionLoad()
            if seconds > 0 { load.charge(seconds * 1_000_000_000) }
            tasks.append(Task(executorPreference: lane.caller(load)) { seen.order.withLock { $0.append(name) } })
        }
        seen.isOpen.withLock { $0 = true }
        for task in tasks { await task.value }
        await blocker.value
        #expect(seen.order.withLock { $0 } == ["first", "second", "modest", "greedy"])
    }

    @Test("as many run at a time as it is wide, and all come to their turn")
    func width() async {
        let lane = WorkLane(width: 3)
        let seen = Seen()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                let caller = lane.caller(ConnectionLoad())
                group.addTask(executorPreference: caller) {
                    seen.counts.withLock { $0 = ($0.running + 1, max($0.most, $0.running + 1), $0.done) }
                    seen.counts.withLock { $0 = ($0.running - 1, $0.most, $0.done + 1) }
                }
            }
        }
        #expect(seen.counts.withLock { $0.done } == 200)
        #expect((1...3).contains(seen.counts.withLock { $0.most }))
    }

    @Test("what runs in line is charged to its connection")
    func charge() async {
        let load = ConnectionLoad()
        let caller = WorkLane(width: 1).caller(load)
        await Task(executorPreference: caller) {}.value
        // The first job's charge stands before the one thread takes the second.
        let served = await Task(executorPreference: caller) { load.served }.value
        #expect(served > 0)
    }

    @Test("calls run at once until they cost their connection too much")
    func inline() {
        let (rule, load) = (InlineRule(), ConnectionLoad())
        for _ in 0..<1000 { rule.charge(load, .microseconds(900)) }
        #expect(rule.admits(load))
        rule.charge(load, .milliseconds(19))
        #expect(rule.admits(load))
        rule.charge(load, .seconds(100))
        #expect(!rule.admits(load))
    }

    @Test("when ever new connections bring costly calls, those without a history stand in line")
    func strangers() {
        let (rule, known) = (InlineRule(), ConnectionLoad())
        for _ in 0..<16 { rule.charge(known, .microseconds(100)) }
        for _ in 0..<20 { rule.charge(ConnectionLoad(), .seconds(1)) }
        #expect(rule.admits(known))
        #expect(!rule.admits(ConnectionLoad()))
    }
}
