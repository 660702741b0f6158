import Bytes
import Devchain
import JSON
import Ledger

extension MethodTable {
    /// OpenEthereum's traces under its names, as anvil has them.
    static let flatTracing: [String: RPCMethod] = [
        "trace_transaction": RPCMethod(
            1, .long,
            writing: { service, parameters in
                let hash = try parameters.read(0, as: Hash32.self)
                guard try service.chain.transaction(hash) != nil else { return Array("null".utf8) }
                return try service.trace(hash, with: TraceRequest(flat))
            }),
        "trace_block": RPCMethod(
            1, .long,
            writing: { service, parameters in
                let tag = try parameters.read(0, as: BlockTag.self)
                guard let block = try service.chain.block(at: tag) else { return Array("null".utf8) }
                var text = [UInt8(ascii: "[")]
                for mined in block.transactions {
                    // Without the brackets of its own list.
                    let entries = try service.trace(mined.hash, with: TraceRequest(flat)).dropFirst().dropLast()
                    if text.count > 1, !entries.isEmpty { text.append(UInt8(ascii: ",")) }
                    text += entries
                    guard text.count <= TraceRequest.sizeLimit else { throw TraceRequest.tooLarge }
                }
                return text + [UInt8(ascii: "]")]
            }),
    ]

    private static let flat: JSON = ["tracer": "flatCallTracer", "tracerConfig": ["convertParityErrors": true]]
}
