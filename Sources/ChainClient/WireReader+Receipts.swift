import Bytes
import Ethereum
import JSON
import Ledger

extension WireReader {
    func receipt() throws(ChainError) -> MinedReceipt {
        var logs: [MinedLog] = []
        for json in try list("logs") { logs.append(try WireReader(json, "log").log()) }
        // A chain may have types of its own; what matters of a receipt does not depend on it.
        let kind = has("type") ? Transaction.Kind(rawValue: UInt8(truncatingIfNeeded: try uint64("type"))) : .legacy
        return MinedReceipt(
            transactionHash: try hash("transactionHash"),
            transactionIndex: Int(clamping: try uint64("transactionIndex")),
            blockHash: try hash("blockHash"), blockNumber: try uint64("blockNumber"), from: try address("from"),
            to: try optionalAddress("to"), contractAddress: try optionalAddress("contractAddress"),
            kind: kind ?? .legacy, succeeded: try uint64("status") == 1, gasUsed: try uint64("gasUsed"),
            cumulativeGasUsed: try uint64("cumulativeGasUsed"),
            effectiveGasPrice: has("effectiveGasPrice") ? try number("effectiveGasPrice") : .zero, logs: logs)
    }

    func log() throws(ChainError) -> MinedLog {
        var topics: [Hash32] = []
        for topic in try list("topics") { topics.append(try WireReader(["topic": topic], "log").hash("topic")) }
        return MinedLog(
            log: Log(address: try address("address"), topics: topics, data: try bytes("data")),
            blockNumber: try uint64("blockNumber"), blockHash: try hash("blockHash"),
            transactionHash: try hash("transactionHash"),
            transactionIndex: Int(clamping: try uint64("transactionIndex")),
            logIndex: Int(clamping: try uint64("logIndex")))
    }
}
