import Bytes
import Devchain
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let tracing: [String: RPCMethod] = [
        "debug_traceTransaction": RPCMethod(
            2, .long,
            writing: { service, parameters in
                let hash = try parameters.read(0, as: Hash32.self)
                return try service.trace(hash, with: TraceRequest(parameters[1]))
            }),
        "debug_traceCall": RPCMethod(
            3, .long,
            writing: { service, parameters in
                let arguments = try parameters.read(0, as: TransactionArguments.self)
                let block = try parameters.block(1)
                var overrides = CallOverrides()
                if let accounts = parameters[2]?["stateOverrides"] { try overrides.readAccounts(accounts) }
                if let changes = parameters[2]?["blockOverrides"] { try overrides.readBlock(changes) }
                return try TraceRequest(parameters[2]).write(
                    .call(arguments.message, block, overrides), on: service.chain, gasLimit: arguments.message.gas)
            }),
        "debug_traceBlockByNumber": RPCMethod(
            2, .long,
            writing: { service, parameters in
                try service.traceBlock(parameters.read(0), with: TraceRequest(parameters[1]))
            }),
        "debug_traceBlockByHash": RPCMethod(
            2, .long,
            writing: { service, parameters in
                try service.traceBlock(.hash(parameters.read(0)), with: TraceRequest(parameters[1]))
            }),
        "debug_traceBlock": RPCMethod(
            2, .long,
            writing: { service, parameters in
                let block: Block
                do { block = try Block(decoding: parameters.bytes(0)) } catch {
                    throw RPCError.server("could not decode block: \(error)")
                }
                return try service.traceBlock(.hash(block.header.hash), with: TraceRequest(parameters[1]))
            }),
    ]
}

extension NodeService {
    func trace(_ hash: Hash32, with request: TraceRequest) throws -> [UInt8] {
        guard let mined = try chain.transaction(hash) else { throw RPCError.server("transaction not found") }
        return try request.write(
            .transaction(hash), on: chain, gasLimit: mined.signed.transaction.gasLimit)
    }

    func traceBlock(_ tag: BlockTag, with request: TraceRequest) throws -> [UInt8] {
        let block = try existing(tag, chain.block(at: tag))
        guard block.header.number > 0 else { throw RPCError.server("genesis is not traceable") }
        var text = [UInt8(ascii: "[")]
        for mined in block.transactions {
            text += Array(((text.count == 1 ? "" : ",") + "{\"txHash\":\"\(mined.hash.hex0x)\",\"result\":").utf8)
            text += try trace(mined.hash, with: request)
            text.append(UInt8(ascii: "}"))
            guard text.count <= TraceRequest.sizeLimit else { throw TraceRequest.tooLarge }
        }
        return text + [UInt8(ascii: "]")]
    }
}
