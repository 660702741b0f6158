package import Bytes
package import Ledger

/// A transaction to a contract, before anybody signs it.
package struct ContractCall: Hashable, Sendable {
    /// Nil creates a contract.
    package var to: Address?
    /// Wei.
    package var value: U256
    package var data: [UInt8]

    package init(to: Address?, value: U256 = .zero, data: [UInt8]) {
        (self.to, self.value, self.data) = (to, value, data)
    }
}

extension TransactionSender {
    /// Signs the call, hands it in and waits for its receipt.
    ///
    /// - Throws: `ChainError`; of kind `.reverted` with the contract's reason where it was refused.
    package func send(_ call: ContractCall) async throws(ChainError) -> MinedReceipt {
        try await send(to: call.to, value: call.value, data: call.data)
    }
}
