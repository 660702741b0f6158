package import Ledger

/// Executes message calls on proved state; the module that knows the virtual machine provides it.
package protocol CallExecutor: Sendable {
    /// The result of a call on the state after this block.
    ///
    /// - Parameters:
    ///   - header: a verified header of `chain`.
    ///   - chain: where accounts, slots, code and ancestors come from, each proved or hashed.
    /// - Throws: `ChainError`; of kind `.reverted` with the revert data where the call reverts.
    func call(
        _ message: CallMessage, after header: BlockHeader, of chain: TrustedChain
    ) async throws(ChainError) -> [UInt8]
}
