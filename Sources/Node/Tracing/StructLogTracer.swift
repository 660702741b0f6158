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
    /// The entries as JSON; written at once, since a tree of values would take many times the memory.
    private var text: [UInt8] = []
    private var count = 0
    /// Whether the last entry still lacks its cost and its end.
    private var isOpen = false
    private var slots: [Address: [U256: U256]] = [:]
    private let sizeLimit: Int
    private(set) var isTooLarge = false

    /// - Parameter sizeLimit: bytes of text at which the trace is given up.
    init(_ configuration: JSON?, sizeLimit: Int) {
        withStack = !(configuration?["disableStack"]?.boolValue ?? false)
        withMemory = configuration?["enableMemory"]?.boolValue ?? false
        withStorage = !(configuration?["disableStorage"]?.boolValue ?? false)
        withReturnData = configuration?["enableReturnData"]?.boolValue ?? false
        limit = configuration?["limit"]?.intValue ?? 0
        self.sizeLimit = sizeLimit
    }

    var hasEnough: Bool { isTooLarge }

    private var isFull: Bool { isTooLarge || limit > 0 && count >= limit }

    func step(_ step: TraceStep) {
        close(cost: 0, error: nil)
        guard !isFull else { return }
        put(count == 0 ? "{\"pc\":" : ",{\"pc\":")
        put("\(step.pc),\"op\":\"\(step.opcode.name)\",\"gas\":\(step.gas),\"depth\":\(step.depth)")
        if step.refund > 0 { put(",\"refund\":\(step.refund)") }
        if withStack { put(",\"stack\":", step.stack) { $0.hexQuantity } }
        if withReturnData, !step.returnData.isEmpty { put(",\"returnData\":\"\(Array(step.returnData).hex0x)\"") }
        if withMemory {
            put(",\"memory\":", stride(from: 0, to: step.memory.count, by: 32)) {
                Array(step.memory[$0..<min($0 + 32, step.memory.count)]).hex0x
            }
        }
        if withStorage { putStorage(step) }
        (isOpen, count) = (true, count + 1)
        isTooLarge = text.count > sizeLimit
    }

    func stepEnd(cost: Int64, error: HaltReason?) { close(cost: cost, error: error) }

    private func close(cost: Int64, error: HaltReason?) {
        guard isOpen else { return }
        put(",\"gasCost\":\(cost)")
        if let error { put(",\"error\":" + JSON.string("\(error)").text) }
        put("}")
        isOpen = false
    }

    private func put(_ piece: String) { text += piece.utf8 }

    private func put<Element>(_ name: String, _ elements: some Sequence<Element>, _ write: (Element) -> String) {
        put(name + "[")
        for (index, element) in elements.enumerated() { put((index == 0 ? "\"" : ",\"") + write(element) + "\"") }
        put("]")
    }

    /// After a storage instruction was seen, all slots of the contract that were touched so far.
    private func putStorage(_ step: TraceStep) {
        let top = step.stack.count - 1
        switch step.opcode {
        case .sload where top >= 0:
            let slot = step.stack[top]
            slots[step.address, default: [:]][slot] = step.state.storage(of: step.address, slot: slot)
        case .sstore where top >= 1:
            slots[step.address, default: [:]][step.stack[top]] = step.stack[top - 1]
        default: return
        }
        let touched = (slots[step.address] ?? [:]).sorted { $0.key < $1.key }
        for (index, (slot, value)) in touched.enumerated() {
            put((index == 0 ? ",\"storage\":{\"" : ",\"") + slot.hash.hex0x + "\":\"" + value.hash.hex0x + "\"")
        }
        put("}")
    }

    func enter(_ call: TraceCall) {}
    func exit(_ result: TraceResult) {}
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {}

    /// The whole answer as JSON text.
    func write(_ outcome: Outcome) -> [UInt8] {
        close(cost: 0, error: nil)
        var answer = Array(
            ("{\"gas\":\(outcome.gasUsed),\"failed\":\(!outcome.succeeded),\"returnValue\":\"\(outcome.output.hex0x)\","
                + "\"structLogs\":[").utf8)
        answer += text
        answer += Array("]}".utf8)
        return answer
    }
}
