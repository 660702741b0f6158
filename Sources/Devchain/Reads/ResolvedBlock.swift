import Bytes
import Ethereum
import EVM
import Ledger
import Storage
import Synchronization

/// A block that a tag names, with the state that questions about it are answered from.
struct ResolvedBlock: Sendable {
    var hash: Hash32
    var header: Header
    var state: TrieReference
    /// The block's row; nil for the pending block.
    var row: BlockRow?
    /// The pending block; nil for stored ones.
    var pending: PendingBlock?

    func view(_ store: ChainStore) -> StateView {
        guard let pending else { return StateView(store: store, root: state) }
        let nodes = UnstoredNodes(store: store, firstRow: pending.firstRow, nodes: pending.built.rows.nodes)
        return StateView(store: store, root: state, source: nodes, freshCodes: pending.built.rows.codes)
    }
}

/// What the next block would be if it were made now.
final class PendingBlock: Sendable {
    let parent: Hash32
    let parentState: TrieReference
    let poolVersion: UInt64
    let spec: BlockSpec
    let firstRow: UInt64
    let built: BuiltBlock

    init(parent: ChainHead, poolVersion: UInt64, spec: BlockSpec, built: BuiltBlock) {
        self.parent = parent.block.hash
        (parentState, firstRow) = (parent.state, parent.nextNode)
        (self.poolVersion, self.spec, self.built) = (poolVersion, spec, built)
    }
}

extension Devchain {
    /// The block that `tag` names, or nil.
    func resolve(_ tag: BlockTag) throws(ChainError) -> ResolvedBlock? {
        let head = try settledHead()
        switch tag {
        case .latest, .safe, .finalized: return try resolve(head)
        case .earliest: return try resolve(number: 0, head)
        case .number(let number): return try resolve(number: number, head)
        case .hash(let hash):
            if hash == head.block.hash { return try resolve(head) }
            return try resolve(stored { (reads) throws(StorageError) in try reads.block(hash) })
        case .pending:
            let pending = try pendingBlock()
            return ResolvedBlock(
                hash: pending.built.hash, header: pending.built.header, state: pending.built.head.state, row: nil,
                pending: pending)
        }
    }

    /// The block, or the error that geth gives where there is none.
    func known(_ tag: BlockTag) throws(ChainError) -> ResolvedBlock {
        if let block = try resolve(tag) { return block }
        if case .hash = tag { throw ChainError(.notFound, "header for hash not found") }
        throw ChainError(.notFound, "header not found")
    }

    private func resolve(_ head: ChainHead) throws(ChainError) -> ResolvedBlock {
        ResolvedBlock(hash: head.block.hash, header: head.block.header, state: head.state, row: nil, pending: nil)
    }

    private func resolve(number: UInt64, _ head: ChainHead) throws(ChainError) -> ResolvedBlock? {
        if number == head.number { return try resolve(head) }
        if number > head.number { return nil }
        return try resolve(stored { (reads) throws(StorageError) in try reads.block(number) })
    }

    private func resolve(_ row: BlockRow?) throws(ChainError) -> ResolvedBlock? {
        guard let row else { return nil }
        let header: Header
        do { header = try store.header(of: row) } catch { throw ChainError(error) }
        let state =
            row.stateRow == 0
            ? TrieReference.none : TrieReference(row: row.stateRow, hash: header.stateRoot, embedded: nil)
        return ResolvedBlock(hash: row.hash, header: header, state: state, row: row, pending: nil)
    }

    /// The row of a resolved block; nil for the pending one.
    func row(of block: ResolvedBlock) throws(ChainError) -> BlockRow? {
        if let row = block.row { return row }
        if block.pending != nil { return nil }
        return try stored { (reads) throws(StorageError) in try reads.block(block.header.number) }
    }

    /// What the tables hold, once it is on the device.
    func stored<Result>(_ body: (StoreReads) throws(StorageError) -> Result) throws(ChainError) -> Result {
        awaitRounds()
        do throws(StorageError) {
            let result = try store.read(body)
            try store.settle()
            return result
        } catch { throw ChainError(error) }
    }

    /// The newest block, once it is on the device.
    func settledHead() throws(ChainError) -> ChainHead { try settledNow().head }

    /// The newest block with the settings, once it is on the device.
    func settledNow() throws(ChainError) -> ChainShared.Now {
        awaitRounds()
        let now = shared.now
        do { try store.settle() } catch { throw ChainError(error) }
        return now
    }

    /// What the next block would be; made anew when the head, the pool, the settings or the time have changed.
    func pendingBlock() throws(ChainError) -> PendingBlock {
        let now = try settledNow()
        let version = shared.update { $0.pool.version }
        let spec = now.nextSpec(seed: configuration.seed, time: clock.now())
        if let known = pendingCache.withLock({ $0 }), known.parent == now.head.block.hash,
            known.parentState == now.head.state, known.poolVersion == version, known.spec == spec
        {
            return known
        }
        let builder =
            pendingBuilder.withLock { $0.popLast() }
            ?? Confined(BlockBuilder(store: store, codes: codes, fork: configuration.fork, chainID: now.chainID))
        defer { pendingBuilder.withLock { if $0.isEmpty { $0.append(builder) } } }
        builder.value.chainID = now.chainID
        var candidates = PoolCandidates(
            shared.pool, baseFee: spec.baseFee, minimumTip: now.settings.minimumTip)
        do throws(BlockFailure) {
            let built = try builder.value.build(on: now.head, spec, &candidates)
            let pending = PendingBlock(parent: now.head, poolVersion: version, spec: spec, built: built)
            pendingCache.withLock { $0 = pending }
            return pending
        } catch {
            throw ChainError(error)
        }
    }
}
