/// What is committed of a transaction's outcome in the receipts root.
package struct Receipt: Hashable, Sendable {
    package var kind: Transaction.Kind
    /// False where the transaction reverted or ran out of gas.
    package var succeeded: Bool
    /// Gas used in the block up to and including this transaction.
    package var cumulativeGasUsed: UInt64
    package var logs: [Log]

    package init(kind: Transaction.Kind, succeeded: Bool, cumulativeGasUsed: UInt64, logs: [Log]) {
        (self.kind, self.succeeded) = (kind, succeeded)
        (self.cumulativeGasUsed, self.logs) = (cumulativeGasUsed, logs)
    }
}
