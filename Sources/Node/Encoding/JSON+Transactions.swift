import Bytes
import Ethereum
import JSON
import Ledger

extension JSON {
    /// A mined transaction as `eth_getTransactionBy*` answers it.
    static func transaction(_ mined: MinedTransaction, baseFee: U256?) -> JSON {
        var object = signedMembers(
            mined.signed, hash: mined.hash, sender: mined.sender,
            price: effectivePrice(mined.signed.transaction, baseFee: baseFee))
        object["blockHash"] = .hash(mined.blockHash)
        object["blockNumber"] = .quantity(mined.blockNumber)
        object["transactionIndex"] = .quantity(mined.index)
        return .object(object)
    }

    /// A transaction that waits in the pool.
    static func waiting(_ signed: SignedTransaction, hash: Hash32, sender: Address) -> JSON {
        let transaction = signed.transaction
        let price = transaction.kind.rawValue < 2 ? transaction.gasPrice : transaction.maxFeePerGas
        return .object(signedMembers(signed, hash: hash, sender: sender, price: price))
    }

    /// What a transaction pays per gas in a block with this base fee.
    static func effectivePrice(_ transaction: Transaction, baseFee: U256?) -> U256 {
        switch transaction.kind {
        case .legacy, .accessList: transaction.gasPrice
        case .dynamicFee, .blob, .setCode:
            min(transaction.maxFeePerGas, (baseFee ?? .zero) &+ transaction.maxPriorityFeePerGas)
        }
    }

    private static func signedMembers(
        _ signed: SignedTransaction, hash: Hash32, sender: Address, price: U256
    ) -> JSONObject {
        let transaction = signed.transaction
        var object: JSONObject = [
            "blockHash": .null,
            "blockNumber": .null,
            "from": .address(sender),
            "gas": .quantity(transaction.gasLimit),
            "gasPrice": .quantity(price),
        ]
        if transaction.kind.rawValue >= 2 {
            object["maxFeePerGas"] = .quantity(transaction.maxFeePerGas)
            object["maxPriorityFeePerGas"] = .quantity(transaction.maxPriorityFeePerGas)
        }
        if transaction.kind == .blob { object["maxFeePerBlobGas"] = .quantity(transaction.maxFeePerBlobGas) }
        object["hash"] = .hash(hash)
        object["input"] = .data(transaction.data)
        object["nonce"] = .quantity(transaction.nonce)
        object["to"] = .address(transaction.to)
        object["transactionIndex"] = .null
        object["value"] = .quantity(transaction.value)
        object["type"] = .quantity(UInt64(transaction.kind.rawValue))
        if transaction.kind != .legacy {
            object["accessList"] = .accessList(transaction.accessList)
        }
        if let chainID = transaction.chainID { object["chainId"] = .quantity(chainID) }
        if transaction.kind == .blob {
            object["blobVersionedHashes"] = .array(transaction.blobVersionedHashes.map { .hash($0) })
        }
        if transaction.kind == .setCode {
            object["authorizationList"] = .array(transaction.authorizations.map { .authorization($0) })
        }
        object["v"] = .quantity(signed.v)
        object["r"] = .quantity(signed.r)
        object["s"] = .quantity(signed.s)
        if transaction.kind != .legacy { object["yParity"] = .quantity(UInt64(signed.yParity)) }
        return object
    }

    static func accessList(_ entries: [AccessListEntry]) -> JSON {
        .array(
            entries.map {
                ["address": .address($0.address), "storageKeys": .array($0.storageKeys.map { .hash($0) })]
            })
    }

    private static func authorization(_ authorization: Authorization) -> JSON {
        [
            "chainId": .quantity(authorization.chainID), "address": .address(authorization.address),
            "nonce": .quantity(authorization.nonce), "yParity": .quantity(authorization.yParity),
            "r": .quantity(authorization.r), "s": .quantity(authorization.s),
        ]
    }
}
