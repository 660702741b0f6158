package import Bytes
import Crypto
package import Ethereum

extension Machine {
    /// Validates and executes a transaction; its effects stay in `state` (but not where the options say otherwise).
    ///
    /// - Parameter gasAvailable: what the block has left.
    /// - Throws: `TransactionRejection` where it may not stand in the block; the state is then as before.
    package func execute(
        _ tx: Transaction, sender: Address, gasAvailable: UInt64 = .max, options: ExecutionOptions = .transaction,
        tracer: (any Tracer)? = nil
    ) throws(TransactionRejection) -> Outcome {
        state.beginTransaction()
        let admission = try admit(tx, sender: sender, gasAvailable: gasAvailable, options: options)
        let start = state.checkpoint()
        self.tracer = tracer
        defer { self.tracer = nil }
        prepare(origin: sender, gasPrice: admission.price, baseFee: admission.baseFee, blobs: tx.blobVersionedHashes)

        let from = state.index(of: sender)
        let blobFee = admission.blobGas == 0 ? .zero : U256(admission.blobGas) &* block.blobBaseFee
        let cost = U256(tx.gasLimit) &* admission.price &+ blobFee
        if options.checksBalance, !cost.isZero { state.setBalance(from, state.record(from).pointee.balance &- cost) }
        let nonce = state.record(from).pointee.nonce
        state.touch(from)
        state.setNonce(from, nonce &+ 1)
        warmUp(tx, sender: from)
        for authorization in tx.authorizations { apply(authorization) }

        let gas = Int64(clamping: tx.gasLimit - admission.intrinsic.gas)
        if let to = tx.to {
            call(to: to, from: sender, value: tx.value, data: tx.data, gas: gas)
        } else {
            deploy(from: sender, nonce: nonce, value: tx.value, initCode: tx.data, gas: gas)
        }
        let outcome = settle(tx, sender: from, admission: admission, options: options)
        if options.commits {
            state.finishTransaction(clearingEmpty: block.fork >= .spuriousDragon)
        } else {
            state.rollback(to: start)
        }
        initCodes.removeAll(keepingCapacity: true)
        return outcome
    }

    /// Sets what opcodes see of block and transaction, and forgets the last run.
    func prepare(origin: Address, gasPrice: U256, baseFee: U256, blobs: [Hash32]) {
        let fork = block.fork
        environment.pointee = Environment(
            fork: fork, schedule: GasSchedule(fork), origin: U256(origin), gasPrice: gasPrice,
            coinbase: U256(block.coinbase), timestamp: U256(block.timestamp), number: U256(block.number),
            prevRandao: fork >= .paris ? U256(block.prevRandao) : block.difficulty, gasLimit: U256(block.gasLimit),
            chainID: U256(block.chainID), baseFee: baseFee,
            blobBaseFee: fork >= .cancun ? block.blobBaseFee : .zero)
        blobHashes = blobs
        depth = -1
        refund = 0
        failure = nil
        logs.pointee.truncate(to: .start)
        returnData.pointee.clear()
    }

    /// What is warm from the start (EIP-2929, 2930, 3651).
    private func warmUp(_ tx: Transaction, sender: Int) {
        guard block.fork >= .berlin else { return }
        _ = state.warm(sender)
        if let to = tx.to { _ = state.warm(state.index(of: to)) }
        if block.fork >= .shanghai { _ = state.warm(state.index(of: block.coinbase)) }
        for entry in tx.accessList {
            let account = state.index(of: entry.address)
            _ = state.warm(account)
            for key in entry.storageKeys { _ = state.warmSlot(state.slotIndex(account, U256(key))) }
        }
    }

    /// Sets an account's delegation where its owner signed for it (EIP-7702); otherwise nothing.
    private func apply(_ authorization: Authorization) {
        guard authorization.chainID.isZero || authorization.chainID == U256(block.chainID),
            authorization.nonce < .max, let authority = authorization.authority
        else { return }
        let account = state.index(of: authority)
        _ = state.warm(account)
        let record = state.record(account).pointee
        guard record.codeHash == AccountInfo.emptyCodeHash || state.bytecode(account).delegation != nil,
            record.nonce == authorization.nonce
        else { return }
        if record.exists { refund &+= Int64(Gas.authorization - Gas.authorizationBase) }
        state.touch(account)
        let designator = authorization.address.isZero ? [] : [0xef, 0x01, 0x00] + authorization.address.bytes
        state.setCodeHash(account, state.keep(code: designator))
        state.setNonce(account, record.nonce + 1)
    }

    /// Runs a message call from outside to its end; leaves its end in `result` and `returnData`.
    func call(to: Address, from: Address, value: U256, data: [UInt8], gas: Int64) {
        let fork = block.fork
        memory.pointee.reserve(data.count, keeping: 0)
        data.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { memory.pointee.base.update(from: start, count: source.count) }
        }
        let account = state.index(of: to)
        let precompile = self.precompile(at: to, fork)
        var code = Bytecode.empty
        if precompile == nil {
            code = state.bytecode(account)
            if let delegate = code.delegation, fork >= .prague {
                let behind = state.index(of: delegate)
                _ = state.warm(behind)
                code = self.precompile(at: delegate, fork) == nil ? state.bytecode(behind) : .empty
            }
        }
        let message = Message(
            account: account, address: to, caller: from, value: value, gas: gas, code: code,
            inputCount: data.count, checkpoint: state.checkpoint())
        if tracer != nil { traceEnter(message, to) }
        let sender = state.index(of: from)
        if state.record(sender).pointee.balance < value {
            end(.halted(.insufficientBalance), gasLeft: 0, of: message)
            return
        }
        transfer(from: sender, to: account, value, fork)
        if let precompile {
            let input = UnsafeRawBufferPointer(start: memory.pointee.base, count: data.count)
            switch execute(precompile, input, gas: gas) {
            case .success(let cost): end(.success, gasLeft: gas - cost, of: message)
            case .failure(let reason): end(.halted(reason), gasLeft: 0, of: message)
            }
            return
        }
        enter(message)
        runToEnd()
    }

    /// Ends a message that never became a frame.
    private func end(_ status: Outcome.Status, gasLeft: Int64, of message: Message) {
        if status != .success {
            returnData.pointee.clear()
            state.rollback(to: message.checkpoint)
        }
        if tracer != nil { traceExit(status, gasUsed: message.gas - gasLeft) }
        result = FrameResult(status: status, gasLeft: gasLeft, created: nil)
    }

    /// Runs init code from outside to its end.
    private func deploy(from: Address, nonce: UInt64, value: U256, initCode: [UInt8], gas: Int64) {
        let address = Address.created(by: from, nonce: nonce)
        let account = state.index(of: address)
        if block.fork >= .berlin { _ = state.warm(account) }
        let entered = enterCreation(
            .create, account: account, address: address, creator: state.index(of: from), caller: from, value: value,
            gas: gas, initCode: initCode)
        if entered {
            runToEnd()
        } else {
            result = FrameResult(status: .halted(.contractAddressCollision), gasLeft: 0, created: nil)
        }
    }

    /// Refunds, pays the coinbase and draws up the outcome.
    private func settle(
        _ tx: Transaction, sender: Int, admission: Admission, options: ExecutionOptions
    ) -> Outcome {
        let used = tx.gasLimit - UInt64(max(0, result.gasLeft))
        let refunded = min(UInt64(max(0, refund)), used / environment.pointee.schedule.refundQuotient)
        let gasUsed = max(used - refunded, admission.intrinsic.floor)
        if options.checksBalance, !admission.price.isZero {
            let back = U256(tx.gasLimit - gasUsed) &* admission.price
            state.setBalance(sender, state.record(sender).pointee.balance &+ back)
        }
        let coinbase = state.index(of: block.coinbase)
        state.touch(coinbase)
        let reward = U256(gasUsed) &* admission.tip
        if options.checksBalance, !reward.isZero {
            state.setBalance(coinbase, state.record(coinbase).pointee.balance &+ reward)
        }
        return Outcome(
            status: result.status, gasUsed: gasUsed, gasRefunded: refunded,
            gasPeak: max(used, admission.intrinsic.floor), output: returnData.pointee.bytes,
            encodedLogs: logs.pointee.encoded,
            createdAddress: result.status == .success ? result.created : nil, effectiveGasPrice: admission.price,
            blobGasUsed: admission.blobGas)
    }
}
