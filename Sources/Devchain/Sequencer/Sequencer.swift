import Bytes
import Crypto
import Ethereum
import EVM
import Ledger
import Storage

/// Orders transactions into blocks: the one place that changes the chain.
///
/// Everything here runs on the chain's serial queue. A transaction that arrives while a commit is under way waits in that
/// queue before the next round of mining, so whatever came in meanwhile goes into the next block together.
final class Sequencer {
    /// Who waits for a transaction, and gets its hash or the reason why not.
    typealias Waiter = @Sendable (Result<Hash32, ChainError>) -> Void

    let configuration: DevchainConfiguration
    let store: ChainStore
    let shared: ChainShared
    let clock: any WallClock
    let events: EventHub
    let builder: BlockBuilder
    var snapshots: [Snapshot] = []
    var lastSnapshot: UInt64 = 0
    /// Those whose transactions shall be in a block before they are answered.
    private var waiters: [Hash32: [Waiter]] = [:]
    /// Those who can be answered as soon as the next round stands in the queue.
    private var answerable: [(hash: Hash32, waiter: Waiter)] = []
    /// Whether a round of mining stands in the queue already.
    private var isRoundQueued = false

    init(
        configuration: DevchainConfiguration, store: ChainStore, shared: ChainShared, clock: any WallClock,
        events: EventHub, codes: CodeCache
    ) {
        (self.configuration, self.store, self.shared) = (configuration, store, shared)
        (self.clock, self.events) = (clock, events)
        builder = BlockBuilder(store: store, codes: codes, fork: configuration.fork, chainID: shared.now.chainID)
    }

    // MARK: Transactions

    /// Takes a transaction into the pool.
    ///
    /// Where the next round is certain to mine it, `waiter` is answered once that round is queued, so that the sender's
    /// next request and the block are made at the same time; readers wait for the round. Others are answered after it.
    ///
    /// - Returns: whether a round is wanted, which the caller then must queue; false where the transaction was refused,
    ///   and `waiter` knows.
    func admit(_ transaction: PooledTransaction, waiter: @escaping Waiter) -> Bool {
        let now = shared.now
        do throws(ChainError) {
            let sender = try check(transaction, now)
            let outcome: Result<PooledTransaction?, PoolRefusal> = shared.update { state in
                do throws(PoolRefusal) {
                    return .success(try state.pool.insert(transaction, stateNonce: sender?.nonce ?? 0))
                } catch {
                    return .failure(error)
                }
            }
            switch outcome {
            case .failure(let refusal): throw ChainError(.rejected, refusal.description)
            case .success(let replaced):
                if let replaced {
                    let fails = now.settings.mining == .automatic
                    answer(replaced.hash, fails ? .failure(Self.replaced(replaced.hash)) : .success(replaced.hash))
                }
            }
            events.emit(.pending(transaction))
            if shared.update({ $0.failure == nil }) && isCertain(transaction, from: sender, now) {
                answerable.append((transaction.hash, waiter))
            } else {
                waiters[transaction.hash, default: []].append(waiter)
            }
            return true
        } catch {
            waiter(.failure(error))
            return false
        }
    }

    /// Queues a round with `start` where none is queued yet, and answers who need not wait for it.
    func prepareRound(_ start: () -> Void) {
        if !isRoundQueued {
            isRoundQueued = true
            shared.update { $0.roundsAhead += 1 }
            start()
        }
        for (hash, waiter) in answerable { waiter(.success(hash)) }
        answerable = []
    }

    /// The round that was queued.
    func runQueuedRound() {
        isRoundQueued = false
        runRound()
        shared.update { $0.roundsAhead -= 1 }
    }

    /// Mines until nothing that is ready is left, where blocks are made automatically; saves what waits on; then answers
    /// everybody.
    func runRound() {
        while true {
            let now = shared.now
            guard now.settings.mining == .automatic else { break }
            let spec = nextSpec(now)
            let hasReady = shared.update {
                $0.pool.hasReady(baseFee: spec.baseFee, minimumTip: now.settings.minimumTip)
            }
            guard hasReady else { break }
            do throws(ChainError) {
                guard try mine(spec, emptyAllowed: false) != nil else { break }
            } catch {
                return failWaiters(error)
            }
        }
        do throws(ChainError) { try savePool() } catch { return failWaiters(error) }
        shared.update { $0.failure = nil }
        let rest = waiters
        waiters = [:]
        for (hash, list) in rest { list.forEach { $0(.success(hash)) } }
    }

    private func answer(_ hash: Hash32, _ result: Result<Hash32, ChainError>) {
        waiters.removeValue(forKey: hash)?.forEach { $0(result) }
    }

    /// Nothing was stored: those who wait are told, and their transactions are forgotten so that they can try again. Those
    /// that were answered before stay for the next round, and until one succeeds nobody is answered before.
    private func failWaiters(_ error: ChainError) {
        let failed = waiters
        waiters = [:]
        shared.update { state in
            for hash in failed.keys { state.pool.remove(hash) }
            state.failure = error
        }
        for list in failed.values { list.forEach { $0(.failure(error)) } }
    }

    private static func replaced(_ hash: Hash32) -> ChainError {
        ChainError(.rejected, "transaction \(hash) was replaced by one with the same nonce and a higher fee")
    }

    // MARK: Blocks

    /// What the next block gets from outside.
    func nextSpec(_ now: ChainShared.Now, timestamp: UInt64? = nil) -> BlockSpec {
        now.nextSpec(seed: configuration.seed, time: clock.now(), timestamp: timestamp)
    }

    static func prevRandao(seed: Hash32, number: UInt64) -> Hash32 { keccak256(seed.bytes + U256(number).bytes) }

    /// Makes one block of what the pool holds, stores it and shows it.
    ///
    /// - Returns: nil where nothing could be mined and an empty block was not wanted.
    @discardableResult
    func mine(_ spec: BlockSpec, emptyAllowed: Bool) throws(ChainError) -> BuiltBlock? {
        let built = try buildFromPool(spec)
        if built.transactions.isEmpty && !emptyAllowed {
            drop(built.refused)
            return nil
        }
        try append(built, spec)
        drop(built.refused)
        return built
    }

    /// Executes what the pool holds; the pool's copy is gone when this returns.
    private func buildFromPool(_ spec: BlockSpec) throws(ChainError) -> BuiltBlock {
        let start = ContinuousClock.now
        defer { shared.measure { $0.building += ContinuousClock.now - start } }
        let now = shared.now
        var candidates = PoolCandidates(shared.pool, baseFee: spec.baseFee, minimumTip: now.settings.minimumTip)
        return try build(on: now.head, spec, &candidates)
    }

    /// Makes one block of exactly these transactions, or none.
    func mine(_ transactions: [PooledTransaction], _ spec: BlockSpec) throws(ChainError) {
        var candidates = ListedCandidates(transactions)
        let built = try build(on: shared.head, spec, &candidates)
        if let refused = built.refused.first {
            throw ChainError(.rejected, "transaction \(refused.transaction.hash): \(refused.reason)")
        }
        try append(built, spec)
    }

    func build(on head: ChainHead, _ spec: BlockSpec, _ candidates: inout some Candidates)
        throws(ChainError) -> BuiltBlock
    {
        do throws(BlockFailure) {
            return try builder.build(on: head, spec, &candidates)
        } catch {
            throw ChainError(error)
        }
    }

    /// Stores a block and makes it the newest; those who listen hear of it when it is on the disk.
    func append(_ built: BuiltBlock, _ spec: BlockSpec) throws(ChainError) {
        var time = shared.now.settings.time
        let before = time
        time.used(spec.timestamp, now: clock.now())
        let start = ContinuousClock.now
        var written = start
        let stale = shared.update { $0.pool.journal.stale }
        do throws(StorageError) {
            try store.write { (writes) throws(StorageError) in
                try writes.append(built.rows)
                try writes.remove(pooled: stale)
                if time.offset != before.offset {
                    try writes.set(meta: MetaKey.offset, to: U256(bits: time.offset).bytes)
                }
                written = ContinuousClock.now
            }
        } catch {
            throw ChainError(error)
        }
        let end = ContinuousClock.now
        let committing = end - written
        store.nodes.insert(built.rows.nodes)
        shared.measure { metrics in
            metrics.storing += end - start
            metrics.committing += committing
            metrics.hashing += built.hashing
            metrics.blocks += 1
            metrics.transactions += UInt64(built.transactions.count)
            metrics.gasUsed += built.header.gasUsed
            metrics.nodes += UInt64(built.rows.nodes.count)
        }
        shared.update { state in
            state.now.head = built.head
            state.now.settings.time = time
            state.now.settings.nextBaseFee = nil
            state.now.settings.nextPrevRandao = nil
            state.pool.saved(all: false)
            for transaction in built.transactions { state.pool.remove(transaction.hash) }
            for (address, nonce) in built.nonces { state.pool.advance(address, to: nonce) }
        }
        for transaction in built.transactions { answer(transaction.hash, .success(transaction.hash)) }
        store.afterSync { [events] in
            events.emit(.head(built.head.block))
            let logs = built.logs
            if !logs.isEmpty { events.emit(.logs(logs, removed: false)) }
        }
    }

    /// Changes the rules of time; how far the clock is ahead outlives a restart.
    func changeTime(_ body: (inout BlockTime) -> Void) throws(ChainError) {
        var time = shared.now.settings.time
        body(&time)
        let offset = time.offset
        do throws(StorageError) {
            try store.write { (writes) throws(StorageError) in
                try writes.set(meta: MetaKey.offset, to: U256(bits: offset).bytes)
            }
        } catch {
            throw ChainError(error)
        }
        let changed = time
        shared.update { $0.now.settings.time = changed }
    }

    /// Forgets transactions that cannot be mined, and says why to those who wait.
    private func drop(_ refused: [(transaction: PooledTransaction, reason: TransactionRejection)]) {
        for (transaction, reason) in refused {
            shared.update { state in _ = state.pool.remove(transaction.hash) }
            answer(transaction.hash, .failure(ChainError(.rejected, reason.description)))
        }
    }
}
