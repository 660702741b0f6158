import Bytes
import Crypto

// Memory: growing it, and everything that copies into or out of it. A verb that returns false has noted why.

extension Machine {
    @inline(__always)
    func memoryView(_ frame: UnsafeMutablePointer<Frame>) -> (UnsafeMutablePointer<UInt8>, Int) {
        (memory.pointee.base + frame.pointee.memoryStart, frame.pointee.memorySize)
    }

    /// Deducts gas from the frame.
    @inline(__always)
    func charge(_ frame: UnsafeMutablePointer<Frame>, _ cost: Int64) -> Bool {
        frame.pointee.gas &-= cost
        return frame.pointee.gas >= 0 || fail(.outOfGas)
    }

    /// Pays for `size` bytes from `offset` on and makes them zero where they are new; returns the offset.
    @inline(never)
    func expand(_ frame: UnsafeMutablePointer<Frame>, _ offset: U256, _ size: Int) -> Int? {
        if size == 0 { return 0 }
        let limit = Limits.memory - UInt64(frame.pointee.memoryStart)
        guard offset.l1 | offset.l2 | offset.l3 == 0, offset.l0 < limit, UInt64(size) <= limit &- offset.l0 else {
            _ = fail(.outOfGas)
            return nil
        }
        let start = Int(offset.l0)
        let end = (start &+ size &+ 31) & ~31
        let old = frame.pointee.memorySize
        if end <= old { return start }
        guard charge(frame, Self.memoryCost(end) &- Self.memoryCost(old)) else { return nil }
        let from = frame.pointee.memoryStart
        memory.pointee.reserve(from &+ end, keeping: from &+ old)
        (memory.pointee.base + from + old).update(repeating: 0, count: end &- old)
        frame.pointee.memorySize = end
        return start
    }

    /// Pays for a range that the stack names; returns its offset and size.
    @inline(__always)
    func range(_ frame: UnsafeMutablePointer<Frame>, _ offset: U256, _ size: U256) -> (start: Int, count: Int)? {
        if size.isZero { return (0, 0) }
        guard size.l1 | size.l2 | size.l3 == 0, size.l0 < Limits.memory else {
            _ = fail(.outOfGas)
            return nil
        }
        let count = Int(truncatingIfNeeded: size.l0)
        if let start = within(offset, count, frame.pointee.memorySize) { return (start, count) }
        return expand(frame, offset, count).map { ($0, count) }
    }

    @inline(__always)
    private static func memoryCost(_ bytes: Int) -> Int64 {
        let words = Int64(truncatingIfNeeded: bytes >> 5)
        return words &* Gas.memoryWord &+ words &* words / Gas.memoryQuadratic
    }

    @inline(__always)
    static func words(_ count: Int) -> Int64 { Int64(truncatingIfNeeded: (count &+ 31) >> 5) }

    @inline(never)
    func hashMemory(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        guard let (start, count) = range(frame, word(sp - 1), word(sp - 2)),
            charge(frame, Gas.keccak &+ Gas.keccakWord &* Self.words(count))
        else { return false }
        let bytes = UnsafeRawBufferPointer(start: memoryView(frame).0 + start, count: count)
        sp[-2] = U256(Crypto.keccak256(bytes))
        return true
    }

    /// Copies from `source` into memory as the stack says, with zeros behind its end.
    @inline(__always)
    private func copy(
        _ frame: UnsafeMutablePointer<Frame>, _ to: U256, _ from: U256, _ size: U256,
        _ source: () -> (UnsafePointer<UInt8>, Int)
    ) -> Bool {
        guard let (start, count) = range(frame, to, size), charge(frame, Gas.copyWord &* Self.words(count)) else {
            return false
        }
        if count == 0 { return true }
        let (bytes, available) = source()
        let target = memoryView(frame).0 + start
        let offset = from.asUInt64.map { $0 < UInt64(available) ? Int($0) : available } ?? available
        let copied = min(count, available - offset)
        target.update(from: bytes + offset, count: copied)
        (target + copied).update(repeating: 0, count: count - copied)
        return true
    }

    @inline(never)
    func copyInput(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        guard charge(frame, Gas.veryLow) else { return false }
        return copy(frame, sp[-1], sp[-2], sp[-3]) {
            (UnsafePointer(memory.pointee.base + frame.pointee.inputStart), frame.pointee.inputCount)
        }
    }

    @inline(never)
    func copyCode(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        guard charge(frame, Gas.veryLow) else { return false }
        return copy(frame, sp[-1], sp[-2], sp[-3]) { (frame.pointee.code, frame.pointee.codeCount) }
    }

    @inline(never)
    func copyExternalCode(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let account = state.index(of: Address(truncating: sp[-1]))
        guard charge(frame, accessCost(account, environment.pointee.schedule.extCode)) else { return false }
        return copy(frame, sp[-2], sp[-3], sp[-4]) {
            let code = state.bytecode(account)
            return (code.pointer, code.count)
        }
    }

    @inline(never)
    func copyReturnData(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let available = UInt64(truncatingIfNeeded: returnData.pointee.count)
        guard charge(frame, Gas.veryLow) else { return false }
        guard let from = sp[-2].asUInt64, let size = sp[-3].asUInt64, from <= available, size <= available &- from
        else { return fail(.returnDataOutOfBounds) }
        return copy(frame, sp[-1], sp[-2], sp[-3]) {
            (UnsafePointer(returnData.pointee.base), returnData.pointee.count)
        }
    }

    @inline(never)
    func copyMemory(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        let (to, from) = (sp[-1], sp[-2])
        guard charge(frame, Gas.veryLow), let (_, count) = range(frame, to > from ? to : from, sp[-3]),
            charge(frame, Gas.copyWord &* Self.words(count))
        else { return false }
        if count == 0 { return true }
        let base = memoryView(frame).0
        // Both ranges lie below the end just paid for, so the low limbs are the offsets.
        (base + Int(truncatingIfNeeded: to.l0)).update(
            from: base + Int(truncatingIfNeeded: from.l0), count: count)
        return true
    }

    /// The calldata word at an offset that does not lie whole within the calldata.
    @inline(never)
    func inputWord(_ frame: UnsafeMutablePointer<Frame>, _ offset: U256) -> U256 {
        let count = frame.pointee.inputCount
        guard let start = within(offset, 0, count) else { return .zero }
        let available = min(32, count - start)
        let bytes = UnsafeBufferPointer(
            start: memory.pointee.base + frame.pointee.inputStart + start, count: available)
        return U256(bigEndian: bytes) << (8 * (32 - available))
    }

    @inline(never)
    func log(_ frame: UnsafeMutablePointer<Frame>, topics: Int) -> Bool {
        let sp = frame.pointee.sp
        if frame.pointee.isStatic { return fail(.writeProtection) }
        guard let (start, count) = range(frame, word(sp - 1), word(sp - 2)),
            charge(
                frame,
                Gas.log &+ Gas.logTopic &* Int64(truncatingIfNeeded: topics)
                    &+ Gas.logByte &* Int64(truncatingIfNeeded: count))
        else { return false }
        logs.pointee.append(
            frame.pointee.address, topics: sp - 2, topicCount: topics, data: memoryView(frame).0 + start, count: count)
        return true
    }

    /// Puts what `RETURN` or `REVERT` names into the return data.
    @inline(never)
    func takeOutput(_ frame: UnsafeMutablePointer<Frame>) -> Bool {
        let sp = frame.pointee.sp
        guard let (start, count) = range(frame, word(sp - 1), word(sp - 2)) else { return false }
        returnData.pointee.replace(with: memoryView(frame).0 + start, count: count)
        return true
    }
}
