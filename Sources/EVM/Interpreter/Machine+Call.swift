import Bytes

/// What became of an instruction that may push a frame.
enum Transfer {
    /// A frame was pushed; the loop goes on there.
    case entered
    /// The instruction is done; its result is on the stack.
    case returned
    /// The frame halts; `failure` says why.
    case failed
}

extension Machine {
    /// `CALL`, `CALLCODE`, `DELEGATECALL`, `STATICCALL`.
    @inline(never)
    func call(_ frame: UnsafeMutablePointer<Frame>, _ kind: CallKind) -> Transfer {
        let fork = environment.pointee.fork
        let schedule = environment.pointee.schedule
        let hasValue = kind == .call || kind == .callCode
        let top = frame.pointee.sp
        let sp = top - (hasValue ? 7 : 6)
        let value = hasValue ? word(top - 3) : .zero
        let requested = word(top - 1)
        let target = Address(truncating: word(top - 2))
        if kind == .call, frame.pointee.isStatic, !value.isZero { return failed(.writeProtection) }

        // Price: access, memory, value, a new account, a delegation.
        let account = state.index(of: target)
        guard charge(frame, accessCost(account, schedule.call)),
            let input = range(frame, word(sp + 3), word(sp + 2)),
            let output = range(frame, word(sp + 1), word(sp))
        else { return .failed }
        var cost: Int64 = value.isZero ? 0 : Gas.callValue
        if kind == .call {
            let record = state.record(account)
            if fork >= .spuriousDragon {
                if !value.isZero, record.pointee.isEmpty { cost &+= Gas.newAccount }
            } else if !record.pointee.exists {
                cost &+= Gas.newAccount
            }
        }
        let precompile = self.precompile(at: target, fork)
        var code = Bytecode.empty
        if precompile == nil {
            code = state.bytecode(account)
            if let delegate = code.delegation, fork >= .prague {
                let behind = state.index(of: delegate)
                cost &+= accessCost(behind, schedule.call)
                code = self.precompile(at: delegate, fork) == nil ? state.bytecode(behind) : .empty
            }
        }
        guard charge(frame, cost) else { return .failed }

        // Gas for the callee.
        let left = frame.pointee.gas
        let gas: Int64
        if fork >= .tangerineWhistle {
            let most = left &- left / 64
            gas = requested.asUInt64.map { $0 < UInt64(most) ? Int64($0) : most } ?? most
        } else {
            guard let wanted = requested.asUInt64, wanted <= UInt64(left) else { return failed(.outOfGas) }
            gas = Int64(wanted)
        }
        frame.pointee.gas = left &- gas
        let calleeGas = value.isZero ? gas : gas &+ Gas.callStipend
        frame.pointee.sp = sp
        returnData.pointee.clear()
        let own = frame.pointee.account
        if depth >= Limits.callDepth || (hasValue && state.record(own).pointee.balance < value) {
            if tracer != nil {
                let reason: HaltReason = depth >= Limits.callDepth ? .callDepthExceeded : .insufficientBalance
                traceRefusal(frame, kind, target, value, calleeGas, input, reason)
            }
            frame.pointee.gas &+= calleeGas
            return returned(frame, 0)
        }

        var message = Message(
            kind: kind, account: account, address: target, caller: frame.pointee.address, value: value, gas: calleeGas,
            isStatic: frame.pointee.isStatic || kind == .staticCall, code: code,
            inputStart: frame.pointee.memoryStart &+ input.start, inputCount: input.count,
            outputOffset: output.start, outputCapacity: output.count, checkpoint: state.checkpoint())
        switch kind {
        case .call:
            transfer(from: own, to: account, value, fork)
        case .staticCall:
            if state.record(account).pointee.exists { state.touch(account) }
        case .callCode:
            (message.account, message.address) = (own, frame.pointee.address)
        default:
            (message.account, message.address) = (own, frame.pointee.address)
            (message.caller, message.value) = (frame.pointee.caller, frame.pointee.value)
        }
        if tracer != nil { traceEnter(message, target) }
        if let precompile {
            run(precompile, message, in: frame)
            return .returned
        }
        if code.count == 0, tracer == nil {
            frame.pointee.gas &+= calleeGas
            return returned(frame, 1)
        }
        enter(message)
        return .entered
    }

    /// Moves value and lets the recipient stand in the state.
    @inline(__always)
    func transfer(from sender: Int, to recipient: Int, _ value: U256, _ fork: Fork) {
        if value.isZero {
            // Since Spurious Dragon an empty call to nobody leaves no account behind.
            if fork < .spuriousDragon || state.record(recipient).pointee.exists { state.touch(recipient) }
            return
        }
        state.touch(recipient)
        if sender == recipient { return }
        state.setBalance(sender, state.record(sender).pointee.balance &- value)
        state.setBalance(recipient, state.record(recipient).pointee.balance &+ value)
    }

    @inline(__always)
    func returned(_ frame: UnsafeMutablePointer<Frame>, _ word: UInt64) -> Transfer {
        frame.pointee.sp[0] = U256(word)
        frame.pointee.sp += 1
        return .returned
    }

    func failed(_ reason: HaltReason) -> Transfer {
        failure = reason
        return .failed
    }

    /// Runs a precompile for `message` and puts its result on the caller's stack.
    private func run(_ precompile: Precompile, _ message: Message, in frame: UnsafeMutablePointer<Frame>) {
        let input = UnsafeRawBufferPointer(
            start: memory.pointee.base + message.inputStart, count: message.inputCount)
        switch execute(precompile, input, gas: message.gas) {
        case .success(let cost):
            let count = min(returnData.pointee.count, message.outputCapacity)
            (memoryView(frame).0 + message.outputOffset).update(from: returnData.pointee.base, count: count)
            frame.pointee.gas &+= message.gas &- cost
            if tracer != nil { traceExit(.success, gasUsed: cost) }
            _ = returned(frame, 1)
        case .failure(let reason):
            returnData.pointee.clear()
            state.rollback(to: message.checkpoint)
            keepRipemdTouch(message.account)
            if tracer != nil { traceExit(.halted(reason), gasUsed: message.gas) }
            _ = returned(frame, 0)
        }
    }

    /// The main network once removed account 3 after a failed call had touched it; all clients repeat that.
    private func keepRipemdTouch(_ account: Int) {
        if environment.pointee.fork >= .spuriousDragon, state.record(account).pointee.address == Address(number: 3),
            state.record(account).pointee.exists
        {
            state.touch(account)
        }
    }
}
