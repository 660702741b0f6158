import Bytes
import EVM
import JSON

/// One entry for each instruction, as geth prints them without a named tracer.
final class StructLogTracer: Tracer {
    private let withStack: Bool
    private let withMemory: Bool
    private let withStorage: Bool
    private let withReturnData: Bool
    private let limit: Int
    private var logs: [JSONObject] = []
    private var slots: [Address: [U256: U256]] = [:]
    /// An estimate of the bytes held: a trace that would not fit is cut off with an error.
    private var size = 0
    private(set) var isTooLarge = false
    private static let sizeLimit = 1 << 30

    init(_ configuration: JSON?) {
        withStack = !(configuration?["disableStack"]?.boolValue ?? false)
        withMemory = configuration?["enableMemory"]?.boolValue ?? false
        withStorage = !(configuration?["disableStorage"]?.boolValue ?? false)
        withReturnData = configuration?["enableReturnData"]?.boolValue ?? false
        limit = configuration?["limit"]?.intValue ?? 0
    }

    private var isFull: Bool { isTooLarge || limit > 0 && logs.count >= limit }

    func step(_ step: TraceStep) {
        guard !isFull else { return }
        var entry: JSONObject = [
            "pc": JSON(step.pc), "op": .string(step.opcode.name), "gas": .integer(step.gas), "gasCost": 0,
            "depth": JSON(step.depth),
        ]
        if step.refund > 0 { entry["refund"] = .integer(step.refund) }
        size += 700
        if withStack {
            entry["stack"] = .array(step.stack.map { .quantity($0) })
            size += step.stack.count * 64
        }
        if withReturnData, !step.returnData.isEmpty {
            entry["returnData"] = .data(Array(step.returnData))
            size += 2 * step.returnData.count
        }
        if withMemory {
            entry["memory"] = .array(
                stride(from: 0, to: step.memory.count, by: 32).map {
                    .data(Array(step.memory[$0..<min($0 + 32, step.memory.count)]))
                })
            size += step.memory.count * 4
        }
        if withStorage, let storage = storage(step) { entry["storage"] = storage }
        logs.append(entry)
        isTooLarge = size > StructLogTracer.sizeLimit
    }

    /// After a storage instruction was seen, all slots of the contract that were touched so far.
    private func storage(_ step: TraceStep) -> JSON? {
        let top = step.stack.count - 1
        switch step.opcode {
        case .sload where top >= 0:
            let slot = step.stack[top]
            slots[step.address, default: [:]][slot] = step.state.storage(of: step.address, slot: slot)
        case .sstore where top >= 1:
            slots[step.address, default: [:]][step.stack[top]] = step.stack[top - 1]
        default: return nil
        }
        let touched = (slots[step.address] ?? [:]).sorted { $0.key < $1.key }
        size += touched.count * 300
        return .object(JSONObject(touched.map { ($0.key.hash.hex0x, .hash($0.value.hash)) }))
    }

    func stepEnd(cost: Int64, error: HaltReason?) {
        guard !logs.isEmpty, logs[logs.count - 1]["gasCost"] == 0 else { return }
        logs[logs.count - 1]["gasCost"] = .integer(cost)
        if let error { logs[logs.count - 1]["error"] = .string("\(error)") }
    }

    func enter(_ call: TraceCall) {}
    func exit(_ result: TraceResult) {}
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {}

    func json(_ outcome: Outcome) -> JSON {
        [
            "gas": JSON(outcome.gasUsed), "failed": .bool(!outcome.succeeded),
            "returnValue": .data(outcome.output), "structLogs": .array(logs.map { .object($0) }),
        ]
    }
}
