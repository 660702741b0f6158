import Bytes
import EVM
import Synchronization

/// Machines that rest between calls, so that a call need not make one.
final class CallPool: Sendable {
    /// A state and the machine on it, used by one task at a time.
    final class Bench {
        let world: WorldState
        let machine: Machine

        init(codes: CodeCache) {
            world = WorldState(reader: MemoryState(), codes: codes)
            machine = Machine(state: world, block: BlockContext(fork: .prague, chainID: 0))
        }
    }

    private let codes: CodeCache
    private let idle = Mutex<[Confined<Bench>]>([])

    init(codes: CodeCache) { self.codes = codes }

    func with<Result, E: Error>(_ body: (Bench) throws(E) -> Result) throws(E) -> Result {
        let bench = idle.withLock { $0.popLast() } ?? Confined(Bench(codes: codes))
        defer {
            // What rests must not hold on to a state.
            bench.value.world.reset(reader: MemoryState())
            bench.value.machine.movedPrecompiles = [:]
            idle.withLock { if $0.count < 8 { $0.append(bench) } }
        }
        return try body(bench.value)
    }
}
