import Bytes
import Ethereum
import EVM
import Ledger

/// The form of a receipt in the `receipts` table: what the receipts root commits to, and what nodes derive beside it.
struct ReceiptRecord {
    var receipt: Receipt
    var gasUsed: UInt64
    /// Wei per gas that was paid.
    var price: U256
    var created: Address?
    /// The place of the first log among the block's.
    var firstLog: Int
    var blobGasUsed: UInt64

    init(receipt: Receipt, outcome: ExecutionOutcome, firstLog: Int) {
        self.receipt = receipt
        (gasUsed, price, created) = (outcome.gasUsed, outcome.effectiveGasPrice, outcome.createdAddress)
        (self.firstLog, blobGasUsed) = (firstLog, outcome.blobGasUsed)
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = [receipt.kind.rawValue, receipt.succeeded ? 1 : 0]
        bytes.append(varint: receipt.cumulativeGasUsed)
        bytes.append(varint: gasUsed)
        bytes.append(counted: price.minimalBytes)
        bytes.append(counted: created?.bytes ?? [])
        bytes.append(varint: UInt64(firstLog))
        bytes.append(varint: blobGasUsed)
        bytes.append(varint: UInt64(receipt.logs.count))
        for log in receipt.logs {
            bytes.append(contentsOf: log.address.bytes)
            bytes.append(UInt8(log.topics.count))
            for topic in log.topics { bytes.append(contentsOf: topic.bytes) }
            bytes.append(counted: log.data)
        }
        return bytes
    }

    /// Reads a record; nil where it is not one.
    init?(decoding bytes: [UInt8]) {
        var reader = RecordReader(bytes: bytes[...])
        guard let kind = reader.byte().flatMap(Transaction.Kind.init(rawValue:)), let status = reader.byte(),
            status < 2,
            let cumulative = reader.varint(), let used = reader.varint(), let price = reader.counted(),
            price.count <= 32,
            let created = reader.counted(), let first = reader.varint(), let blobGas = reader.varint(),
            let count = reader.varint()
        else { return nil }
        var logs: [Log] = []
        for _ in 0..<count {
            guard let address = reader.take(20), let topicCount = reader.byte(), topicCount <= 4 else { return nil }
            var topics: [Hash32] = []
            for _ in 0..<topicCount {
                guard let topic = reader.hash() else { return nil }
                topics.append(topic)
            }
            guard let data = reader.counted() else { return nil }
            logs.append(Log(address: Address(address), topics: topics, data: Array(data)))
        }
        guard reader.bytes.isEmpty, created.isEmpty || created.count == 20 else { return nil }
        receipt = Receipt(kind: kind, succeeded: status == 1, cumulativeGasUsed: cumulative, logs: logs)
        (gasUsed, self.price, blobGasUsed) = (used, U256(bigEndian: price), blobGas)
        self.created = Address(checking: created)
        firstLog = Int(clamping: first)
    }

    func mined(_ transaction: TransactionRow, to: Address?, in block: BlockRow) -> MinedReceipt {
        let index = Int(transaction.id - block.firstTransaction)
        let logs = receipt.logs.enumerated().map { offset, log in
            MinedLog(
                log: log, blockNumber: block.number, blockHash: block.hash, transactionHash: transaction.hash,
                transactionIndex: index, logIndex: firstLog + offset)
        }
        return MinedReceipt(
            transactionHash: transaction.hash, transactionIndex: index, blockHash: block.hash,
            blockNumber: block.number, from: transaction.sender, to: to, contractAddress: created, kind: receipt.kind,
            succeeded: receipt.succeeded, gasUsed: gasUsed, cumulativeGasUsed: receipt.cumulativeGasUsed,
            effectiveGasPrice: price, logs: logs)
    }
}
