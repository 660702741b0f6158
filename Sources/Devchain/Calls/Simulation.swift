import Bytes
package import EVM
import Ethereum
package import Ledger

/// A block to be simulated (`eth_simulateV1`).
package struct SimulationBlock: Sendable {
    package var overrides = CallOverrides()
    package var calls: [SimulationCall] = []

    package init() {}
}

/// A message of a simulated block.
package struct SimulationCall: Sendable {
    package var message: CallMessage
    /// Nil takes the account's next.
    package var nonce: UInt64?

    package init(_ message: CallMessage, nonce: UInt64? = nil) { (self.message, self.nonce) = (message, nonce) }
}

/// A block that was simulated, with what each of its messages came to.
package struct SimulatedBlock: Sendable {
    package var block: MinedBlock
    package var calls: [SimulatedCall]
}

package struct SimulatedCall: Sendable {
    package var status: EVM.Outcome.Status
    package var output: [UInt8]
    package var gasUsed: UInt64
    package var logs: [MinedLog]
}

extension Devchain {
    /// Executes blocks on top of one and keeps nothing of them.
    ///
    /// - Parameters:
    ///   - validation: hold messages to the rules of transactions: nonces, fees, balances.
    ///   - traceTransfers: report movements of ether as logs, too (ERC-7528).
    /// - Throws: `ChainError` with geth's codes (-38010 and on) where a message or block may not stand.
    package func simulate(
        _ blocks: [SimulationBlock], at tag: BlockTag, validation: Bool = false, traceTransfers: Bool = false
    ) throws(ChainError) -> [SimulatedBlock] {
        let base = try known(tag)
        let view = base.view(store)
        return try calls.with { (bench) throws(ChainError) in
            bench.world.reset(reader: view)
            var simulator = Simulator(
                bench: bench, view: view, fork: configuration.fork, chainID: shared.now.chainID,
                gasCap: configuration.callGasLimit, validation: validation, tracesTransfers: traceTransfers,
                parent: BlockHeader(hash: base.hash, header: base.header))
            var simulated: [SimulatedBlock] = []
            for block in try Simulator.complete(blocks, after: base.header) {
                bench.machine.movedPrecompiles = try block.overrides.movedPrecompiles(in: configuration.fork)
                apply(block.overrides, to: bench.world)
                simulated.append(try simulator.run(block))
                if let failure = view.failure { throw ChainError(failure) }
            }
            return simulated
        }
    }
}
