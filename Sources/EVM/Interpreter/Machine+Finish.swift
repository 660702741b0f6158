import Bytes

extension Machine {
    /// Ends the running frame without success: it has lost its gas.
    @inline(never)
    func halt(_ frame: UnsafeMutablePointer<Frame>, _ opcode: Opcode, _ gas: Int64) {
        let reason = failure ?? diagnose(frame, opcode, gas)
        failure = nil
        frame.pointee.gas = 0
        returnData.pointee.clear()
        if tracer != nil { traceFault(frame, opcode, reason) }
        finishFrame(.halted(reason))
    }

    /// Finds out why a case of the loop gave up without saying.
    private func diagnose(_ frame: UnsafeMutablePointer<Frame>, _ opcode: Opcode, _ gas: Int64) -> HaltReason {
        guard let info = opcode.info, environment.pointee.fork >= info.since, opcode != .invalid else {
            return .invalidOpcode(opcode.rawValue)
        }
        if gas < 0 { return .outOfGas }
        let height = frame.pointee.sp - frame.pointee.stack
        if height < info.pops { return .stackUnderflow(have: height, want: info.pops) }
        if height - info.pops + info.pushes > Limits.stack {
            return .stackOverflow(have: height, limit: Limits.stack)
        }
        return .outOfGas
    }

    /// Pops the running frame and hands its result to its caller, or to `result` where it was the outermost.
    ///
    /// The output lies in `returnData`.
    @inline(never)
    func finishFrame(_ ended: Outcome.Status) {
        let frame = frames + depth
        var status = ended
        let creates = frame.pointee.kind.creates
        if creates, status == .success, let reason = deposit(frame) {
            status = .halted(reason)
            frame.pointee.gas = 0
            returnData.pointee.clear()
        }
        let succeeded = status == .success
        if !succeeded {
            state.rollback(to: frame.pointee.checkpoint)
            logs.pointee.truncate(to: frame.pointee.logs)
            refund = frame.pointee.refund
        }
        if tracer != nil { traceExit(status, gasUsed: frame.pointee.gasAtStart &- frame.pointee.gas) }
        depth &-= 1
        if depth < 0 {
            result = FrameResult(
                status: status, gasLeft: frame.pointee.gas, created: creates ? frame.pointee.address : nil)
            return
        }
        let parent = frames + depth
        parent.pointee.gas &+= frame.pointee.gas
        if creates {
            parent.pointee.sp[0] = succeeded ? U256(frame.pointee.address) : U256(0 as UInt64)
            if succeeded { returnData.pointee.clear() }
        } else {
            parent.pointee.sp[0] = U256(succeeded ? 1 : 0 as UInt64)
            let count = min(returnData.pointee.count, frame.pointee.outputCapacity)
            (memory.pointee.base + parent.pointee.memoryStart + frame.pointee.outputOffset)
                .update(from: returnData.pointee.base, count: count)
        }
        parent.pointee.sp += 1
    }
}
