import Bytes
import Devchain
import Ethereum
import JSON

extension MethodTable {
    static let pool: [String: RPCMethod] = [
        "txpool_status": RPCMethod(0, .measured) { service, _ in
            let pool = service.chain.pool()
            let count: ([Address: [UInt64: PooledTransaction]]) -> JSON = { lanes in
                .quantity(lanes.values.reduce(0) { $0 + $1.count })
            }
            return ["pending": count(pool.pending), "queued": count(pool.queued)]
        },
        "txpool_content": RPCMethod(0, .measured) { service, _ in
            let pool = service.chain.pool()
            return ["pending": content(pool.pending), "queued": content(pool.queued)]
        },
        "txpool_contentFrom": RPCMethod(1, .measured) { service, parameters in
            let address = try parameters.read(0, as: Address.self)
            let pool = service.chain.pool()
            return [
                "pending": .object(lane(pool.pending[address] ?? [:], entry)),
                "queued": .object(lane(pool.queued[address] ?? [:], entry)),
            ]
        },
        "txpool_inspect": RPCMethod(0, .measured) { service, _ in
            let pool = service.chain.pool()
            return ["pending": summary(pool.pending), "queued": summary(pool.queued)]
        },
        "eth_pendingTransactions": RPCMethod(0, .measured) { service, _ in
            .array(
                service.chain.pool().pending.values.flatMap { $0.sorted { $0.key < $1.key }.map { entry($0.value) } })
        },
    ]

    private static func entry(_ pooled: PooledTransaction) -> JSON {
        .waiting(pooled.signed, hash: pooled.hash, sender: pooled.sender)
    }

    private static func content(_ lanes: [Address: [UInt64: PooledTransaction]]) -> JSON {
        .object(byAddress(lanes, entry))
    }

    private static func summary(_ lanes: [Address: [UInt64: PooledTransaction]]) -> JSON {
        .object(
            byAddress(lanes) { pooled in
                let transaction = pooled.signed.transaction
                let target = transaction.to.map { $0.checksummed } ?? "contract creation"
                let price = transaction.kind.rawValue < 2 ? transaction.gasPrice : transaction.maxFeePerGas
                return .string("\(target): \(transaction.value) wei + \(transaction.gasLimit) gas × \(price) wei")
            })
    }

    private static func byAddress(
        _ lanes: [Address: [UInt64: PooledTransaction]], _ write: (PooledTransaction) -> JSON
    ) -> JSONObject {
        JSONObject(lanes.sorted { $0.key < $1.key }.map { ($0.key.checksummed, .object(lane($0.value, write))) })
    }

    private static func lane(
        _ entries: [UInt64: PooledTransaction], _ write: (PooledTransaction) -> JSON
    ) -> JSONObject {
        JSONObject(entries.sorted { $0.key < $1.key }.map { (String($0.key), write($0.value)) })
    }
}
