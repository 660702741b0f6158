import Bytes
import Ethereum
import JSON
import Ledger

extension JSON {
    /// A receipt as `eth_getTransactionReceipt` answers it.
    static func receipt(_ receipt: MinedReceipt) -> JSON {
        [
            "blockHash": .hash(receipt.blockHash),
            "blockNumber": .quantity(receipt.blockNumber),
            "contractAddress": .address(receipt.contractAddress),
            "cumulativeGasUsed": .quantity(receipt.cumulativeGasUsed),
            "effectiveGasPrice": .quantity(receipt.effectiveGasPrice),
            "from": .address(receipt.from),
            "gasUsed": .quantity(receipt.gasUsed),
            "logs": .array(receipt.logs.map { .log($0) }),
            "logsBloom": .data(Bloom(logs: receipt.logs.map(\.log)).bytes),
            "status": .quantity(receipt.succeeded ? 1 as UInt64 : 0),
            "to": .address(receipt.to),
            "transactionHash": .hash(receipt.transactionHash),
            "transactionIndex": .quantity(receipt.transactionIndex),
            "type": .quantity(UInt64(receipt.kind.rawValue)),
        ]
    }

    static func log(_ mined: MinedLog, removed: Bool = false) -> JSON {
        [
            "address": .address(mined.log.address),
            "topics": .array(mined.log.topics.map { .hash($0) }),
            "data": .data(mined.log.data),
            "blockNumber": .quantity(mined.blockNumber),
            "transactionHash": .hash(mined.transactionHash),
            "transactionIndex": .quantity(mined.transactionIndex),
            "blockHash": .hash(mined.blockHash),
            "logIndex": .quantity(mined.logIndex),
            "removed": .bool(removed),
        ]
    }
}
