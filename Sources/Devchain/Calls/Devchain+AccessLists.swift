import Bytes
package import Ethereum
import EVM
package import Ledger

/// What a message touches, and what it costs with that declared (`eth_createAccessList`).
package struct AccessListOutcome: Hashable, Sendable {
    package var entries: [AccessListEntry]
    package var gasUsed: UInt64
    /// Why the message fails, where it does.
    package var error: String?
}

extension Devchain {
    /// Runs the message until the list of what it touches no longer grows.
    ///
    /// - Throws: `.timedOut`, in geth's words, where it grows for longer than five seconds.
    package func createAccessList(
        _ message: CallMessage, at block: BlockTag, overrides: CallOverrides = CallOverrides()
    ) throws(ChainError) -> AccessListOutcome {
        let deadline = ContinuousClock.now + .seconds(5)
        return try withCall(at: block, overrides) { (call) throws(ChainError) in
            let from = message.from ?? .zero
            let to = message.to ?? Address.created(by: from, nonce: call.world.nonce(of: from))
            var implied: Set<Address> = [from, to, call.machine.block.coinbase]
            for precompile in Precompile.all(in: configuration.fork) { implied.insert(precompile.address) }
            var current = message
            while true {
                let touched = TouchTracer(current.accessList)
                let outcome = try call.run(current, gas: nil, tracer: touched)
                let entries = touched.entries(without: implied)
                if entries == current.accessList {
                    return AccessListOutcome(
                        entries: entries, gasUsed: outcome.gasUsed,
                        error: outcome.succeeded ? nil : Self.failure(outcome).message)
                }
                guard ContinuousClock.now < deadline else {
                    throw ChainError(.timedOut, "execution aborted (timeout = 5s)")
                }
                current.accessList = entries
            }
        }
    }
}

/// Notes every account and slot that instructions name.
private final class TouchTracer: Tracer {
    private var slots: [Address: Set<Hash32>] = [:]

    init(_ known: [AccessListEntry]) {
        for entry in known { slots[entry.address, default: []].formUnion(entry.storageKeys) }
    }

    func step(_ step: TraceStep) {
        let stack = step.stack
        func word(_ depth: Int) -> U256? { stack.count > depth ? stack[stack.count - 1 - depth] : nil }
        switch step.opcode {
        case .sload, .sstore:
            if let slot = word(0) { slots[step.address, default: []].insert(slot.hash) }
        case .extCodeCopy, .extCodeHash, .extCodeSize, .balance, .selfDestruct:
            if let target = word(0) { slots[Address(truncating: target), default: []].formUnion([]) }
        case .call, .callCode, .delegateCall, .staticCall:
            if let target = word(1) { slots[Address(truncating: target), default: []].formUnion([]) }
        default: break
        }
    }

    func stepEnd(cost: Int64, error: HaltReason?) {}
    func enter(_ call: TraceCall) {}
    func exit(_ result: TraceResult) {}
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {}

    /// The list in order of address, without accounts that are warm anyway and have no slots.
    func entries(without implied: Set<Address>) -> [AccessListEntry] {
        slots.sorted { $0.key < $1.key }.compactMap { address, keys in
            if keys.isEmpty && implied.contains(address) { return nil }
            return AccessListEntry(address: address, storageKeys: keys.sorted())
        }
    }
}
