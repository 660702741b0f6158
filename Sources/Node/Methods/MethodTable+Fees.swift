import Bytes
import Devchain
import JSON
import Ledger

extension MethodTable {
    static let fees: [String: RPCMethod] = [
        "eth_gasPrice": RPCMethod(0) { service, _ in
            let quote = try service.chain.fees()
            return .quantity(quote.baseFeePerGas &+ quote.maxPriorityFeePerGas)
        },
        "eth_maxPriorityFeePerGas": RPCMethod(0) { service, _ in
            .quantity(try service.chain.fees().maxPriorityFeePerGas)
        },
        "eth_baseFee": RPCMethod(0) { service, _ in
            .quantity(try service.chain.fees().baseFeePerGas)
        },
        "eth_blobBaseFee": RPCMethod(0) { service, _ in .quantity(try service.chain.blobBaseFee()) },
        "eth_feeHistory": RPCMethod(3) { service, parameters in
            try service.feeHistory(parameters)
        },
    ]
}

extension NodeService {
    func feeHistory(_ parameters: Parameters) throws -> JSON {
        let blocks = try parameters.read(0, as: UInt64.self)
        let newest = try parameters.read(1, as: BlockTag.self)
        var percentiles: [Double] = []
        for value in parameters[2]?.arrayValue ?? [] {
            guard let percentile = value.doubleValue else {
                throw RPCError.invalid(2, WireError.cannotUnmarshal(value.goKind, into: "float64").message)
            }
            guard (0...100).contains(percentile) else {
                throw RPCError.server("invalid reward percentile: \(percentile)")
            }
            if let last = percentiles.last, percentile <= last {
                throw RPCError.server(
                    "invalid reward percentile: #\(percentiles.count - 1):\(last) >= #\(percentiles.count):\(percentile)"
                )
            }
            percentiles.append(percentile)
        }
        let wanted = percentiles
        let history = try chain.feeHistory(blocks: Int(min(blocks, 1024)), newest: newest, percentiles: wanted)
        var answer: JSONObject = ["oldestBlock": .quantity(history.oldestBlock)]
        if !percentiles.isEmpty {
            answer["reward"] = .array((history.rewards ?? []).map { .array($0.map { .quantity($0) }) })
        }
        answer["baseFeePerGas"] = .array(history.baseFees.map { .quantity($0) })
        answer["gasUsedRatio"] = .array(history.gasUsedRatios.map { JSON($0) })
        answer["baseFeePerBlobGas"] = .array(history.blobBaseFees.map { .quantity($0) })
        answer["blobGasUsedRatio"] = .array(history.blobGasUsedRatios.map { JSON($0) })
        return .object(answer)
    }
}
