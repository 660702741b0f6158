import Bytes
import Devchain
import JSON
import Ledger

/// A tree of calls as the flat list that OpenEthereum's `trace_` methods answer (geth's `flatCallTracer`).
struct FlatCalls {
    /// Where the transaction stands; nil for a call that is none.
    struct Place {
        var blockHash: Hash32
        var blockNumber: UInt64
        var transactionHash: Hash32
        var index: Int
    }

    private var entries: [JSON] = []
    private let place: Place?
    private let convertsErrors: Bool
    private let includesPrecompiles: Bool

    /// - Parameters:
    ///   - root: what `CallTracer` made.
    ///   - options: `convertParityErrors`, `includePrecompiles`.
    init(_ root: JSON, of place: Place?, _ options: JSON?) {
        self.place = place
        convertsErrors = options?["convertParityErrors"]?.boolValue ?? false
        includesPrecompiles = options?["includePrecompiles"]?.boolValue ?? false
        if case .object(let object) = root { append(object, at: []) }
    }

    var json: JSON { .array(entries) }

    private mutating func append(_ call: JSONObject, at address: [Int]) {
        let kind = call["type"]?.stringValue ?? ""
        let calls = (call["calls"]?.arrayValue ?? []).compactMap(\.objectValue).filter { !isHidden($0) }
        var entry: JSONObject = ["action": .object(action(call, kind))]
        if let place {
            entry["blockHash"] = .hash(place.blockHash)
            entry["blockNumber"] = JSON(place.blockNumber)
        }
        if let error = call["error"]?.stringValue {
            entry["error"] = .string(convertsErrors ? converted(error) : error)
        } else if kind != "SELFDESTRUCT" {
            entry["result"] = .object(result(call, kind))
        } else {
            entry["result"] = .null
        }
        entry["subtraces"] = JSON(calls.count)
        entry["traceAddress"] = .array(address.map { JSON($0) })
        if let place {
            entry["transactionHash"] = .hash(place.transactionHash)
            entry["transactionPosition"] = JSON(place.index)
        }
        entry["type"] = .string(kind.hasPrefix("CREATE") ? "create" : kind == "SELFDESTRUCT" ? "suicide" : "call")
        entries.append(.object(entry))
        for (index, child) in calls.enumerated() { append(child, at: address + [index]) }
    }

    /// Calls of precompiles that move nothing are left out unless asked for.
    private func isHidden(_ call: JSONObject) -> Bool {
        guard !includesPrecompiles, let to = call["to"]?.stringValue, let address = try? Address(hex: to) else {
            return false
        }
        let isPrecompile = address.w0 | address.w1 == 0 && (1...0x11).contains(address.w2)
        return isPrecompile && (call["value"] ?? "0x0") == "0x0"
    }

    private func action(_ call: JSONObject, _ kind: String) -> JSONObject {
        let (from, to) = (call["from"] ?? .null, call["to"] ?? .null)
        let (gas, value, input) = (call["gas"] ?? "0x0", call["value"] ?? "0x0", call["input"] ?? "0x")
        switch kind {
        case "CREATE", "CREATE2":
            return [
                "creationMethod": .string(kind.lowercased()), "from": from, "gas": gas, "init": input, "value": value,
            ]
        case "SELFDESTRUCT": return ["address": from, "balance": value, "refundAddress": to]
        default:
            return [
                "callType": .string(kind.lowercased()), "from": from, "gas": gas, "input": input, "to": to,
                "value": value,
            ]
        }
    }

    private func result(_ call: JSONObject, _ kind: String) -> JSONObject {
        let (used, output) = (call["gasUsed"] ?? "0x0", call["output"] ?? "0x")
        guard kind.hasPrefix("CREATE") else { return ["gasUsed": used, "output": output] }
        return ["address": call["to"] ?? .null, "code": output, "gasUsed": used]
    }

    /// OpenEthereum's words for what went wrong.
    private func converted(_ error: String) -> String {
        switch error {
        case "execution reverted": "Reverted"
        case "out of gas", "contract creation code storage out of gas", "gas uint64 overflow",
            "max code size exceeded":
            "Out of gas"
        case "write protection": "Mutable Call In Static Context"
        case "invalid jump destination": "Bad jump destination"
        default:
            error.hasPrefix("stack underflow")
                ? "Stack underflow"
                : error.hasPrefix("stack limit")
                    ? "Out of stack" : error.hasPrefix("invalid opcode") ? "Bad instruction" : error
        }
    }
}

extension TraceRequest.Subject {
    /// Where the traced transaction stands.
    func place(on chain: Devchain) throws -> FlatCalls.Place? {
        guard case .transaction(let hash) = self, let mined = try chain.transaction(hash) else { return nil }
        return FlatCalls.Place(
            blockHash: mined.blockHash, blockNumber: mined.blockNumber, transactionHash: hash, index: mined.index)
    }
}
