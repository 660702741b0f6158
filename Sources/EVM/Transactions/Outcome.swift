package import Bytes
package import Ethereum

/// What executing a transaction or message came to.
package struct Outcome: Sendable {
    package enum Status: Hashable, Sendable {
        case success
        /// By `REVERT`; the output says why.
        case reverted
        case halted(HaltReason)
    }

    package var status: Status
    /// After the refund, and with the floor of calldata (EIP-7623) applied.
    package var gasUsed: UInt64
    package var gasRefunded: UInt64
    /// The most gas that was in use at once: what an estimate must offer, refunds aside.
    package var gasPeak: UInt64
    /// What `RETURN` or `REVERT` gave; the deployed code where a contract was created.
    package var output: [UInt8]
    let encodedLogs: EncodedLogs
    /// The contract that the transaction created.
    package var createdAddress: Address?
    /// Wei per gas that was paid.
    package var effectiveGasPrice: U256
    package var blobGasUsed: UInt64

    /// The logs, none where the transaction failed; made anew at each access.
    package var logs: [Log] { encodedLogs.logs }
    package var succeeded: Bool { status == .success }
}
