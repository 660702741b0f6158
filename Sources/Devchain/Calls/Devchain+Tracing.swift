package import Bytes
import Ethereum
package import EVM
package import Ledger
import Storage

extension Devchain {
    /// Executes a mined transaction again, after those before it in its block, with a tracer.
    ///
    /// - Parameters:
    ///   - before: given the state just before the transaction.
    ///   - after: given the state just after it, and what it came to.
    package func replay(
        transaction hash: Hash32, tracer: any Tracer, before: (WorldState) -> Void = { _ in },
        after: (WorldState, EVM.Outcome) -> Void
    ) throws(ChainError) {
        guard let (entry, row) = try place(of: hash) else { throw ChainError(.notFound, "transaction not found") }
        let wanted = Int(entry.id - row.firstTransaction)
        try replay(
            row, upTo: wanted, tracer: { $0 == wanted ? tracer : nil },
            before: { index, world in if index == wanted { before(world) } },
            after: { index, world, outcome in if index == wanted { after(world, outcome) } })
    }

    /// Executes a block again with a tracer for each of its transactions, where one is given.
    package func replay(
        block tag: BlockTag, tracer: (Int) -> (any Tracer)?, before: (Int, WorldState) -> Void = { _, _ in },
        after: (Int, WorldState, EVM.Outcome) -> Void
    ) throws(ChainError) {
        let block = try known(tag)
        guard let row = try row(of: block) else {
            throw ChainError(.invalidRequest, "the pending block cannot be traced")
        }
        if row.number == 0 { throw ChainError(.invalidRequest, "genesis is not traceable") }
        try replay(row, upTo: row.transactionCount - 1, tracer: tracer, before: before, after: after)
    }

    /// Executes a message as `call` does, with a tracer.
    package func trace(
        _ message: CallMessage, at block: BlockTag, overrides: CallOverrides = CallOverrides(), tracer: any Tracer,
        before: (WorldState) -> Void = { _ in }, after: (WorldState, EVM.Outcome) -> Void
    ) throws(ChainError) {
        try withCall(at: block, overrides) { (call) throws(ChainError) in
            before(call.world)
            var options = ExecutionOptions.call
            options.commits = true
            let transaction = call.transaction(message, gas: nil)
            do throws(TransactionRejection) {
                let outcome = try call.machine.execute(
                    transaction, sender: message.from ?? .zero, options: options, tracer: tracer)
                after(call.world, outcome)
            } catch {
                throw ChainError(.rejected, "tracing failed: \(error)")
            }
            if let failure = call.view.failure { throw ChainError(failure) }
        }
    }

    private func replay(
        _ row: BlockRow, upTo last: Int, tracer: (Int) -> (any Tracer)?, before: (Int, WorldState) -> Void,
        after: (Int, WorldState, EVM.Outcome) -> Void
    ) throws(ChainError) {
        let entries = try stored { (reads) throws(StorageError) in try reads.transactions(of: row) }
        let view = StateView(store: store, root: try stateBefore(row))
        let header: Header
        do { header = try store.header(of: row) } catch { throw ChainError(error) }
        try calls.with { (bench) throws(ChainError) in
            bench.world.reset(reader: view)
            bench.machine.block = BlockContext(
                header: header, fork: configuration.fork, chainID: shared.now.chainID)
            var executor = BlockExecutor(machine: bench.machine)
            executor.begin(parentHash: header.parentHash, parentBeaconRoot: header.parentBeaconBlockRoot)
            for (index, entry) in entries.enumerated() where index <= last {
                let transaction = try mined(entry, in: row).signed.transaction
                before(index, bench.world)
                do throws(TransactionRejection) {
                    let (outcome, _) = try executor.apply(transaction, sender: entry.sender, tracer: tracer(index))
                    after(index, bench.world, outcome)
                } catch {
                    throw ChainError(.storage, "block \(row.number), transaction \(index) cannot be repeated: \(error)")
                }
                if let failure = view.failure { throw ChainError(failure) }
            }
        }
    }

    /// The state on which a block was executed: its parent's, or what interventions made of that.
    private func stateBefore(_ row: BlockRow) throws(ChainError) -> TrieReference {
        try stored { (reads) throws(StorageError) in
            if let first = try reads.firstIntervention(from: row.number - 1) {
                var last: InterventionRow?
                var next = first
                scan: while true {
                    let rows = try reads.interventions(from: next)
                    for intervention in rows {
                        if intervention.block != row.number - 1 { break scan }
                        (last, next) = (intervention, intervention.id + 1)
                    }
                    if rows.isEmpty { break }
                }
                if let last { return TrieReference(row: last.stateRow, hash: last.stateRoot, embedded: nil) }
            }
            guard let parent = try reads.block(row.number - 1) else { return .none }
            return TrieReference(row: parent.stateRow, hash: try store.header(of: parent).stateRoot, embedded: nil)
        }
    }
}
