import EVM
import Ethereum

/// What fixtures call the reasons for which a transaction or block is refused.
enum FixtureExceptions {
    /// Whether one of the names in `expected` (parted by `|`) is a name of this error.
    static func matches(_ expected: String, _ error: any Error) -> Bool {
        let mine = names(of: error)
        return expected.split(separator: "|").contains { name in
            mine.contains(String(name.split(separator: ".").last ?? name))
        }
    }

    private static func names(of error: any Error) -> Set<String> {
        switch error {
        case let rejection as TransactionRejection: names(of: rejection)
        case let error as BlockError: names(of: error)
        case is BlockDecodingError:
            ["RLP_STRUCTURES_ENCODING", "TYPE_3_TX_CONTRACT_CREATION", "TYPE_4_TX_CONTRACT_CREATION"]
        default: []
        }
    }

    private static func names(of error: BlockError) -> Set<String> {
        switch error {
        case .transaction(_, let rejection): names(of: rejection)
        case .signature: ["INVALID_SIGNATURE_VRS"]
        case .systemContractMissing: ["SYSTEM_CONTRACT_EMPTY"]
        case .systemContractFailed: ["SYSTEM_CONTRACT_CALL_FAILED"]
        case .depositLog: ["INVALID_DEPOSIT_EVENT_LAYOUT", "INVALID_REQUESTS"]
        case .tooLarge: ["RLP_BLOCK_LIMIT_EXCEEDED"]
        case .malformed: ["RLP_STRUCTURES_ENCODING", "INCORRECT_BLOCK_FORMAT"]
        case .header(let field, _, _): headerNames[field] ?? []
        }
    }

    private static let headerNames: [String: Set<String>] = [
        "excessBlobGas": ["INCORRECT_EXCESS_BLOB_GAS"],
        // A header that owns up to too many blobs is refused before its transactions are looked at.
        "blobGasUsed": [
            "INCORRECT_BLOB_GAS_USED", "BLOB_GAS_USED_ABOVE_LIMIT", "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
        ],
        "requestsHash": ["INVALID_REQUESTS"], "gasUsed": ["INVALID_GAS_USED", "GAS_USED_OVERFLOW"],
        "gasLimit": ["INVALID_GASLIMIT"], "baseFeePerGas": ["INVALID_BASEFEE_PER_GAS"],
        "timestamp": ["INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT"], "number": ["INVALID_BLOCK_NUMBER"],
        "stateRoot": ["INVALID_STATE_ROOT"], "receiptsRoot": ["INVALID_RECEIPTS_ROOT"],
        "transactionsRoot": ["INVALID_TRANSACTIONS_ROOT"], "withdrawalsRoot": ["INVALID_WITHDRAWALS_ROOT"],
        "logsBloom": ["INVALID_LOG_BLOOM"], "extraData": ["EXTRA_DATA_TOO_BIG"],
        "parentHash": ["UNKNOWN_PARENT"], "difficulty": ["IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS"],
    ]

    private static func names(of rejection: TransactionRejection) -> Set<String> {
        switch rejection {
        case .kindNotSupported:
            ["TYPE_1_TX_PRE_FORK", "TYPE_2_TX_PRE_FORK", "TYPE_3_TX_PRE_FORK", "TYPE_4_TX_PRE_FORK"]
        case .wrongChain: ["INVALID_CHAINID"]
        case .nonceTooLow: ["NONCE_MISMATCH_TOO_LOW"]
        case .nonceTooHigh: ["NONCE_MISMATCH_TOO_HIGH"]
        case .nonceMax: ["NONCE_IS_MAX"]
        case .senderNotExternallyOwned: ["SENDER_NOT_EOA"]
        case .insufficientFunds, .feeOverflow: ["INSUFFICIENT_ACCOUNT_FUNDS", "GASLIMIT_PRICE_PRODUCT_OVERFLOW"]
        case .intrinsicGas: ["INTRINSIC_GAS_TOO_LOW"]
        case .floorDataGas: ["INTRINSIC_GAS_TOO_LOW", "INTRINSIC_GAS_BELOW_FLOOR_GAS_COST"]
        case .initCodeTooLarge: ["INITCODE_SIZE_EXCEEDED"]
        case .tipAboveFeeCap: ["PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS"]
        case .feeCapTooLow, .gasPriceTooLow: ["INSUFFICIENT_MAX_FEE_PER_GAS"]
        case .blockGasExceeded: ["GAS_ALLOWANCE_EXCEEDED"]
        case .gasLimitTooHigh: ["GAS_LIMIT_EXCEEDS_MAXIMUM"]
        case .blobFeeCapTooLow: ["INSUFFICIENT_MAX_FEE_PER_BLOB_GAS"]
        case .blobsMissing: ["TYPE_3_TX_ZERO_BLOBS"]
        case .blobsCreate: ["TYPE_3_TX_CONTRACT_CREATION"]
        case .blobHashVersion: ["TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH"]
        case .tooManyBlobs: ["TYPE_3_TX_BLOB_COUNT_EXCEEDED", "TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"]
        case .blockBlobGasExceeded: ["TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"]
        case .authorizationsEmpty: ["TYPE_4_EMPTY_AUTHORIZATION_LIST"]
        case .authorizationsCreate: ["TYPE_4_TX_CONTRACT_CREATION"]
        case .signature: ["INVALID_SIGNATURE_VRS"]
        }
    }
}
