package import Bytes
import Ethereum

/// Why a transaction cannot stand in a block at all; the state is as it was.
///
/// The descriptions are geth's, so that clients which look for its words find them.
package enum TransactionRejection: Error, Hashable, Sendable, CustomStringConvertible {
    case kindNotSupported(fork: Fork)
    case wrongChain(have: UInt64, want: UInt64)
    case nonceTooLow(address: Address, transaction: UInt64, state: UInt64)
    case nonceTooHigh(address: Address, transaction: UInt64, state: UInt64)
    case nonceMax(address: Address)
    /// Its sender has code that is not a delegation (EIP-3607).
    case senderNotExternallyOwned(address: Address)
    case insufficientFunds(address: Address, have: U256, want: U256)
    case intrinsicGas(have: UInt64, want: UInt64)
    /// EIP-7623.
    case floorDataGas(have: UInt64, want: UInt64)
    case initCodeTooLarge(size: Int, limit: Int)
    case tipAboveFeeCap(address: Address, tip: U256, feeCap: U256)
    case feeCapTooLow(address: Address, feeCap: U256, baseFee: U256)
    case gasPriceTooLow(address: Address, gasPrice: U256, baseFee: U256)
    case blockGasExceeded(have: UInt64, want: UInt64)
    /// EIP-7825.
    case gasLimitTooHigh(cap: UInt64, transaction: UInt64)
    case feeOverflow(address: Address)
    case blobFeeCapTooLow(address: Address, feeCap: U256, blobBaseFee: U256)
    case blobsMissing
    case blobsCreate
    case blobHashVersion(index: Int)
    case tooManyBlobs(have: Int, limit: Int)
    case blockBlobGasExceeded(have: UInt64, want: UInt64)
    case authorizationsEmpty(address: Address)
    case authorizationsCreate(address: Address)
    case signature(String)

    package var description: String {
        switch self {
        case .kindNotSupported: "transaction type not supported"
        case .wrongChain(let have, let want): "invalid chain id for signer: have \(have) want \(want)"
        case .nonceTooLow(let address, let transaction, let state):
            "nonce too low: address \(address.checksummed), tx: \(transaction) state: \(state)"
        case .nonceTooHigh(let address, let transaction, let state):
            "nonce too high: address \(address.checksummed), tx: \(transaction) state: \(state)"
        case .nonceMax(let address): "nonce has max value: address \(address.checksummed), nonce: \(UInt64.max)"
        case .senderNotExternallyOwned(let address):
            "sender not an eoa: address \(address.checksummed), len(code): other than a delegation"
        case .insufficientFunds(let address, let have, let want):
            "insufficient funds for gas * price + value: address \(address.checksummed) have \(have) want \(want)"
        case .intrinsicGas(let have, let want): "intrinsic gas too low: have \(have), want \(want)"
        case .floorDataGas(let have, let want): "insufficient gas for floor data gas cost: have \(have), want \(want)"
        case .initCodeTooLarge(let size, let limit): "max initcode size exceeded: code size \(size) limit \(limit)"
        case .tipAboveFeeCap(let address, let tip, let cap):
            "max priority fee per gas higher than max fee per gas: address \(address.checksummed), "
                + "maxPriorityFeePerGas: \(tip), maxFeePerGas: \(cap)"
        case .feeCapTooLow(let address, let cap, let base):
            "max fee per gas less than block base fee: address \(address.checksummed), "
                + "maxFeePerGas: \(cap), baseFee: \(base)"
        case .gasPriceTooLow(let address, let price, let base):
            "max fee per gas less than block base fee: address \(address.checksummed), "
                + "maxFeePerGas: \(price), baseFee: \(base)"
        case .blockGasExceeded(let have, let want): "gas limit reached: have \(have), want \(want)"
        case .gasLimitTooHigh(let cap, let transaction):
            "transaction gas limit too high (cap: \(cap), tx: \(transaction))"
        case .feeOverflow(let address):
            "insufficient funds for gas * price + value: address \(address.checksummed) required balance exceeds 256 bits"
        case .blobFeeCapTooLow(let address, let cap, let base):
            "max fee per blob gas less than block blob gas fee: address \(address.checksummed) "
                + "blobGasFeeCap: \(cap), blobBaseFee: \(base)"
        case .blobsMissing: "blob transaction missing blob hashes"
        case .blobsCreate: "blob transaction of type create"
        case .blobHashVersion(let index): "blob \(index) has invalid hash version"
        case .tooManyBlobs(let have, let limit): "blob transaction has too many blobs: have \(have), permitted \(limit)"
        case .blockBlobGasExceeded(let have, let want): "blob gas limit reached: have \(have), want \(want)"
        case .authorizationsEmpty(let address):
            "EIP-7702 transaction with empty auth list (sender \(address.checksummed))"
        case .authorizationsCreate(let address):
            "EIP-7702 transaction cannot be used to create contract (sender \(address.checksummed))"
        case .signature(let text): text
        }
    }
}
