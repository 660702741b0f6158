package import Bytes

/// An unsigned transaction of any of the five types.
///
/// One flat value with the fields of all types; `kind` says which of them count. Fields of other kinds keep
/// their defaults.
package struct Transaction: Hashable, Sendable {
    /// The EIP-2718 type.
    package enum Kind: UInt8, Sendable {
        /// Before EIP-2718; with a chain id (EIP-155) or without one.
        case legacy = 0
        /// EIP-2930.
        case accessList = 1
        /// EIP-1559.
        case dynamicFee = 2
        /// EIP-4844.
        case blob = 3
        /// EIP-7702.
        case setCode = 4
    }

    package var kind: Kind
    /// Nil only for a legacy transaction without replay protection.
    package var chainID: UInt64?
    package var nonce: UInt64
    /// Wei per gas; the only price of kinds 0 and 1.
    package var gasPrice: U256 = .zero
    /// Wei per gas; kinds 2 and up.
    package var maxPriorityFeePerGas: U256 = .zero
    /// Wei per gas; kinds 2 and up.
    package var maxFeePerGas: U256 = .zero
    package var gasLimit: UInt64
    /// Nil creates a contract.
    package var to: Address?
    /// Wei.
    package var value: U256 = .zero
    /// Calldata, or init code where `to` is nil.
    package var data: [UInt8] = []
    package var accessList: [AccessListEntry] = []
    package var maxFeePerBlobGas: U256 = .zero
    package var blobVersionedHashes: [Hash32] = []
    package var authorizations: [Authorization] = []

    package init(kind: Kind, chainID: UInt64?, nonce: UInt64, gasLimit: UInt64, to: Address?) {
        (self.kind, self.chainID, self.nonce) = (kind, chainID, nonce)
        (self.gasLimit, self.to) = (gasLimit, to)
    }
}

/// One address of an access list with its storage keys (EIP-2930).
package struct AccessListEntry: Hashable, Sendable {
    package var address: Address
    package var storageKeys: [Hash32]

    package init(address: Address, storageKeys: [Hash32]) { (self.address, self.storageKeys) = (address, storageKeys) }
}

/// A signed permission to set an account's code to a delegation (EIP-7702).
package struct Authorization: Hashable, Sendable {
    package var chainID: U256
    package var address: Address
    package var nonce: UInt64
    package var yParity: U256
    package var r, s: U256

    package init(chainID: U256, address: Address, nonce: UInt64, yParity: U256, r: U256, s: U256) {
        (self.chainID, self.address, self.nonce) = (chainID, address, nonce)
        (self.yParity, self.r, self.s) = (yParity, r, s)
    }
}

/// A transaction with its signature, as it travels.
package struct SignedTransaction: Hashable, Sendable {
    package var transaction: Transaction
    /// The parity of the curve point's y: 0 or 1. A legacy `v` is derived from it.
    package var yParity: UInt8
    package var r, s: U256

    package init(transaction: Transaction, yParity: UInt8, r: U256, s: U256) {
        (self.transaction, self.yParity) = (transaction, yParity)
        (self.r, self.s) = (r, s)
    }
}
