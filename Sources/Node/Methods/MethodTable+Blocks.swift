import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let blocks: [String: RPCMethod] = [
        "eth_chainId": RPCMethod(0) { service, _ in .quantity(try service.chain.chainID()) },
        "eth_blockNumber": RPCMethod(0) { service, _ in .quantity(try service.chain.head.header.number) },
        "eth_getBlockByNumber": RPCMethod(2, .measured) { service, parameters in
            try service.block(parameters.read(0), full: parameters.optional(1) ?? false)
        },
        "eth_getBlockByHash": RPCMethod(2, .measured) { service, parameters in
            try service.block(.hash(parameters.read(0)), full: parameters.optional(1) ?? false)
        },
        "eth_getHeaderByNumber": RPCMethod(1) { service, parameters in
            try service.header(parameters.read(0))
        },
        "eth_getHeaderByHash": RPCMethod(1) { service, parameters in
            try service.header(.hash(parameters.read(0)))
        },
        "eth_getBlockTransactionCountByNumber": RPCMethod(1) { service, parameters in
            try service.transactionCount(parameters.read(0))
        },
        "eth_getBlockTransactionCountByHash": RPCMethod(1) { service, parameters in
            try service.transactionCount(.hash(parameters.read(0)))
        },
        "eth_getBlockReceipts": RPCMethod(1, .measured) { service, parameters in
            let block = try parameters.read(0, as: BlockTag.self)
            return try .optional(service.chain.receipts(at: block)) {
                .array($0.map { .receipt($0) })
            }
        },
        // No uncles since the merge.
        "eth_getUncleCountByBlockNumber": RPCMethod(1) { service, parameters in
            try service.uncleCount(parameters.read(0))
        },
        "eth_getUncleCountByBlockHash": RPCMethod(1) { service, parameters in
            try service.uncleCount(.hash(parameters.read(0)))
        },
        "eth_getUncleByBlockNumberAndIndex": RPCMethod(2) { _, _ in .null },
        "eth_getUncleByBlockHashAndIndex": RPCMethod(2) { _, _ in .null },
    ]
}

extension NodeService {
    func block(_ tag: BlockTag, full: Bool) throws -> JSON {
        guard let block = try chain.block(at: tag) else { return .null }
        let size = try chain.blockSize(at: tag) ?? 0
        return .block(block, size: size, full: full, isPending: tag == .pending)
    }

    func header(_ tag: BlockTag) throws -> JSON {
        try .optional(chain.header(at: tag)) {
            .object(JSON.headerMembers($0.header, hash: tag == .pending ? nil : $0.hash))
        }
    }

    func transactionCount(_ tag: BlockTag) throws -> JSON {
        try .optional(chain.transactionCount(at: tag)) { .quantity($0) }
    }

    func uncleCount(_ tag: BlockTag) throws -> JSON {
        try .optional(chain.header(at: tag)) { _ in .quantity(0 as UInt64) }
    }
}
