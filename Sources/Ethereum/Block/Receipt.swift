package import Bytes

/// What is committed of a transaction's outcome in the receipts root.
package struct Receipt: Hashable, Sendable {
    package var kind: Transaction.Kind
    /// False where the transaction reverted or ran out of gas.
    package var succeeded: Bool
    /// Gas used in the block up to and including this transaction.
    package var cumulativeGasUsed: UInt64
    package var logs: [Log]
    /// The root of the state after the transaction, which receipts before Byzantium hold in place of the outcome
    /// (EIP-658); nil since.
    package var stateRoot: Hash32?

    package init(kind: Transaction.Kind, succeeded: Bool, cumulativeGasUsed: UInt64, logs: [Log]) {
        (self.kind, self.succeeded) = (kind, succeeded)
        (self.cumulativeGasUsed, self.logs) = (cumulativeGasUsed, logs)
    }
}
