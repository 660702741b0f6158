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
        "eth_feeHistory": RPCMethod(3, .long) { service, parameters in
            try service.feeHistory(parameters)
        },
    ]
}

extension NodeService {
    func feeHistory(_ parameters: Parameters) throws -> JSON {
        let blocks = try parameters.read(0, as: LooseQuantity.self).value
        let newest = try parameters.read(1, as: BlockTag.self)
        var percentiles: [Double] = []
        for value in parameters[2]?.arrayValue ?? [] {
            guard let percentile = value.doubleValue else {
                throw RPCError.invalid(2, WireError.cannotUnmarshal(value.goKind, into: "float64").message)
            }
            percentiles.append(percentile)
        }
        let history = try chain.feeHistory(blocks: Int(min(blocks, 1024)), newest: newest, percentiles: percentiles)
        guard !history.baseFees.isEmpty else { return ["oldestBlock": "0x0", "gasUsedRatio": .null] }
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

/// A count that may also be written in decimal digits.
private struct LooseQuantity: WireReadable {
    var value: UInt64

    init(wire json: JSON) throws(WireError) {
        if case .string(let text) = json, let number = UInt64(text) {
            value = number
        } else {
            value = try UInt64(wire: json)
        }
    }
}
