import Bytes
import Devchain
import JSON
import Ledger

extension MethodTable {
    static let debug: [String: RPCMethod] = [
        "debug_getRawHeader": RPCMethod(1) { service, parameters in
            let block = try parameters.read(0, as: BlockTag.self)
            return .data(try service.existing(block, service.chain.rawHeader(at: block)))
        },
        "debug_getRawBlock": RPCMethod(1, .measured) { service, parameters in
            let block = try parameters.read(0, as: BlockTag.self)
            return .data(try service.existing(block, service.chain.rawBlock(at: block)))
        },
        "debug_getRawReceipts": RPCMethod(1, .measured) { service, parameters in
            let block = try parameters.read(0, as: BlockTag.self)
            let receipts = try service.existing(block, service.chain.rawReceipts(at: block))
            return .array(receipts.map { .data($0) })
        },
        "debug_getRawTransaction": RPCMethod(1) { service, parameters in
            try service.rawTransaction(parameters.read(0))
        },
    ]
}

extension NodeService {
    /// What a block must have; an error where there is no such block.
    func existing<Value>(_ block: BlockTag, _ value: Value?) throws -> Value {
        guard let value else {
            if case .number(let number) = block { throw RPCError.server("block #\(number) not found") }
            throw RPCError.server("block not found")
        }
        return value
    }
}
