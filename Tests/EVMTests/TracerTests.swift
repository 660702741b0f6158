import Bytes
import EVM
import Testing

/// Writes down what it is told.
private final class Notes: Tracer {
    var steps: [(name: String, depth: Int, cost: Int64)] = []
    var calls: [TraceCall] = []
    var ends: [TraceResult] = []
    var errors: [HaltReason] = []

    func step(_ step: TraceStep) { steps.append((step.opcode.name, step.depth, 0)) }

    func stepEnd(cost: Int64, error: HaltReason?) {
        steps[steps.count - 1].cost = cost
        if let error { errors.append(error) }
    }

    func enter(_ call: TraceCall) { calls.append(call) }
    func exit(_ result: TraceResult) { ends.append(result) }
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {}
}

@Suite struct TracerTests {
    /// Steps come in order with their cost; a call's cost includes what it hands on; what comes back is its exit.
    @Test func stepsAndCalls() throws {
        // CALL(5000, other, 0, 0, 0, 0, 0); STOP and, at the other, PUSH 1 POP STOP
        let code = try [UInt8](hex: "60006000600060006000" + "6107e4" + "611388f100")
        let machine = MachineTests.machine(code: code, other: try [UInt8](hex: "60015000"))
        let notes = Notes()
        let outcome = try machine.execute(MachineTests.message(), sender: MachineTests.sender, tracer: notes)
        let names = [
            "PUSH1", "PUSH1", "PUSH1", "PUSH1", "PUSH1", "PUSH2", "PUSH2", "CALL", "PUSH1", "POP", "STOP", "STOP",
        ]
        #expect(notes.steps.map(\.name) == names)
        #expect(notes.steps.map(\.depth) == [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1])
        #expect(notes.steps.map(\.cost) == [3, 3, 3, 3, 3, 3, 3, 7600, 3, 2, 0, 0])
        #expect(notes.calls.map(\.to) == [MachineTests.contract, MachineTests.other])
        #expect(notes.calls.map(\.gas) == [979_000, 5000])
        #expect(notes.ends.map(\.gasUsed) == [5, 2626])
        #expect(notes.errors.isEmpty)
        #expect(outcome.gasUsed == 21000 + 2626)
    }

    /// The traced copy of the loop does what the silent one does, step by step, faults included.
    @Test(arguments: [
        "6001600055600054", "600456", "5b600056", "01", "fe", "60ff60005260206000fd", "6000600060006000f0",
    ])
    func tracingChangesNothing(code: String) throws {
        let bytes = try [UInt8](hex: code)
        let silent = try MachineTests.machine(code: bytes).execute(
            MachineTests.message(gas: 60000), sender: MachineTests.sender)
        let notes = Notes()
        let traced = try MachineTests.machine(code: bytes).execute(
            MachineTests.message(gas: 60000), sender: MachineTests.sender, tracer: notes)
        #expect(silent.status == traced.status)
        #expect(silent.gasUsed == traced.gasUsed)
        #expect(silent.output == traced.output)
        #expect(notes.calls.count == notes.ends.count)
    }
}
