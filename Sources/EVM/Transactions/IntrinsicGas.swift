package import Ethereum

/// What a transaction costs before its first instruction.
package struct IntrinsicGas: Sendable {
    /// Deducted from the gas limit at once.
    package var gas: UInt64
    /// The least that the whole transaction pays (EIP-7623); zero before Prague.
    package var floor: UInt64

    package init(_ transaction: Transaction, fork: Fork) {
        let schedule = GasSchedule(fork)
        var zeros = 0
        for byte in transaction.data where byte == 0 { zeros += 1 }
        let (zero, nonZero) = (UInt64(zeros), UInt64(transaction.data.count - zeros))
        gas = Gas.transaction + zero * Gas.calldataZero + nonZero * schedule.calldataNonZero
        if transaction.to == nil {
            gas += schedule.transactionCreate
            gas += UInt64(schedule.initCodeWord) * UInt64((transaction.data.count + 31) / 32)
        }
        for entry in transaction.accessList {
            gas += Gas.accessListAddress + Gas.accessListKey * UInt64(entry.storageKeys.count)
        }
        gas += Gas.authorization * UInt64(transaction.authorizations.count)
        floor = fork >= .prague ? Gas.transaction + Gas.calldataFloorToken * (zero + 4 * nonZero) : 0
    }
}
