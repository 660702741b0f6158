import Bytes
import Ethereum
import JSON
import Ledger

extension JSON {
    static func quantity(_ value: UInt64) -> JSON { .string("0x" + String(value, radix: 16)) }
    static func quantity(_ value: U256) -> JSON { .string(value.hexQuantity) }

    /// A block as a parameter; hashes in EIP-1898's form.
    static func block(_ tag: BlockTag) -> JSON {
        switch tag {
        case .earliest: "earliest"
        case .latest: "latest"
        case .pending: "pending"
        case .safe: "safe"
        case .finalized: "finalized"
        case .number(let number): .quantity(number)
        case .hash(let hash): ["blockHash": .string(hash.hex0x)]
        }
    }

    static func message(_ message: CallMessage) -> JSON {
        var object = JSONObject()
        if let from = message.from { object["from"] = .string(from.hex0x) }
        if let to = message.to { object["to"] = .string(to.hex0x) }
        if let gas = message.gas { object["gas"] = .quantity(gas) }
        if let price = message.gasPrice { object["gasPrice"] = .quantity(price) }
        if let fee = message.maxFeePerGas { object["maxFeePerGas"] = .quantity(fee) }
        if let tip = message.maxPriorityFeePerGas { object["maxPriorityFeePerGas"] = .quantity(tip) }
        if !message.value.isZero { object["value"] = .quantity(message.value) }
        if !message.data.isEmpty { object["input"] = .string(message.data.hex0x) }
        if !message.accessList.isEmpty {
            object["accessList"] = .array(
                message.accessList.map {
                    [
                        "address": .string($0.address.hex0x),
                        "storageKeys": .array($0.storageKeys.map { .string($0.hex0x) }),
                    ]
                })
        }
        return .object(object)
    }

    static func logFilter(_ filter: LogFilter) -> JSON {
        var object = JSONObject()
        if case .hash(let hash) = filter.from {
            object["blockHash"] = .string(hash.hex0x)
        } else {
            object["fromBlock"] = .block(filter.from)
            object["toBlock"] = .block(filter.to)
        }
        if !filter.addresses.isEmpty { object["address"] = .array(filter.addresses.map { .string($0.hex0x) }) }
        if !filter.topics.isEmpty {
            object["topics"] = .array(
                filter.topics.map { $0.isEmpty ? .null : .array($0.map { .string($0.hex0x) }) })
        }
        return .object(object)
    }
}
