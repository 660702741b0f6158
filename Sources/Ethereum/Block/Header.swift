package import Bytes

/// A block header, Frontier to Osaka; the optional fields came with the forks named beside them.
package struct Header: Hashable, Sendable {
    package var parentHash: Hash32 = .zero
    package var ommersHash: Hash32 = .zero
    /// The fee recipient.
    package var beneficiary: Address = .zero
    package var stateRoot: Hash32 = .zero
    package var transactionsRoot: Hash32 = .zero
    package var receiptsRoot: Hash32 = .zero
    package var logsBloom: Bloom = Bloom()
    /// Zero since the merge.
    package var difficulty: U256 = .zero
    package var number: UInt64 = 0
    package var gasLimit: UInt64 = 0
    package var gasUsed: UInt64 = 0
    /// Seconds since 1970.
    package var timestamp: UInt64 = 0
    package var extraData: [UInt8] = []
    /// `prevrandao` since the merge.
    package var mixHash: Hash32 = .zero
    /// Eight bytes; zero since the merge.
    package var nonce: UInt64 = 0
    /// London (EIP-1559).
    package var baseFeePerGas: U256?
    /// Shanghai (EIP-4895).
    package var withdrawalsRoot: Hash32?
    /// Cancun (EIP-4844).
    package var blobGasUsed: UInt64?
    /// Cancun (EIP-4844).
    package var excessBlobGas: UInt64?
    /// Cancun (EIP-4788).
    package var parentBeaconBlockRoot: Hash32?
    /// Prague (EIP-7685).
    package var requestsHash: Hash32?

    package init() {}
}

/// A validator's withdrawal, credited at the end of a block (EIP-4895).
package struct Withdrawal: Hashable, Sendable {
    package var index: UInt64
    package var validatorIndex: UInt64
    package var address: Address
    /// Gwei.
    package var amount: UInt64

    package init(index: UInt64, validatorIndex: UInt64, address: Address, amount: UInt64) {
        (self.index, self.validatorIndex) = (index, validatorIndex)
        (self.address, self.amount) = (address, amount)
    }
}

/// A header with its transactions and, since Shanghai, withdrawals.
package struct Block: Hashable, Sendable {
    package var header: Header
    package var transactions: [SignedTransaction]
    package var withdrawals: [Withdrawal]?

    package init(header: Header, transactions: [SignedTransaction], withdrawals: [Withdrawal]?) {
        (self.header, self.transactions, self.withdrawals) = (header, transactions, withdrawals)
    }
}
