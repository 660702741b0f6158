import Bytes
import Synchronization

// The pieces that the cases of the loop are made of. All of them disappear into it.

typealias Words = UnsafeMutablePointer<U256>

/// The word at `pointer`, read limb by limb.
///
/// The relaxed loads are plain moves, but keep the compiler from reading a word in two halves of 128 bits: the limbs
/// were mostly written one by one a moment ago, and a wide load that spans several pending stores must wait for them.
@inline(__always)
func word(_ pointer: Words) -> U256 {
    let limbs = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Atomic<UInt64>.self)
    return U256(
        l0: limbs[0].load(ordering: .relaxed), l1: limbs[1].load(ordering: .relaxed),
        l2: limbs[2].load(ordering: .relaxed), l3: limbs[3].load(ordering: .relaxed))
}

/// Whether `count` words stand on the stack.
@inline(__always)
func has(_ count: Int, _ sp: Words, _ base: Words) -> Bool { sp >= base + count }

/// Whether one more word fits.
@inline(__always)
func fits(_ sp: Words, _ base: Words) -> Bool { sp < base + Limits.stack }

@inline(__always)
func pays(_ gas: inout Int64, _ cost: Int64) -> Bool {
    gas &-= cost
    return gas >= 0
}

/// Replaces the word on top by one made of it.
@inline(__always)
func unary(_ sp: Words, _ base: Words, _ gas: inout Int64, _ cost: Int64, _ operation: (U256) -> U256) -> Bool {
    guard has(1, sp, base), pays(&gas, cost) else { return false }
    sp[-1] = operation(word(sp - 1))
    return true
}

/// Replaces the two words on top by one made of them; the operation sees the topmost first.
@inline(__always)
func binary(
    _ sp: inout Words, _ base: Words, _ gas: inout Int64, _ cost: Int64, _ operation: (U256, U256) -> U256
) -> Bool {
    guard has(2, sp, base), pays(&gas, cost) else { return false }
    sp -= 1
    sp[-1] = operation(word(sp), word(sp - 1))
    return true
}

/// Replaces the two words on top by a truth value.
@inline(__always)
func comparison(
    _ sp: inout Words, _ base: Words, _ gas: inout Int64, _ operation: (U256, U256) -> Bool
) -> Bool {
    guard has(2, sp, base), pays(&gas, Gas.veryLow) else { return false }
    sp -= 1
    sp[-1] = U256(operation(word(sp), word(sp - 1)) ? 1 : 0 as UInt64)
    return true
}

/// Replaces the three words on top by one made of them.
@inline(__always)
func ternary(
    _ sp: inout Words, _ base: Words, _ gas: inout Int64, _ operation: (U256, U256, U256) -> U256
) -> Bool {
    guard has(3, sp, base), pays(&gas, Gas.mid) else { return false }
    sp -= 2
    sp[-1] = operation(word(sp + 1), word(sp), word(sp - 1))
    return true
}

/// Puts a word on the stack.
@inline(__always)
func pushWord(
    _ sp: inout Words, _ base: Words, _ gas: inout Int64, cost: Int64 = Gas.base, _ word: @autoclosure () -> U256
) -> Bool {
    guard fits(sp, base), pays(&gas, cost) else { return false }
    sp[0] = word()
    sp += 1
    return true
}

/// The eight bytes of code at `ip` as a limb.
@inline(__always)
func limb(_ ip: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(bigEndian: UnsafeRawPointer(ip).loadUnaligned(as: UInt64.self))
}

/// The `count` bytes of code at `ip` as a limb; 1 to 7, a constant at each use.
@inline(__always)
func limb(_ ip: UnsafePointer<UInt8>, _ count: UInt64) -> UInt64 { limb(ip) &>> (64 &- 8 &* count) }

@inline(__always)
func duplicate(_ n: Int, _ sp: inout Words, _ base: Words, _ gas: inout Int64) -> Bool {
    guard has(n, sp, base), fits(sp, base), pays(&gas, Gas.veryLow) else { return false }
    sp[0] = word(sp - n)
    sp += 1
    return true
}

@inline(__always)
func swap(_ n: Int, _ sp: Words, _ base: Words, _ gas: inout Int64) -> Bool {
    guard has(n + 1, sp, base), pays(&gas, Gas.veryLow) else { return false }
    let (top, other) = (word(sp - 1), word(sp - 1 - n))
    sp[-1] = other
    sp[-1 - n] = top
    return true
}

/// The word as an offset where `size` bytes from it lie within memory already paid for.
@inline(__always)
func within(_ offset: U256, _ size: Int, _ memorySize: Int) -> Int? {
    guard offset.l1 | offset.l2 | offset.l3 == 0, offset.l0 < UInt64(truncatingIfNeeded: memorySize) else {
        return nil
    }
    let start = Int(truncatingIfNeeded: offset.l0)
    return start &+ size <= memorySize ? start : nil
}

@inline(__always)
func loadWord(_ pointer: UnsafeMutablePointer<UInt8>) -> U256 { U256(Hash32(at: pointer)) }

@inline(__always)
func storeWord(_ word: U256, _ pointer: UnsafeMutablePointer<UInt8>) {
    word.hash.write(to: UnsafeMutableRawPointer(pointer))
}

/// Whether the byte is the opcode of `MLOAD` or `MSTORE`.
@inline(__always)
func addressesMemory(_ opcode: UInt8) -> Bool { opcode &- Opcode.mload.rawValue < 2 }

/// Does the `MLOAD` or `MSTORE` that stands behind the push of its offset, where its memory is already paid for.
///
/// Whatever is not so plain (memory to grow, no gas, an empty stack) is left to the two instructions one by one.
@inline(__always)
func accessMemory(
    _ opcode: UInt8, _ offset: UInt64, _ sp: inout Words, _ base: Words, _ gas: inout Int64,
    _ memory: UnsafeMutablePointer<UInt8>, _ memorySize: Int
) -> Bool {
    let start = Int(truncatingIfNeeded: offset)
    guard start &+ 32 <= memorySize, gas >= Gas.veryLow else { return false }
    if opcode == Opcode.mload.rawValue {
        sp[0] = loadWord(memory + start)
        sp += 1
    } else {
        guard has(1, sp, base) else { return false }
        sp -= 1
        storeWord(word(sp), memory + start)
    }
    gas &-= Gas.veryLow
    return true
}

/// The destination of a jump, or nil where none stands there.
@inline(__always)
func jumpTarget(_ word: U256, _ frame: UnsafeMutablePointer<Frame>) -> Int? {
    guard word.l1 | word.l2 | word.l3 == 0 else { return nil }
    return jumpTarget(word.l0, frame)
}

@inline(__always)
func jumpTarget(_ offset: UInt64, _ frame: UnsafeMutablePointer<Frame>) -> Int? {
    guard offset < UInt64(truncatingIfNeeded: frame.pointee.codeCount) else { return nil }
    let target = Int(truncatingIfNeeded: offset)
    return Bytecode.isJumpDestination(frame.pointee.jumpDestinations, target) ? target : nil
}

/// Whether the loop reports every step: two copies of it are compiled, and the silent one knows nothing of tracers.
protocol TraceMode {
    static var isActive: Bool { get }
}

enum Silent: TraceMode {
    @inline(__always) static var isActive: Bool { false }
}

enum Traced: TraceMode {
    @inline(__always) static var isActive: Bool { true }
}
