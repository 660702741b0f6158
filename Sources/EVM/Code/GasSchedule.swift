/// What things cost in gas, by fork: the one table of prices.
///
/// Prices no fork ever changed stand in `Gas`.
package struct GasSchedule: BitwiseCopyable, Sendable {
    /// `SLOAD` of a warm slot.
    var sload: Int64 = 50
    var balance: Int64 = 20
    var extCode: Int64 = 20
    var extCodeHash: Int64 = 400
    var call: Int64 = 40
    var selfDestruct: Int64 = 0
    /// Each byte of an exponent.
    var expByte: Int64 = 10
    /// Added where an address or slot is met for the first time in a transaction (EIP-2929).
    var coldAccount: Int64 = 0
    var coldSlot: Int64 = 0
    /// `SELFDESTRUCT` to a cold address.
    var coldBeneficiary: Int64 = 0
    /// Net metering: none, EIP-1283 (Constantinople only) or EIP-2200 with its stipend rule.
    var metersNet = false
    var hasStipendRule = false
    /// `SSTORE` that changes nothing or a slot already changed; to a zero slot; to another slot.
    var sstoreDirty: Int64 = 5000
    var sstoreSet: Int64 = 20000
    var sstoreReset: Int64 = 5000
    var sstoreClearRefund: Int64 = 15000
    var selfDestructRefund: Int64 = 24000
    /// A part of the gas used that refunds may not exceed.
    var refundQuotient: UInt64 = 2
    /// Of a transaction: a creation, a byte of calldata other than zero.
    var transactionCreate: UInt64 = 0
    var calldataNonZero: UInt64 = 68
    /// Every 32 bytes of init code (EIP-3860).
    var initCodeWord: Int64 = 0

    init(_ fork: Fork) {
        if fork >= .homestead { transactionCreate = 32000 }
        if fork >= .tangerineWhistle {
            (sload, balance, extCode, call, selfDestruct) = (200, 400, 700, 700, 5000)
        }
        if fork >= .spuriousDragon { expByte = 50 }
        if fork == .constantinople { (metersNet, sstoreDirty) = (true, 200) }
        if fork >= .istanbul {
            (sload, balance, extCodeHash, calldataNonZero) = (800, 700, 700, 16)
            (metersNet, hasStipendRule, sstoreDirty) = (true, true, 800)
        }
        if fork >= .berlin {
            (sload, balance, extCode, extCodeHash, call) = (100, 100, 100, 100, 100)
            (coldAccount, coldSlot, coldBeneficiary) = (2500, 2000, 2600)
            (sstoreDirty, sstoreReset) = (100, 2900)
        }
        if fork >= .london { (sstoreClearRefund, selfDestructRefund, refundQuotient) = (4800, 0, 5) }
        if fork >= .shanghai { initCodeWord = 2 }
    }
}

/// Prices and sizes that hold in every fork.
enum Gas {
    static let zero: Int64 = 0
    static let jumpDest: Int64 = 1
    static let base: Int64 = 2
    static let veryLow: Int64 = 3
    static let low: Int64 = 5
    static let mid: Int64 = 8
    static let high: Int64 = 10
    static let exp: Int64 = 10
    static let blockHash: Int64 = 20
    static let keccak: Int64 = 30
    static let keccakWord: Int64 = 6
    static let copyWord: Int64 = 3
    static let memoryWord: Int64 = 3
    static let memoryQuadratic: Int64 = 512
    static let log: Int64 = 375
    static let logTopic: Int64 = 375
    static let logByte: Int64 = 8
    static let transient: Int64 = 100
    static let create: Int64 = 32000
    static let codeDepositByte: Int64 = 200
    static let callValue: Int64 = 9000
    static let callStipend: Int64 = 2300
    static let newAccount: Int64 = 25000
    static let sstoreSentry: Int64 = 2300
    static let transaction: UInt64 = 21000
    static let calldataZero: UInt64 = 4
    static let accessListAddress: UInt64 = 2400
    static let accessListKey: UInt64 = 1900
    /// EIP-7702: charged before, given back where the account stood already.
    static let authorization: UInt64 = 25000
    static let authorizationBase: UInt64 = 12500
    /// EIP-7623: every token of calldata at least.
    static let calldataFloorToken: UInt64 = 10
    static let blob: UInt64 = 131_072
    /// EIP-7825.
    static let transactionLimit: UInt64 = 1 << 24
}

/// Bounds of the machine.
package enum Limits {
    static let stack = 1024
    static let callDepth = 1024
    /// EIP-170.
    package static let codeSize = 24576
    /// EIP-3860.
    package static let initCodeSize = 49152
    /// EIP-7594 (Osaka): blobs in one transaction.
    package static let blobsPerTransaction = 6
    /// EIP-7934 (Osaka): bytes of an RLP-encoded block.
    package static let blockSize = 10_485_760 - 2_097_152
    /// Bytes of memory over all frames; what would need more is out of gas.
    static let memory: UInt64 = 1 << 32
}
