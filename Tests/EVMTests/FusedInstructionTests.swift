import Bytes
import EVM
import Testing

/// The silent loop does a push and the jump or memory access behind it at once; the traced one does them one by one.
@Suite struct FusedInstructionTests {
    private final class Deaf: Tracer {
        func step(_ step: TraceStep) {}
        func stepEnd(cost: Int64, error: HaltReason?) {}
        func enter(_ call: TraceCall) {}
        func exit(_ result: TraceResult) {}
        func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {}
    }

    /// Random programs with few words on the stack, little gas and offsets on both sides of the end of memory.
    @Test func bothLoopsAgree() throws {
        var source = SplitMix(state: 5)
        var (succeeded, failed) = (0, 0)
        for _ in 0..<3000 {
            var code: [UInt8] = []
            for _ in 0..<Int.random(in: 1...24, using: &source) {
                let offset = UInt8.random(in: 0...130, using: &source)
                let target = UInt8(min(255, code.count + Int.random(in: 0...6, using: &source)))
                let access: UInt8 = [0x51, 0x52].randomElement(using: &source) ?? 0x51
                switch Int.random(in: 0...7, using: &source) {
                case 0, 1: code += [0x60, offset, access]
                case 2, 3: code += [0x61, UInt8.random(in: 0...1, using: &source), offset, access]
                case 4: code += [0x60, offset]
                case 5: code += [0x80, 0x61, 0, target, 0x57, 0x5b]
                case 6: code += [0x61, 0, target, 0x56, 0x5b]
                default: code += [0x5b, 0x61, 0x10]  // a push that the next item, or the end, completes
                }
            }
            code += [0x60, 0x20, 0x60, 0x00, 0xf3]
            let gas = 21000 + UInt64.random(in: 0...160, using: &source)
            let silent = try MachineTests.machine(code: code).execute(
                MachineTests.message(gas: gas), sender: MachineTests.sender)
            let traced = try MachineTests.machine(code: code).execute(
                MachineTests.message(gas: gas), sender: MachineTests.sender, tracer: Deaf())
            #expect(silent.status == traced.status, "\(code.hex) with gas \(gas)")
            #expect(silent.gasUsed == traced.gasUsed, "\(code.hex) with gas \(gas)")
            #expect(silent.output == traced.output, "\(code.hex) with gas \(gas)")
            if silent.succeeded { succeeded += 1 } else { failed += 1 }
        }
        #expect(succeeded > 300 && failed > 300, "\(succeeded) programs succeeded, \(failed) failed")
    }
}
