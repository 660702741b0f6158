package import Bytes
package import Ethereum

/// A transaction that waits to be mined.
package struct PooledTransaction: Hashable, Sendable {
    package var hash: Hash32
    package var sender: Address
    package var signed: SignedTransaction
    /// The wire form.
    package var raw: [UInt8]
    /// Rises with every arrival; the earlier of two equal offers goes first.
    var arrival: UInt64 = 0

    init(hash: Hash32, sender: Address, signed: SignedTransaction, raw: [UInt8]) {
        (self.hash, self.sender, self.signed, self.raw) = (hash, sender, signed, raw)
    }

    /// Bytes that the transaction takes in a block: its wire form, which RLP wraps where it is no list itself.
    var itemSize: Int { signed.transaction.kind == .legacy ? raw.count : raw.count + RLPEncoder.headerSize(raw.count) }

    var nonce: UInt64 { signed.transaction.nonce }

    /// The most that the transaction pays per gas.
    var feeCap: U256 { signed.transaction.feeCap }

    /// What the fee recipient gets per gas at this base fee; nil where the offer does not reach it.
    func tip(baseFee: U256) -> U256? {
        let transaction = signed.transaction
        guard transaction.feeCap >= baseFee else { return nil }
        return min(transaction.tipCap, transaction.feeCap - baseFee)
    }
}

extension Transaction {
    /// The most that the transaction pays per gas.
    var feeCap: U256 { kind.rawValue >= Kind.dynamicFee.rawValue ? maxFeePerGas : gasPrice }

    /// The most that goes to the fee recipient per gas.
    var tipCap: U256 { kind.rawValue >= Kind.dynamicFee.rawValue ? maxPriorityFeePerGas : gasPrice }

    /// The most wei that the transaction can take from its sender, or nil where that exceeds 256 bits.
    var worstCost: U256? {
        let (gas, gasOverflow) = feeCap.multipliedReportingOverflow(by: U256(gasLimit))
        let (sum, sumOverflow) = gas.addingReportingOverflow(value)
        let blobGas = U256(131_072 * UInt64(blobVersionedHashes.count))
        let (blobs, blobOverflow) = maxFeePerBlobGas.multipliedReportingOverflow(by: blobGas)
        let (cost, costOverflow) = sum.addingReportingOverflow(blobs)
        return gasOverflow || sumOverflow || blobOverflow || costOverflow ? nil : cost
    }

    /// What the transaction pays per gas in a block.
    func price(baseFee: U256) -> U256 {
        let (sum, overflow) = baseFee.addingReportingOverflow(tipCap)
        return overflow ? feeCap : min(feeCap, sum)
    }
}

/// What waits in the pool, by sender and nonce.
package struct PoolContent: Sendable {
    /// Those that could be mined next.
    package var pending: [Address: [UInt64: PooledTransaction]] = [:]
    /// Those behind a gap.
    package var queued: [Address: [UInt64: PooledTransaction]] = [:]
}
