import Bytes

// What the machine tells its tracer. Nothing here is called where there is none.

extension Machine {
    @inline(never)
    func traceStep(_ frame: UnsafeMutablePointer<Frame>) {
        guard let tracer else { return }
        endStep(nil)
        let (start, size) = memoryView(frame)
        let stack = frame.pointee.stack
        openStep = frame.pointee.gas
        tracer.step(
            TraceStep(
                pc: frame.pointee.ip - frame.pointee.code, opcode: Opcode(byte: frame.pointee.ip.pointee),
                gas: frame.pointee.gas, depth: depth + 1, refund: refund, address: frame.pointee.address,
                stack: UnsafeBufferPointer(start: stack, count: frame.pointee.sp - stack),
                memory: UnsafeBufferPointer(start: start, count: size),
                returnData: UnsafeBufferPointer(start: returnData.pointee.base, count: returnData.pointee.count),
                state: state))
        if tracer.hasEnough { frame.pointee.gas = 0 }
    }

    /// Closes the step that is open, if one is.
    private func endStep(_ error: HaltReason?) {
        guard let before = openStep, let tracer else { return }
        openStep = nil
        let after = depth >= 0 ? frames[depth].gas : 0
        tracer.stepEnd(cost: error == nil ? before - after : before, error: error)
    }

    func traceFault(_ frame: UnsafeMutablePointer<Frame>, _ opcode: Opcode, _ reason: HaltReason) {
        endStep(reason)
    }

    /// A message that is about to run; `to` is whose code it runs.
    func traceEnter(_ message: Message, _ to: Address) {
        let input = UnsafeBufferPointer(
            start: memory.pointee.base + message.inputStart, count: message.inputCount)
        traceEnter(message, to, [UInt8](input))
    }

    func traceCreate(_ message: Message, _ initCode: [UInt8]) { traceEnter(message, message.address, initCode) }

    private func traceEnter(_ message: Message, _ to: Address, _ input: [UInt8]) {
        endStep(nil)
        tracer?.enter(
            TraceCall(
                kind: message.kind, from: message.kind == .delegateCall ? message.address : message.caller, to: to,
                value: message.value, gas: message.gas, input: input, depth: depth + 1))
    }

    func traceExit(_ status: Outcome.Status, gasUsed: Int64) {
        endStep(nil)
        tracer?.exit(TraceResult(status: status, gasUsed: gasUsed, output: returnData.pointee.bytes))
    }

    /// A call or creation that was refused before it began.
    func traceRefusal(
        _ frame: UnsafeMutablePointer<Frame>, _ kind: CallKind, _ to: Address, _ value: U256, _ gas: Int64,
        _ input: (start: Int, count: Int), _ reason: HaltReason
    ) {
        endStep(nil)
        let bytes = UnsafeBufferPointer(start: memoryView(frame).0 + input.start, count: input.count)
        tracer?.enter(
            TraceCall(
                kind: kind, from: frame.pointee.address, to: to, value: value, gas: gas, input: [UInt8](bytes),
                depth: depth + 1))
        tracer?.exit(TraceResult(status: .halted(reason), gasUsed: 0, output: []))
    }

    func traceSelfDestruct(_ frame: UnsafeMutablePointer<Frame>, _ beneficiary: Address, _ balance: U256) {
        tracer?.selfDestruct(frame.pointee.address, beneficiary: beneficiary, balance: balance)
    }
}
