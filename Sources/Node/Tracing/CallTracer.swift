import Bytes
import EVM
import Ethereum
import JSON

/// The tree of calls that a transaction makes, as geth's `callTracer` prints it.
final class CallTracer: Tracer {
    private struct Frame {
        var call: TraceCall
        var children: [JSON] = []
        var logs: [JSON] = []
    }

    private let onlyTopCall: Bool
    private let withLog: Bool
    private var open: [Frame] = []
    private var logCount = 0
    /// An estimate of the bytes of the answer, at whose limit the trace is given up.
    private var size = 0
    private let sizeLimit: Int
    private(set) var root: JSONObject?

    var isTooLarge: Bool { size > sizeLimit }
    var hasEnough: Bool { isTooLarge }

    init(_ configuration: JSON?, sizeLimit: Int) {
        self.sizeLimit = sizeLimit
        onlyTopCall = configuration?["onlyTopCall"]?.boolValue ?? false
        withLog = configuration?["withLog"]?.boolValue ?? false
    }

    func enter(_ call: TraceCall) { open.append(Frame(call: call)) }

    func exit(_ result: TraceResult) {
        guard let frame = open.popLast() else { return }
        size += 2000 + 2 * (frame.call.input.count + result.output.count)
        if isTooLarge { return }
        let object = CallTracer.object(frame.call, result, children: frame.children, logs: frame.logs)
        if open.isEmpty { root = object }
        guard !open.isEmpty, !(onlyTopCall && frame.call.depth > 0) else { return }
        open[open.count - 1].children.append(.object(object))
    }

    func step(_ step: TraceStep) {
        let number = Int(step.opcode.rawValue) - 0xa0
        guard withLog, (0...4).contains(number), step.stack.count >= number + 2, !open.isEmpty, !isTooLarge else {
            return
        }
        if onlyTopCall, open.count > 1 { return }
        let top = step.stack.count - 1
        let data = step.memorySlice(offset: step.stack[top], count: step.stack[top - 1])
        let topics = (0..<number).map { JSON.hash(step.stack[top - 2 - $0].hash) }
        open[open.count - 1].logs.append([
            "address": .address(step.address), "topics": .array(topics), "data": .data(data),
            "position": .quantity(open[open.count - 1].children.count), "index": .quantity(logCount),
        ])
        logCount += 1
        size += 1000 + 2 * data.count
    }

    func stepEnd(cost: Int64, error: HaltReason?) {}

    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {
        guard !open.isEmpty, !onlyTopCall else { return }
        open[open.count - 1].children.append([
            "from": .address(address), "gas": "0x0", "gasUsed": "0x0", "to": .address(beneficiary), "input": "0x",
            "value": .quantity(balance), "type": "SELFDESTRUCT",
        ])
    }

    /// The whole transaction: its gas includes what it costs before the first instruction.
    func json(gasLimit: UInt64?, outcome: Outcome) -> JSON {
        guard var root else { return .null }
        if let gasLimit { root["gas"] = .quantity(gasLimit) }
        root["gasUsed"] = .quantity(outcome.gasUsed)
        return .object(root)
    }

    private static func object(_ call: TraceCall, _ result: TraceResult, children: [JSON], logs: [JSON]) -> JSONObject {
        var object: JSONObject = [
            "from": .address(call.from), "gas": .quantity(UInt64(max(0, call.gas))),
            "gasUsed": .quantity(UInt64(max(0, result.gasUsed))), "to": .address(call.to), "input": .data(call.input),
        ]
        switch result.status {
        case .success:
            if !result.output.isEmpty { object["output"] = .data(result.output) }
        case .reverted:
            if !result.output.isEmpty { object["output"] = .data(result.output) }
            object["error"] = "execution reverted"
            if let words = RevertReason(result.output).words { object["revertReason"] = .string(words) }
        case .halted(let reason):
            object["error"] = .string("\(reason)")
        }
        if call.isCreation, result.status != .success { object["to"] = nil }
        if !children.isEmpty { object["calls"] = .array(children) }
        // What a failed frame logged never happened.
        if !logs.isEmpty, result.status == .success { object["logs"] = .array(logs) }
        if call.kind != .staticCall { object["value"] = .quantity(call.value) }
        object["type"] = .string(call.kind.name)
        return object
    }
}

extension TraceCall {
    var isCreation: Bool { kind == .create || kind == .create2 }
}

extension TraceStep {
    /// Memory as the instruction would see it: zeros behind what is there; at most a megabyte.
    func memorySlice(offset: U256, count: U256) -> [UInt8] {
        guard let count = count.asInt, count > 0, count <= 1 << 20, let offset = offset.asInt else { return [] }
        let there = offset < memory.count ? Array(memory[offset..<min(memory.count, offset + count)]) : []
        return there + [UInt8](repeating: 0, count: count - there.count)
    }
}
