import Ledger
import Synchronization
import Testing

@Suite("The shell that runs roles")
struct RoleShellTests {
    /// Wants to add one until the number is three.
    struct Counter: Role {
        enum Action: Hashable, Sendable { case add(Int) }

        mutating func next(_ view: Int) -> Step<Action> {
            view < 3 ? .act([.add(view)]) : .stop(.finished)
        }
        mutating func done(_ action: Action, in block: UInt64) {}
    }

    @Test("it goes on until the role stops, and reports what was done")
    func runs() async throws {
        let number = Mutex(0)
        let done = Mutex<[Counter.Action]>([])
        let shell = RoleShell(
            role: Counter(), view: { number.withLock { $0 } },
            perform: { _, _ in
                UInt64(
                    number.withLock { number -> Int in
                        number += 1
                        return number
                    })
            },
            report: { action in done.withLock { $0.append(action) } })
        #expect(try await shell.run(pause: { _ in }) == .finished)
        #expect(done.withLock { $0 } == [.add(0), .add(1), .add(2)])
    }

    @Test("an action that another party did first is no failure")
    func race() async throws {
        let number = Mutex(0)
        let shell = RoleShell(
            role: Counter(), view: { number.withLock { $0 } },
            perform: { action, _ in
                number.withLock { $0 += 1 }
                if action == .add(1) { throw ChainError(.reverted, "somebody was faster") }
                return 0
            })
        #expect(try await shell.step() == .act([.add(0)]))
        #expect(try await shell.step() == .act([]))
        #expect(try await shell.run(pause: { _ in }) == .finished)
    }

    @Test("what another party's waiting transaction overtook is looked at until slow blocks come")
    func slowBlocks() async throws {
        let looks = Mutex(0)
        let shell = RoleShell(
            role: Counter(),
            view: {
                looks.withLock { looks in
                    looks += 1
                    return looks < 100 ? 0 : 3
                }
            }, perform: { _, _ in throw ChainError(.overtaken, "somebody was faster") }, clock: ManualClock())
        #expect(try await shell.step() == .act([]))
        #expect(looks.withLock { $0 } == 100)
    }

    @Test("a refusal that stays a refusal is thrown, and so is any other failure; running again goes on")
    func failures() async throws {
        let number = Mutex(0)
        let broken = Mutex(true)
        for kind in [ChainError.Kind.reverted, .unreachable] {
            broken.withLock { $0 = true }
            let shell = RoleShell(
                role: Counter(), view: { number.withLock { $0 } },
                perform: { _, _ in
                    if broken.withLock({ $0 }) { throw ChainError(kind, "no") }
                    number.withLock { $0 += 1 }
                    return 0
                })
            await #expect(throws: ChainError(kind, "no")) { try await shell.run(pause: { _ in }) }
            broken.withLock { $0 = false }
            #expect(try await shell.run(pause: { _ in }) == .finished)
            number.withLock { $0 = 0 }
        }
    }
}
