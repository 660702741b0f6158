import Bytes
import Crypto
import Ethereum

extension Machine {
    /// `CREATE` and `CREATE2`.
    @inline(never)
    func create(_ frame: UnsafeMutablePointer<Frame>, _ kind: CallKind) -> Transfer {
        let fork = environment.pointee.fork
        if frame.pointee.isStatic { return failed(.writeProtection) }
        let top = frame.pointee.sp
        let sp = top - (kind == .create ? 3 : 4)
        let value = top[-1]
        guard let (start, count) = range(frame, top[-2], top[-3]) else { return .failed }
        if fork >= .shanghai, count > Limits.initCodeSize { return failed(.initCodeSizeExceeded) }
        var cost = Gas.create &+ environment.pointee.schedule.initCodeWord &* Self.words(count)
        if kind == .create2 { cost &+= Gas.keccakWord &* Self.words(count) }
        guard charge(frame, cost) else { return .failed }

        let left = frame.pointee.gas
        let gas = fork >= .tangerineWhistle ? left &- left / 64 : left
        frame.pointee.gas = left &- gas
        frame.pointee.sp = sp
        returnData.pointee.clear()
        let own = frame.pointee.account
        let creator = state.record(own)
        if depth >= Limits.callDepth || creator.pointee.balance < value || creator.pointee.nonce == .max {
            if tracer != nil {
                let reason: HaltReason =
                    depth >= Limits.callDepth
                    ? .callDepthExceeded : creator.pointee.nonce == .max ? .nonceOverflow : .insufficientBalance
                traceRefusal(frame, kind, .zero, value, gas, (start, count), reason)
            }
            frame.pointee.gas = left
            return returned(frame, 0)
        }
        let initCode = [UInt8](UnsafeBufferPointer(start: memoryView(frame).0 + start, count: count))
        let address =
            kind == .create
            ? Address.created(by: frame.pointee.address, nonce: creator.pointee.nonce)
            : Address.created(
                by: frame.pointee.address, salt: top[-4].hash, initCodeHash: Crypto.keccak256(initCode))
        state.setNonce(own, creator.pointee.nonce &+ 1)
        let account = state.index(of: address)
        if fork >= .berlin { _ = state.warm(account) }
        let entered = enterCreation(
            kind, account: account, address: address, creator: own, caller: frame.pointee.address, value: value,
            gas: gas, initCode: initCode)
        return entered ? .entered : returned(frame, 0)
    }

    /// Prepares the new account and pushes the frame of its init code; false where the address is taken.
    func enterCreation(
        _ kind: CallKind, account: Int, address: Address, creator: Int, caller: Address, value: U256, gas: Int64,
        initCode: [UInt8]
    ) -> Bool {
        let fork = environment.pointee.fork
        let code = Bytecode(initCode)
        initCodes.append(code)
        let checkpoint = state.checkpoint()
        let message = Message(
            kind: kind, account: account, address: address, caller: caller, value: value, gas: gas, code: code,
            checkpoint: checkpoint)
        if tracer != nil { traceCreate(message, initCode) }
        if state.record(account).pointee.hasCodeOrNonce || state.hasStorage(account) {
            if tracer != nil { traceExit(.halted(.contractAddressCollision), gasUsed: gas) }
            return false
        }
        state.touch(account)
        state.markCreated(account)
        if fork >= .spuriousDragon { state.setNonce(account, 1) }
        transfer(from: creator, to: account, value, fork)
        enter(message)
        return true
    }

    /// Stores what init code returned as the code of its account; says what is wrong with it otherwise.
    ///
    /// Takes the gas for it from the frame.
    func deposit(_ frame: UnsafeMutablePointer<Frame>) -> HaltReason? {
        let fork = environment.pointee.fork
        let count = returnData.pointee.count
        if fork >= .spuriousDragon, count > Limits.codeSize { return .codeSizeExceeded }
        if fork >= .london, count > 0, returnData.pointee.base[0] == 0xef { return .invalidCode }
        let cost = Gas.codeDepositByte &* Int64(truncatingIfNeeded: count)
        if cost > frame.pointee.gas {
            // Frontier kept the account and its gas, without code.
            if fork >= .homestead { return .codeStoreOutOfGas }
            return nil
        }
        frame.pointee.gas &-= cost
        state.setCodeHash(frame.pointee.account, state.keep(code: returnData.pointee.bytes))
        return nil
    }
}
