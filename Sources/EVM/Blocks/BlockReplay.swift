package import Bytes
package import Ethereum

extension BlockExecutor {
    /// Executes a whole block on the state its parent left and checks everything but the state root.
    ///
    /// - Parameter machine: its `block` is set here; its state must lie on the parent's.
    /// - Throws: the first rule that the block breaks; the state is then as before.
    package static func replay(
        _ block: Block, parent: Header, parentHash: Hash32, machine: Machine, fork: Fork, chainID: UInt64,
        blobSchedule: BlobSchedule
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
            let result = try execute(block, machine, fork)
            try HeaderRules.validate(header, result: result)
            return result
        } catch {
            machine.state.rollback(to: checkpoint)
            throw error
        }
    }

    private static func execute(
        _ block: Block, _ machine: Machine, _ fork: Fork
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
        }
        return try executor.finish(withdrawals: block.withdrawals ?? [])
    }
}
