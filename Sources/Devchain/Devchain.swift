import Bytes
import Dispatch
import EVM
import Ethereum
package import Ledger
import Storage
import Synchronization

/// The embedded Ethereum chain: one sequencer, one file, no socket.
///
///     var configuration = DevchainConfiguration()
///     configuration.path = "chain.sqlite"
///     configuration.genesis[wallet.address] = GenesisAccount(balance: ether)
///     let chain = try Devchain(configuration)
///     let hash = try await chain.send(raw: signed.encoded)
///     let receipt = try chain.receipt(of: hash)
///
/// It is for development and for one site that trusts its own machine; parties that must agree without trusting one of
/// them use a real network through `ChainClient`.
///
/// ## Rules
/// - What changes the chain runs on one serial queue, in the order of arrival; reads run wherever they are called, on
///   the newest block that is on the disk.
/// - The hash of a transaction is answered when its block is in the write-ahead log, where a killed process leaves it. A
///   block is on the disk, synced, before anybody can see it: one sync serves all blocks before it, and readers wait.
package final class Devchain: Chain {
    package let configuration: DevchainConfiguration
    let store: ChainStore
    let shared: ChainShared
    let codes: CodeCache
    let clock: any WallClock
    let events = EventHub()
    let calls: CallPool
    let pendingCache = Mutex<PendingBlock?>(nil)
    /// A builder that rests between pending blocks.
    let pendingBuilder = Mutex<[Confined<BlockBuilder>]>([])
    private let queue = DispatchQueue(label: "cairn.chain")
    private let sequencer: Confined<Sequencer>
    private let interval = Mutex<Task<Void, Never>?>(nil)
    private let lock: FileLock?

    /// Opens the chain in `configuration.path`, or begins one there.
    package init(_ configuration: DevchainConfiguration, clock: any WallClock = SystemClock()) throws(ChainError) {
        guard configuration.fork >= .cancun else {
            throw ChainError(
                .invalidRequest,
                "the embedded chain knows the rules of cancun, prague and osaka, not of \(configuration.fork)")
        }
        self.configuration = configuration
        self.clock = clock
        do throws(StorageError) {
            if let path = configuration.path {
                lock = try FileLock(path: path + ".lock")
            } else {
                lock = nil
            }
            store = try ChainStore(
                path: configuration.path, cachedNodes: configuration.cachedNodes,
                fileLimit: configuration.fileLimit)
            let head = try store.open(configuration, now: clock.now())
            var settings = ChainSettings(configuration)
            var chainID = configuration.chainID
            if let offset = try store.read({ (reads) throws(StorageError) in try reads.meta(MetaKey.offset) }) {
                settings.time = BlockTime(offset: Int64(bitPattern: U256(bigEndian: offset).l0))
            }
            if let id = try store.read({ (reads) throws(StorageError) in try reads.meta(MetaKey.chainID) }) {
                chainID = U256(bigEndian: id).l0
            }
            shared = ChainShared(.init(head: head, settings: settings, chainID: chainID))
        } catch {
            throw ChainError(error)
        }
        codes = CodeCache()
        calls = CallPool(codes: codes)
        sequencer = Confined(
            Sequencer(
                configuration: configuration, store: store, shared: shared, clock: clock, events: events, codes: codes))
        do throws(StorageError) { try sequencer.value.restorePool() } catch { throw ChainError(error) }
        if shared.pool.count > 0 { sequencer.value.prepareRound { Self.queueRound(queue, sequencer) } }
        startInterval()
    }

    deinit { interval.withLock { $0?.cancel() } }

    /// Waits for the block that is being made, and ends all subscriptions.
    package func close() async {
        interval.withLock { $0?.cancel() }
        events.finish()
        try? await perform { (sequencer) throws(ChainError) in try? sequencer.store.checkpoint() }
    }

    /// Runs `body` on the queue, after everything that was asked before; what it changed is on the disk when this returns.
    func perform<Result: Sendable>(
        _ body: @escaping @Sendable (Sequencer) throws(ChainError) -> Result
    ) async throws(ChainError) -> Result {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Swift.Result<Result, ChainError>, Never>) in
            queue.async { [sequencer] in
                do throws(ChainError) {
                    continuation.resume(returning: .success(try body(sequencer.value)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        do { try store.settle() } catch { throw ChainError(error) }
        return try outcome.get()
    }

    /// Waits until what was answered as accepted is in blocks, as far as it can be.
    func awaitRounds() {
        if shared.update({ $0.roundsAhead > 0 }) { queue.sync {} }
    }

    /// Hands transactions to the sequencer, and waits until those that can be mined are, or are certain to be.
    func submit(_ transactions: [PooledTransaction]) async -> [Result<Hash32, ChainError>] {
        await withCheckedContinuation { continuation in
            let collector = Collector(count: transactions.count) { continuation.resume(returning: $0) }
            queue.async { [sequencer, queue] in
                let sequencer = sequencer.value
                var wantsRound = false
                for (index, transaction) in transactions.enumerated() {
                    let waits = sequencer.admit(transaction) { collector.set(index, $0) }
                    wantsRound = wantsRound || waits
                }
                if wantsRound { sequencer.prepareRound { Self.queueRound(queue, self.sequencer) } }
            }
        }
    }

    /// Queues a round of mining behind everything that has arrived.
    private static func queueRound(_ queue: DispatchQueue, _ sequencer: Confined<Sequencer>) {
        queue.async { sequencer.value.runQueuedRound() }
    }

    /// Mines what has become ready through other means than a new transaction.
    func startRound() async {
        _ = try? await perform { (sequencer) throws(ChainError) in sequencer.runRound() }
    }

    /// Starts, changes or stops making blocks by the clock.
    func startInterval() {
        let mode = shared.now.settings.mining
        interval.withLock { task in
            task?.cancel()
            task = nil
            guard case .interval(let seconds) = mode else { return }
            task = Task { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Int64(clamping: max(1, seconds))))
                    guard let self, !Task.isCancelled else { return }
                    _ = try? await self.mine()
                }
            }
        }
    }
}

/// A value that only the chain's serial queue touches.
final class Confined<Value> {
    let value: Value

    init(_ value: Value) { self.value = value }
}

/// Only closures on the chain's serial queue read `value`.
extension Confined: @unchecked Sendable {}

/// Gathers answers that come one by one.
private final class Collector: Sendable {
    private let answers: Mutex<(left: Int, list: [Result<Hash32, ChainError>?])>
    private let done: @Sendable ([Result<Hash32, ChainError>]) -> Void

    init(count: Int, done: @escaping @Sendable ([Result<Hash32, ChainError>]) -> Void) {
        answers = Mutex((count, [Result<Hash32, ChainError>?](repeating: nil, count: count)))
        self.done = done
        if count == 0 { done([]) }
    }

    func set(_ index: Int, _ answer: Result<Hash32, ChainError>) {
        let complete = answers.withLock { state -> [Result<Hash32, ChainError>]? in
            guard state.list[index] == nil else { return nil }
            state.list[index] = answer
            state.left -= 1
            return state.left == 0 ? state.list.compactMap { $0 } : nil
        }
        if let complete { done(complete) }
    }
}
