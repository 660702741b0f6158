package import Bytes
package import Ethereum

extension BlockExecutor {
    /// Executes a whole block on the state its parent left and checks everything but the state root.
    ///
    /// - Parameters:
    ///   - machine: its `block` is set here; its state must lie on the parent's.
    ///   - stateRoot: the root of the machine's state as it is at the moment; asked before Byzantium only.
    /// - Throws: the first rule that the block breaks; the state is then as before.
    package static func replay(
        _ block: Block, parent: Header, parentHash: Hash32, machine: Machine, fork: Fork, chainID: UInt64,
        blobSchedule: BlobSchedule, stateRoot: () throws(BlockError) -> Hash32
    ) throws(BlockError) -> BlockResult {
        let checkpoint = machine.state.checkpoint()
        do throws(BlockError) {
            let header = block.header
            if fork >= .osaka {
                let size = block.encoded.count
                if size > Limits.blockSize { throw .tooLarge(size: size, limit: Limits.blockSize) }
            }
            try HeaderRules.expect("parentHash", header.parentHash, parentHash)
            try HeaderRules.validate(header, parent: parent, fork: fork, blobSchedule: blobSchedule)
            try HeaderRules.expect(
                "transactionsRoot", header.transactionsRoot, Block.transactionsRoot(block.transactions))
            if let root = header.withdrawalsRoot {
                guard let withdrawals = block.withdrawals else { throw .malformed("it has no list of withdrawals") }
                try HeaderRules.expect("withdrawalsRoot", root, Block.withdrawalsRoot(withdrawals))
            } else if block.withdrawals != nil {
                throw .malformed("it has withdrawals before Shanghai")
            }
            machine.block = BlockContext(header: header, fork: fork, chainID: chainID, blobSchedule: blobSchedule)
            let result = try execute(block, machine, fork, stateRoot)
            try HeaderRules.validate(header, result: result)
            return result
        } catch {
            machine.state.rollback(to: checkpoint)
            throw error
        }
    }

    private static func execute(
        _ block: Block, _ machine: Machine, _ fork: Fork, _ stateRoot: () throws(BlockError) -> Hash32
    ) throws(BlockError) -> BlockResult {
        var executor = BlockExecutor(machine: machine)
        executor.begin(parentHash: block.header.parentHash, parentBeaconRoot: block.header.parentBeaconBlockRoot)
        for (index, signed) in block.transactions.enumerated() {
            let sender: Address
            do { sender = try signed.sender(allowHighS: fork < .homestead) } catch {
                throw .signature(index: index, "\(error)")
            }
            do { _ = try executor.apply(signed.transaction, sender: sender) } catch {
                throw .transaction(index: index, error)
            }
            if fork < .byzantium { executor.seal(stateRoot: try stateRoot()) }
        }
        return try executor.finish(withdrawals: block.withdrawals ?? [])
    }
}
