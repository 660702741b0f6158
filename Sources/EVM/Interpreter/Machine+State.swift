import Bytes

// Opcodes that read or write the state. A verb that returns false has noted why; results go to the stack words the
// loop leaves in place.

extension Machine {
    /// The price of touching an account: `base`, and more where it is cold.
    @inline(__always)
    func accessCost(_ account: Int, _ base: Int64) -> Int64 {
        guard environment.pointee.fork >= .berlin, state.warm(account) else { return base }
        // Precompiles are warm always.
        if precompile(at: state.record(account).pointee.address, environment.pointee.fork) != nil { return base }
        return base &+ environment.pointee.schedule.coldAccount
    }

    @inline(never)
    func balanceOf(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let account = state.index(of: Address(truncating: sp[-1]))
        guard charge(frame, accessCost(account, environment.pointee.schedule.balance)) else { return false }
        sp[-1] = state.record(account).pointee.balance
        return true
    }

    @inline(never)
    func externalCodeSize(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let account = state.index(of: Address(truncating: sp[-1]))
        guard charge(frame, accessCost(account, environment.pointee.schedule.extCode)) else { return false }
        sp[-1] = U256(UInt64(truncatingIfNeeded: state.bytecode(account).count))
        return true
    }

    @inline(never)
    func externalCodeHash(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let account = state.index(of: Address(truncating: sp[-1]))
        guard charge(frame, accessCost(account, environment.pointee.schedule.extCodeHash)) else { return false }
        let record = state.record(account)
        sp[-1] = record.pointee.isEmpty ? U256(0 as UInt64) : U256(record.pointee.codeHash)
        return true
    }

    @inline(never)
    func blockHash(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        guard charge(frame, Gas.blockHash) else { return false }
        let current = environment.pointee.number.l0
        if let number = sp[-1].asUInt64, number < current, current &- number <= 256 {
            sp[-1] = U256(state.reader.blockHash(number))
        } else {
            sp[-1] = U256(0 as UInt64)
        }
        return true
    }

    @inline(never)
    func blobHash(_ index: U256) -> U256 {
        guard let index = index.asUInt64, index < UInt64(blobHashes.count) else { return .zero }
        return U256(blobHashes[Int(index)])
    }

    @inline(never)
    func loadSlot(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let slot = state.slotIndex(frame.pointee.account, word(sp - 1))
        var cost = environment.pointee.schedule.sload
        if environment.pointee.fork >= .berlin, state.warmSlot(slot) { cost &+= environment.pointee.schedule.coldSlot }
        guard charge(frame, cost) else { return false }
        sp[-1] = state.tables.pointee.slots.base[slot].value
        return true
    }

    @inline(never)
    func storeSlot(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        if frame.pointee.isStatic { return fail(.writeProtection) }
        let schedule = environment.pointee.schedule
        if schedule.hasStipendRule, frame.pointee.gas <= Gas.sstoreSentry { return fail(.outOfGas) }
        let sp = frame.pointee.sp
        let new = word(sp - 2)
        let slot = state.slotIndex(frame.pointee.account, word(sp - 1))
        var cost: Int64 = 0
        if environment.pointee.fork >= .berlin, state.warmSlot(slot) { cost = schedule.coldSlot &+ schedule.sload }
        let record = state.tables.pointee.slots.base + slot
        let current = record.pointee.value
        if !schedule.metersNet {
            cost = current.isZero && !new.isZero ? schedule.sstoreSet : schedule.sstoreReset
            guard charge(frame, cost) else { return false }
            if !current.isZero && new.isZero { refund &+= schedule.sstoreClearRefund }
        } else {
            let original = record.pointee.original
            if new == current || original != current {
                cost &+= schedule.sstoreDirty
            } else {
                cost &+= original.isZero ? schedule.sstoreSet : schedule.sstoreReset
            }
            guard charge(frame, cost) else { return false }
            if new != current { refundStore(schedule, original, current, new) }
        }
        if new != current { state.setSlot(slot, new) }
        return true
    }

    /// Moves the refund counter by the rules of EIP-1283, 2200 and 3529; `new` differs from `current`.
    @inline(__always)
    private func refundStore(_ schedule: GasSchedule, _ original: U256, _ current: U256, _ new: U256) {
        if original == current {
            if !original.isZero, new.isZero { refund &+= schedule.sstoreClearRefund }
            return
        }
        if !original.isZero {
            if current.isZero { refund &-= schedule.sstoreClearRefund }
            if new.isZero { refund &+= schedule.sstoreClearRefund }
        }
        if original == new {
            refund &+= (original.isZero ? schedule.sstoreSet : schedule.sstoreReset) &- schedule.sstoreDirty
        }
    }

    @inline(never)
    func loadTransient(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        guard charge(frame, Gas.transient) else { return false }
        let slot = state.transientIndex(frame.pointee.account, word(sp - 1))
        sp[-1] = state.tables.pointee.transients.base[slot].value
        return true
    }

    @inline(never)
    func storeTransient(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        if frame.pointee.isStatic { return fail(.writeProtection) }
        let sp = frame.pointee.sp
        guard charge(frame, Gas.transient) else { return false }
        state.setTransient(state.transientIndex(frame.pointee.account, word(sp - 1)), word(sp - 2))
        return true
    }

    @inline(never)
    func selfDestruct(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        if frame.pointee.isStatic { return fail(.writeProtection) }
        let fork = environment.pointee.fork
        let schedule = environment.pointee.schedule
        let own = frame.pointee.account
        let beneficiary = state.index(of: Address(truncating: frame.pointee.sp[-1]))
        var cost = schedule.selfDestruct
        if fork >= .berlin { cost &+= accessCost(beneficiary, 0) == 0 ? 0 : schedule.coldBeneficiary }
        let balance = state.record(own).pointee.balance
        let target = state.record(beneficiary)
        if fork >= .spuriousDragon {
            if !balance.isZero, target.pointee.isEmpty { cost &+= Gas.newAccount }
        } else if fork >= .tangerineWhistle, !target.pointee.exists {
            cost &+= Gas.newAccount
        }
        guard charge(frame, cost) else { return false }
        let removes = fork < .cancun || state.record(own).pointee.created == state.tables.pointee.transaction
        state.touch(beneficiary)
        if beneficiary != own {
            state.setBalance(beneficiary, state.record(beneficiary).pointee.balance &+ balance)
            state.setBalance(own, .zero)
        } else if removes {
            state.setBalance(own, .zero)
        }
        if removes, state.markDestructed(own) { refund &+= schedule.selfDestructRefund }
        if tracer != nil { traceSelfDestruct(frame, state.record(beneficiary).pointee.address, balance) }
        return true
    }
}
