import Bytes

// The loop. It is one function on purpose: all that is hot stays in locals, and the switch over all 256 bytes becomes
// one dense jump table (a script checks the disassembly). A case that succeeds ends with `continue`; one that leaves
// the switch has failed, and the frame halts.

extension Machine {
    func run<Mode: TraceMode>(_ mode: Mode.Type) {
        let floor = depth
        let environment = environment
        frames: while depth >= floor {
            let frame = frames + depth
            let base = frame.pointee.stack
            var ip = frame.pointee.ip
            var sp = frame.pointee.sp
            var gas = frame.pointee.gas
            var memory = self.memory.pointee.base + frame.pointee.memoryStart
            var memorySize = frame.pointee.memorySize

            while true {
                if Mode.isActive {
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    traceStep(frame)
                    gas = frame.pointee.gas
                }
                let opcode = Opcode(byte: ip.pointee)
                ip += 1
                switch opcode {
                case .stop:
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    returnData.pointee.clear()
                    finishFrame(.success)
                    continue frames

                // Arithmetic

                case .add:
                    if binary(&sp, base, &gas, Gas.veryLow, sum) { continue }
                case .mul:
                    if binary(&sp, base, &gas, Gas.low, multiply) { continue }
                case .sub:
                    if binary(&sp, base, &gas, Gas.veryLow, difference) { continue }
                case .div:
                    if binary(&sp, base, &gas, Gas.low, quotient) { continue }
                case .sdiv:
                    if binary(&sp, base, &gas, Gas.low, signedDivide) { continue }
                case .mod:
                    if binary(&sp, base, &gas, Gas.low, remainder) { continue }
                case .smod:
                    if binary(&sp, base, &gas, Gas.low, signedModulo) { continue }
                case .addMod:
                    if ternary(&sp, base, &gas, addModulo) { continue }
                case .mulMod:
                    if ternary(&sp, base, &gas, mulModulo) { continue }
                case .exp:
                    guard has(2, sp, base) else { break }
                    let bytes = Int64(truncatingIfNeeded: (sp[-2].bitWidth &+ 7) / 8)
                    guard pays(&gas, Gas.exp &+ environment.pointee.schedule.expByte &* bytes) else { break }
                    sp -= 1
                    sp[-1] = power(word(sp), word(sp - 1))
                    continue
                case .signExtend:
                    guard has(2, sp, base), pays(&gas, Gas.low) else { break }
                    sp -= 1
                    sp[-1] = signExtended(word(sp), word(sp - 1))
                    continue

                // Comparison and bits

                case .lt:
                    if comparison(&sp, base, &gas, less) { continue }
                case .gt:
                    if comparison(&sp, base, &gas, greater) { continue }
                case .slt:
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 1
                    sp[-1] = U256(signedLess(word(sp), word(sp - 1)) ? 1 : 0 as UInt64)
                    continue
                case .sgt:
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 1
                    sp[-1] = U256(signedLess(word(sp - 1), word(sp)) ? 1 : 0 as UInt64)
                    continue
                case .eq:
                    if comparison(&sp, base, &gas, equal) { continue }
                case .isZero:
                    guard has(1, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[-1] = U256(word(sp - 1).isZero ? 1 : 0 as UInt64)
                    continue
                case .and:
                    if binary(&sp, base, &gas, Gas.veryLow, bitwiseAnd) { continue }
                case .or:
                    if binary(&sp, base, &gas, Gas.veryLow, bitwiseOr) { continue }
                case .xor:
                    if binary(&sp, base, &gas, Gas.veryLow, bitwiseXor) { continue }
                case .not:
                    if unary(sp, base, &gas, Gas.veryLow, complement) { continue }
                case .byte:
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 1
                    sp[-1] = EVM.byte(word(sp), of: word(sp - 1))
                    continue
                case .shl:
                    guard environment.pointee.fork >= .constantinople else { break }
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 1
                    sp[-1] = shiftedLeft(word(sp - 1), word(sp))
                    continue
                case .shr:
                    guard environment.pointee.fork >= .constantinople else { break }
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 1
                    sp[-1] = shiftedRight(word(sp - 1), word(sp))
                    continue
                case .sar:
                    guard environment.pointee.fork >= .constantinople else { break }
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 1
                    sp[-1] = shiftedRightSigned(word(sp - 1), word(sp))
                    continue
                case .clz:
                    guard environment.pointee.fork >= .osaka else { break }
                    if unary(sp, base, &gas, Gas.low, leadingZeros) { continue }
                case .keccak256:
                    guard has(2, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard hashMemory(frame) else { break }
                    (sp, gas) = (sp - 1, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue

                // What surrounds the frame

                case .address:
                    if pushWord(&sp, base, &gas, U256(frame.pointee.address)) { continue }
                case .balance:
                    guard has(1, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard balanceOf(frame) else { break }
                    gas = frame.pointee.gas
                    continue
                case .origin:
                    if pushWord(&sp, base, &gas, environment.pointee.origin) { continue }
                case .caller:
                    if pushWord(&sp, base, &gas, U256(frame.pointee.caller)) { continue }
                case .callValue:
                    if pushWord(&sp, base, &gas, frame.pointee.value) { continue }
                case .callDataLoad:
                    guard has(1, sp, base), pays(&gas, Gas.veryLow) else { break }
                    if let start = within(sp[-1], 32, frame.pointee.inputCount) {
                        sp[-1] = loadWord(self.memory.pointee.base + frame.pointee.inputStart + start)
                    } else {
                        sp[-1] = inputWord(frame, sp[-1])
                    }
                    continue
                case .callDataSize:
                    if pushWord(&sp, base, &gas, U256(UInt64(truncatingIfNeeded: frame.pointee.inputCount))) {
                        continue
                    }
                case .callDataCopy:
                    guard has(3, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard copyInput(frame) else { break }
                    (sp, gas) = (sp - 3, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .codeSize:
                    if pushWord(&sp, base, &gas, U256(UInt64(truncatingIfNeeded: frame.pointee.codeCount))) { continue }
                case .codeCopy:
                    guard has(3, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard copyCode(frame) else { break }
                    (sp, gas) = (sp - 3, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .gasPrice:
                    if pushWord(&sp, base, &gas, environment.pointee.gasPrice) { continue }
                case .extCodeSize:
                    guard has(1, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard externalCodeSize(frame) else { break }
                    gas = frame.pointee.gas
                    continue
                case .extCodeCopy:
                    guard has(4, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard copyExternalCode(frame) else { break }
                    (sp, gas) = (sp - 4, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .returnDataSize:
                    guard environment.pointee.fork >= .byzantium else { break }
                    if pushWord(&sp, base, &gas, U256(UInt64(truncatingIfNeeded: returnData.pointee.count))) {
                        continue
                    }
                case .returnDataCopy:
                    guard environment.pointee.fork >= .byzantium else { break }
                    guard has(3, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard copyReturnData(frame) else { break }
                    (sp, gas) = (sp - 3, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .extCodeHash:
                    guard environment.pointee.fork >= .constantinople else { break }
                    guard has(1, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard externalCodeHash(frame) else { break }
                    gas = frame.pointee.gas
                    continue

                // What surrounds the transaction

                case .blockHash:
                    guard has(1, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard blockHash(frame) else { break }
                    gas = frame.pointee.gas
                    continue
                case .coinbase:
                    if pushWord(&sp, base, &gas, environment.pointee.coinbase) { continue }
                case .timestamp:
                    if pushWord(&sp, base, &gas, environment.pointee.timestamp) { continue }
                case .number:
                    if pushWord(&sp, base, &gas, environment.pointee.number) { continue }
                case .prevRandao:
                    if pushWord(&sp, base, &gas, environment.pointee.prevRandao) { continue }
                case .gasLimit:
                    if pushWord(&sp, base, &gas, environment.pointee.gasLimit) { continue }
                case .chainID:
                    guard environment.pointee.fork >= .istanbul else { break }
                    if pushWord(&sp, base, &gas, environment.pointee.chainID) { continue }
                case .selfBalance:
                    guard environment.pointee.fork >= .istanbul else { break }
                    if pushWord(&sp, base, &gas, cost: Gas.low, state.record(frame.pointee.account).pointee.balance) {
                        continue
                    }
                case .baseFee:
                    guard environment.pointee.fork >= .london else { break }
                    if pushWord(&sp, base, &gas, environment.pointee.baseFee) { continue }
                case .blobHash:
                    guard environment.pointee.fork >= .cancun else { break }
                    if unary(sp, base, &gas, Gas.veryLow, { blobHash($0) }) { continue }
                case .blobBaseFee:
                    guard environment.pointee.fork >= .cancun else { break }
                    if pushWord(&sp, base, &gas, environment.pointee.blobBaseFee) { continue }

                // Stack, memory, storage, flow

                case .pop:
                    guard has(1, sp, base), pays(&gas, Gas.base) else { break }
                    sp -= 1
                    continue
                case .mload:
                    guard has(1, sp, base), pays(&gas, Gas.veryLow) else { break }
                    if let start = within(word(sp - 1), 32, memorySize) {
                        sp[-1] = loadWord(memory + start)
                        continue
                    }
                    frame.pointee.gas = gas
                    guard let start = expand(frame, sp[-1], 32) else { break }
                    gas = frame.pointee.gas
                    (memory, memorySize) = memoryView(frame)
                    sp[-1] = loadWord(memory + start)
                    continue
                case .mstore:
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 2
                    if let start = within(word(sp + 1), 32, memorySize) {
                        storeWord(word(sp), memory + start)
                        continue
                    }
                    frame.pointee.gas = gas
                    guard let start = expand(frame, sp[1], 32) else { break }
                    gas = frame.pointee.gas
                    (memory, memorySize) = memoryView(frame)
                    storeWord(word(sp), memory + start)
                    continue
                case .mstore8:
                    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp -= 2
                    if let start = within(sp[1], 1, memorySize) {
                        memory[start] = UInt8(truncatingIfNeeded: sp[0].l0)
                        continue
                    }
                    frame.pointee.gas = gas
                    guard let start = expand(frame, sp[1], 1) else { break }
                    gas = frame.pointee.gas
                    (memory, memorySize) = memoryView(frame)
                    memory[start] = UInt8(truncatingIfNeeded: sp[0].l0)
                    continue
                case .sload:
                    guard has(1, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard loadSlot(frame) else { break }
                    gas = frame.pointee.gas
                    continue
                case .sstore:
                    guard has(2, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard storeSlot(frame) else { break }
                    (sp, gas) = (sp - 2, frame.pointee.gas)
                    continue
                case .jump:
                    guard has(1, sp, base), pays(&gas, Gas.mid) else { break }
                    sp -= 1
                    guard let target = jumpTarget(sp[0], frame) else {
                        failure = .invalidJump
                        break
                    }
                    if Mode.isActive {
                        ip = frame.pointee.code + target
                        continue
                    }
                    // The destination is a JUMPDEST: pay for it here and step over it.
                    guard pays(&gas, Gas.jumpDest) else { break }
                    ip = frame.pointee.code + target + 1
                    continue
                case .jumpI:
                    guard has(2, sp, base), pays(&gas, Gas.high) else { break }
                    sp -= 2
                    if word(sp).isZero { continue }
                    guard let target = jumpTarget(sp[1], frame) else {
                        failure = .invalidJump
                        break
                    }
                    if Mode.isActive {
                        ip = frame.pointee.code + target
                        continue
                    }
                    guard pays(&gas, Gas.jumpDest) else { break }
                    ip = frame.pointee.code + target + 1
                    continue
                case .pc:
                    if pushWord(&sp, base, &gas, U256(UInt64(truncatingIfNeeded: ip - 1 - frame.pointee.code))) {
                        continue
                    }
                case .msize:
                    if pushWord(&sp, base, &gas, U256(UInt64(truncatingIfNeeded: memorySize))) { continue }
                case .gas:
                    guard fits(sp, base), pays(&gas, Gas.base) else { break }
                    sp[0] = U256(UInt64(truncatingIfNeeded: gas))
                    sp += 1
                    continue
                case .jumpDest:
                    if pays(&gas, Gas.jumpDest) { continue }
                case .tload:
                    guard environment.pointee.fork >= .cancun else { break }
                    guard has(1, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard loadTransient(frame) else { break }
                    gas = frame.pointee.gas
                    continue
                case .tstore:
                    guard environment.pointee.fork >= .cancun else { break }
                    guard has(2, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard storeTransient(frame) else { break }
                    (sp, gas) = (sp - 2, frame.pointee.gas)
                    continue
                case .mcopy:
                    guard environment.pointee.fork >= .cancun else { break }
                    guard has(3, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard copyMemory(frame) else { break }
                    (sp, gas) = (sp - 3, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .push0:
                    guard environment.pointee.fork >= .shanghai else { break }
                    if pushWord(&sp, base, &gas, U256(0 as UInt64)) { continue }

                // Constants and places of the stack

                case .push1:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    if !Mode.isActive, addressesMemory(ip[1]),
                        accessMemory(ip[1], UInt64(ip[0]), &sp, base, &gas, memory, memorySize)
                    {
                        ip += 2
                        continue
                    }
                    sp[0] = U256(l0: UInt64(ip[0]), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 1)
                    continue
                case .push2:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    if !Mode.isActive, ip[2] == Opcode.jumpI.rawValue, has(1, sp, base),
                        gas >= Gas.high &+ Gas.jumpDest
                    {
                        // Nearly every jump stands behind the push of its destination: both at once.
                        sp -= 1
                        gas &-= Gas.high
                        if word(sp).isZero {
                            ip += 3
                            continue
                        }
                        guard let target = jumpTarget(limb(ip, 2), frame) else {
                            failure = .invalidJump
                            break
                        }
                        gas &-= Gas.jumpDest
                        ip = frame.pointee.code + target + 1
                        continue
                    }
                    if !Mode.isActive, ip[2] == Opcode.jump.rawValue, gas >= Gas.mid &+ Gas.jumpDest {
                        guard let target = jumpTarget(limb(ip, 2), frame) else {
                            failure = .invalidJump
                            break
                        }
                        gas &-= Gas.mid &+ Gas.jumpDest
                        ip = frame.pointee.code + target + 1
                        continue
                    }
                    if !Mode.isActive, addressesMemory(ip[2]),
                        accessMemory(ip[2], limb(ip, 2), &sp, base, &gas, memory, memorySize)
                    {
                        ip += 3
                        continue
                    }
                    sp[0] = U256(l0: limb(ip, 2), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 2)
                    continue
                case .push3:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip, 3), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 3)
                    continue
                case .push4:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip, 4), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 4)
                    continue
                case .push5:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip, 5), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 5)
                    continue
                case .push6:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip, 6), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 6)
                    continue
                case .push7:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip, 7), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 7)
                    continue
                case .push8:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip), l1: 0, l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 8)
                    continue
                case .push9:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 1), l1: UInt64(ip[0]), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 9)
                    continue
                case .push10:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 2), l1: limb(ip, 2), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 10)
                    continue
                case .push11:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 3), l1: limb(ip, 3), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 11)
                    continue
                case .push12:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 4), l1: limb(ip, 4), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 12)
                    continue
                case .push13:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 5), l1: limb(ip, 5), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 13)
                    continue
                case .push14:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 6), l1: limb(ip, 6), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 14)
                    continue
                case .push15:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 7), l1: limb(ip, 7), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 15)
                    continue
                case .push16:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 8), l1: limb(ip), l2: 0, l3: 0)
                    (sp, ip) = (sp + 1, ip + 16)
                    continue
                case .push17:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 9), l1: limb(ip + 1), l2: UInt64(ip[0]), l3: 0)
                    (sp, ip) = (sp + 1, ip + 17)
                    continue
                case .push18:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 10), l1: limb(ip + 2), l2: limb(ip, 2), l3: 0)
                    (sp, ip) = (sp + 1, ip + 18)
                    continue
                case .push19:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 11), l1: limb(ip + 3), l2: limb(ip, 3), l3: 0)
                    (sp, ip) = (sp + 1, ip + 19)
                    continue
                case .push20:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 12), l1: limb(ip + 4), l2: limb(ip, 4), l3: 0)
                    (sp, ip) = (sp + 1, ip + 20)
                    continue
                case .push21:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 13), l1: limb(ip + 5), l2: limb(ip, 5), l3: 0)
                    (sp, ip) = (sp + 1, ip + 21)
                    continue
                case .push22:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 14), l1: limb(ip + 6), l2: limb(ip, 6), l3: 0)
                    (sp, ip) = (sp + 1, ip + 22)
                    continue
                case .push23:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 15), l1: limb(ip + 7), l2: limb(ip, 7), l3: 0)
                    (sp, ip) = (sp + 1, ip + 23)
                    continue
                case .push24:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 16), l1: limb(ip + 8), l2: limb(ip), l3: 0)
                    (sp, ip) = (sp + 1, ip + 24)
                    continue
                case .push25:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 17), l1: limb(ip + 9), l2: limb(ip + 1), l3: UInt64(ip[0]))
                    (sp, ip) = (sp + 1, ip + 25)
                    continue
                case .push26:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 18), l1: limb(ip + 10), l2: limb(ip + 2), l3: limb(ip, 2))
                    (sp, ip) = (sp + 1, ip + 26)
                    continue
                case .push27:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 19), l1: limb(ip + 11), l2: limb(ip + 3), l3: limb(ip, 3))
                    (sp, ip) = (sp + 1, ip + 27)
                    continue
                case .push28:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 20), l1: limb(ip + 12), l2: limb(ip + 4), l3: limb(ip, 4))
                    (sp, ip) = (sp + 1, ip + 28)
                    continue
                case .push29:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 21), l1: limb(ip + 13), l2: limb(ip + 5), l3: limb(ip, 5))
                    (sp, ip) = (sp + 1, ip + 29)
                    continue
                case .push30:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 22), l1: limb(ip + 14), l2: limb(ip + 6), l3: limb(ip, 6))
                    (sp, ip) = (sp + 1, ip + 30)
                    continue
                case .push31:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 23), l1: limb(ip + 15), l2: limb(ip + 7), l3: limb(ip, 7))
                    (sp, ip) = (sp + 1, ip + 31)
                    continue
                case .push32:
                    guard fits(sp, base), pays(&gas, Gas.veryLow) else { break }
                    sp[0] = U256(l0: limb(ip + 24), l1: limb(ip + 16), l2: limb(ip + 8), l3: limb(ip))
                    (sp, ip) = (sp + 1, ip + 32)
                    continue
                case .dup1:
                    if duplicate(1, &sp, base, &gas) { continue }
                case .dup2:
                    if duplicate(2, &sp, base, &gas) { continue }
                case .dup3:
                    if duplicate(3, &sp, base, &gas) { continue }
                case .dup4:
                    if duplicate(4, &sp, base, &gas) { continue }
                case .dup5:
                    if duplicate(5, &sp, base, &gas) { continue }
                case .dup6:
                    if duplicate(6, &sp, base, &gas) { continue }
                case .dup7:
                    if duplicate(7, &sp, base, &gas) { continue }
                case .dup8:
                    if duplicate(8, &sp, base, &gas) { continue }
                case .dup9:
                    if duplicate(9, &sp, base, &gas) { continue }
                case .dup10:
                    if duplicate(10, &sp, base, &gas) { continue }
                case .dup11:
                    if duplicate(11, &sp, base, &gas) { continue }
                case .dup12:
                    if duplicate(12, &sp, base, &gas) { continue }
                case .dup13:
                    if duplicate(13, &sp, base, &gas) { continue }
                case .dup14:
                    if duplicate(14, &sp, base, &gas) { continue }
                case .dup15:
                    if duplicate(15, &sp, base, &gas) { continue }
                case .dup16:
                    if duplicate(16, &sp, base, &gas) { continue }
                case .swap1:
                    if swap(1, sp, base, &gas) { continue }
                case .swap2:
                    if swap(2, sp, base, &gas) { continue }
                case .swap3:
                    if swap(3, sp, base, &gas) { continue }
                case .swap4:
                    if swap(4, sp, base, &gas) { continue }
                case .swap5:
                    if swap(5, sp, base, &gas) { continue }
                case .swap6:
                    if swap(6, sp, base, &gas) { continue }
                case .swap7:
                    if swap(7, sp, base, &gas) { continue }
                case .swap8:
                    if swap(8, sp, base, &gas) { continue }
                case .swap9:
                    if swap(9, sp, base, &gas) { continue }
                case .swap10:
                    if swap(10, sp, base, &gas) { continue }
                case .swap11:
                    if swap(11, sp, base, &gas) { continue }
                case .swap12:
                    if swap(12, sp, base, &gas) { continue }
                case .swap13:
                    if swap(13, sp, base, &gas) { continue }
                case .swap14:
                    if swap(14, sp, base, &gas) { continue }
                case .swap15:
                    if swap(15, sp, base, &gas) { continue }
                case .swap16:
                    if swap(16, sp, base, &gas) { continue }

                // Logs, calls, creation, ends

                case .log0:
                    guard has(2, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard log(frame, topics: 0) else { break }
                    (sp, gas) = (sp - 2, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .log1:
                    guard has(3, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard log(frame, topics: 1) else { break }
                    (sp, gas) = (sp - 3, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .log2:
                    guard has(4, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard log(frame, topics: 2) else { break }
                    (sp, gas) = (sp - 4, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .log3:
                    guard has(5, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard log(frame, topics: 3) else { break }
                    (sp, gas) = (sp - 5, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .log4:
                    guard has(6, sp, base) else { break }
                    (frame.pointee.sp, frame.pointee.gas) = (sp, gas)
                    guard log(frame, topics: 4) else { break }
                    (sp, gas) = (sp - 6, frame.pointee.gas)
                    (memory, memorySize) = memoryView(frame)
                    continue
                case .create:
                    guard has(3, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    switch create(frame, .create) {
                    case .entered: continue frames
                    case .failed: break
                    case .returned:
                        (sp, gas) = (frame.pointee.sp, frame.pointee.gas)
                        (memory, memorySize) = memoryView(frame)
                        continue
                    }
                case .call:
                    guard has(7, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    switch call(frame, .call) {
                    case .entered: continue frames
                    case .failed: break
                    case .returned:
                        (sp, gas) = (frame.pointee.sp, frame.pointee.gas)
                        (memory, memorySize) = memoryView(frame)
                        continue
                    }
                case .callCode:
                    guard has(7, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    switch call(frame, .callCode) {
                    case .entered: continue frames
                    case .failed: break
                    case .returned:
                        (sp, gas) = (frame.pointee.sp, frame.pointee.gas)
                        (memory, memorySize) = memoryView(frame)
                        continue
                    }
                case .delegateCall:
                    guard environment.pointee.fork >= .homestead else { break }
                    guard has(6, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    switch call(frame, .delegateCall) {
                    case .entered: continue frames
                    case .failed: break
                    case .returned:
                        (sp, gas) = (frame.pointee.sp, frame.pointee.gas)
                        (memory, memorySize) = memoryView(frame)
                        continue
                    }
                case .create2:
                    guard environment.pointee.fork >= .constantinople else { break }
                    guard has(4, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    switch create(frame, .create2) {
                    case .entered: continue frames
                    case .failed: break
                    case .returned:
                        (sp, gas) = (frame.pointee.sp, frame.pointee.gas)
                        (memory, memorySize) = memoryView(frame)
                        continue
                    }
                case .staticCall:
                    guard environment.pointee.fork >= .byzantium else { break }
                    guard has(6, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    switch call(frame, .staticCall) {
                    case .entered: continue frames
                    case .failed: break
                    case .returned:
                        (sp, gas) = (frame.pointee.sp, frame.pointee.gas)
                        (memory, memorySize) = memoryView(frame)
                        continue
                    }
                case .return:
                    guard has(2, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    guard takeOutput(frame) else { break }
                    finishFrame(.success)
                    continue frames
                case .revert:
                    guard environment.pointee.fork >= .byzantium else { break }
                    guard has(2, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    guard takeOutput(frame) else { break }
                    finishFrame(.reverted)
                    continue frames
                case .selfDestruct:
                    guard has(1, sp, base) else { break }
                    (frame.pointee.ip, frame.pointee.sp, frame.pointee.gas) = (ip, sp, gas)
                    guard selfDestruct(frame) else { break }
                    returnData.pointee.clear()
                    finishFrame(.success)
                    continue frames

                // Bytes that no fork defines

                case .invalid, .u0c, .u0d, .u0e, .u0f, .u1f, .u21, .u22, .u23, .u24, .u25, .u26, .u27, .u28, .u29,
                    .u2a, .u2b, .u2c, .u2d, .u2e, .u2f, .u4b, .u4c, .u4d, .u4e, .u4f, .ua5, .ua6, .ua7, .ua8, .ua9,
                    .uaa, .uab, .uac, .uad, .uae, .uaf, .ub0, .ub1, .ub2, .ub3, .ub4, .ub5, .ub6, .ub7, .ub8, .ub9,
                    .uba, .ubb, .ubc, .ubd, .ube, .ubf, .uc0, .uc1, .uc2, .uc3, .uc4, .uc5, .uc6, .uc7, .uc8, .uc9,
                    .uca, .ucb, .ucc, .ucd, .uce, .ucf, .ud0, .ud1, .ud2, .ud3, .ud4, .ud5, .ud6, .ud7, .ud8, .ud9,
                    .uda, .udb, .udc, .udd, .ude, .udf, .ue0, .ue1, .ue2, .ue3, .ue4, .ue5, .ue6, .ue7, .ue8, .ue9,
                    .uea, .ueb, .uec, .ued, .uee, .uef, .uf6, .uf7, .uf8, .uf9, .ufb, .ufc:
                    break
                }
                (frame.pointee.ip, frame.pointee.sp) = (ip, sp)
                halt(frame, opcode, gas)
                continue frames
            }
        }
    }
}
