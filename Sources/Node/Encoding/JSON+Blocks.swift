import Bytes
import Ethereum
import JSON
import Ledger

extension JSON {
    /// A header's members in geth's order and names.
    static func headerMembers(_ header: Header, hash: Hash32?) -> JSONObject {
        var object: JSONObject = [
            "number": .quantity(header.number),
            "hash": .optional(hash) { .hash($0) },
            "parentHash": .hash(header.parentHash),
            "nonce": .string(
                "0x" + String(repeating: "0", count: header.nonce.leadingZeroBitCount / 4)
                    + (header.nonce == 0 ? "" : String(header.nonce, radix: 16))),
            "mixHash": .hash(header.mixHash),
            "sha3Uncles": .hash(header.ommersHash),
            "logsBloom": .data(header.logsBloom.bytes),
            "stateRoot": .hash(header.stateRoot),
            "miner": .address(header.beneficiary),
            "difficulty": .quantity(header.difficulty),
            "extraData": .data(header.extraData),
            "gasLimit": .quantity(header.gasLimit),
            "gasUsed": .quantity(header.gasUsed),
            "timestamp": .quantity(header.timestamp),
            "transactionsRoot": .hash(header.transactionsRoot),
            "receiptsRoot": .hash(header.receiptsRoot),
        ]
        if let fee = header.baseFeePerGas { object["baseFeePerGas"] = .quantity(fee) }
        if let root = header.withdrawalsRoot { object["withdrawalsRoot"] = .hash(root) }
        if let used = header.blobGasUsed { object["blobGasUsed"] = .quantity(used) }
        if let excess = header.excessBlobGas { object["excessBlobGas"] = .quantity(excess) }
        if let root = header.parentBeaconBlockRoot { object["parentBeaconBlockRoot"] = .hash(root) }
        if let hash = header.requestsHash { object["requestsHash"] = .hash(hash) }
        return object
    }

    /// A block as `eth_getBlockBy*` answers it.
    static func block(_ block: MinedBlock, size: Int, full: Bool, isPending: Bool = false) -> JSON {
        var object = headerMembers(block.header, hash: isPending ? nil : block.hash)
        if isPending {
            object["nonce"] = .null
            object["miner"] = .null
        }
        object["size"] = .quantity(size)
        object["transactions"] = .array(
            block.transactions.map { full ? .transaction($0, baseFee: block.header.baseFeePerGas) : .hash($0.hash) })
        object["uncles"] = []
        if let withdrawals = block.withdrawals {
            object["withdrawals"] = .array(
                withdrawals.map {
                    [
                        "index": .quantity($0.index), "validatorIndex": .quantity($0.validatorIndex),
                        "address": .address($0.address), "amount": .quantity($0.amount),
                    ]
                })
        }
        return .object(object)
    }
}
