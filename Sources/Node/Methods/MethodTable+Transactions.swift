import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let transactions: [String: RPCMethod] = [
        "eth_sendRawTransaction": RPCMethod(1) { service, parameters in
            let raw = try parameters.rawTransaction(0)
            return .hash(try await service.chain.send(raw: raw))
        },
        "eth_sendRawTransactionSync": RPCMethod(2) { service, parameters in
            let raw = try parameters.rawTransaction(0)
            return try await service.sendAndWait(raw, milliseconds: parameters.optional(1) ?? 20_000)
        },
        "eth_getTransactionReceipt": RPCMethod(1) { service, parameters in
            let hash = try parameters.read(0, as: Hash32.self)
            return try .optional(service.chain.receipt(of: hash)) { .receipt($0) }
        },
        "eth_getTransactionByHash": RPCMethod(1) { service, parameters in
            try service.transaction(parameters.read(0))
        },
        "eth_getTransactionByBlockNumberAndIndex": RPCMethod(2) { service, parameters in
            try service.transaction(at: parameters.read(0), index: parameters.read(1))
        },
        "eth_getTransactionByBlockHashAndIndex": RPCMethod(2) { service, parameters in
            try service.transaction(at: .hash(parameters.read(0)), index: parameters.read(1))
        },
        "eth_getRawTransactionByHash": RPCMethod(1) { service, parameters in
            try service.rawTransaction(parameters.read(0))
        },
        "eth_getRawTransactionByBlockNumberAndIndex": RPCMethod(2) { service, parameters in
            try service.rawTransaction(at: parameters.read(0), index: parameters.read(1))
        },
        "eth_getRawTransactionByBlockHashAndIndex": RPCMethod(2) { service, parameters in
            try service.rawTransaction(at: .hash(parameters.read(0)), index: parameters.read(1))
        },
    ]
}

extension Parameters {
    /// A signed transaction, whose first byte tells whether it can be one (EIP-2718).
    func rawTransaction(_ index: Int) throws(RPCError) -> [UInt8] {
        let raw = try bytes(index)
        guard let first = raw.first else { throw .server("typed transaction too short") }
        guard first >= 0xc0 || first <= 4 else { throw .server("transaction type not supported") }
        return raw
    }
}

extension NodeService {
    func transaction(_ hash: Hash32) throws -> JSON {
        if let mined = try chain.transaction(hash) {
            return .transaction(mined, baseFee: try baseFee(of: .hash(mined.blockHash)))
        }
        return .optional(chain.pendingTransaction(hash)) { .waiting($0.signed, hash: $0.hash, sender: $0.sender) }
    }

    func transaction(at block: BlockTag, index: UInt64) throws -> JSON {
        guard let mined = try mined(at: block, index: index) else { return .null }
        return .transaction(mined, baseFee: try baseFee(of: block))
    }

    func rawTransaction(_ hash: Hash32) throws -> JSON {
        // geth answers empty bytes for an unknown hash.
        .data(try chain.rawTransaction(hash) ?? chain.pendingTransaction(hash)?.raw ?? [])
    }

    func rawTransaction(at block: BlockTag, index: UInt64) throws -> JSON {
        .data(try mined(at: block, index: index)?.signed.encoded ?? [])
    }

    private func mined(at block: BlockTag, index: UInt64) throws -> MinedTransaction? {
        guard let index = Int(exactly: index) else { return nil }
        return try chain.transaction(at: block, index: index)
    }

    func baseFee(of block: BlockTag) throws -> U256? {
        try chain.header(at: block)?.header.baseFeePerGas
    }

    /// Sends and answers with the receipt.
    func sendAndWait(_ raw: [UInt8], milliseconds: UInt64) async throws -> JSON {
        let hash = try await chain.send(raw: raw)
        let deadline = ContinuousClock.now + .milliseconds(Int64(min(milliseconds, 300_000)))
        while true {
            if let receipt = try chain.receipt(of: hash) { return .receipt(receipt) }
            guard ContinuousClock.now < deadline else {
                throw RPCError(
                    4, "The transaction was added to the transaction pool but wasn't processed in \(milliseconds)ms.",
                    data: .hash(hash))
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
