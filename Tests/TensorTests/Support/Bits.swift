import Testing

import Tensor

/// Every instruction set of this machine, on one thread and on two.
let everyKernels: [Kernels] = InstructionSet.available.flatMap { set in
    [1, 2].map { Kernels(set, pool: $0 == 1 ? onePool : twoPool) }
}
private let onePool = ThreadPool(threads: 1)
private let twoPool = ThreadPool(threads: 2)

extension Kernels: CustomTestStringConvertible {
    public var testDescription: String { "\(instructionSet.rawValue) x\(pool.threads)" }
}

/// The first place where two results differ in bits, in words; nil when they are equal.
func difference(_ found: [Float], _ expected: [Float]) -> String? {
    guard found.count == expected.count else { return "\(found.count) elements, not \(expected.count)" }
    for i in found.indices where found[i].bitPattern != expected[i].bitPattern {
        return "element \(i) is \(found[i].hex), not \(expected[i].hex)"
    }
    return nil
}

extension Float {
    var hex: String { "0x" + String(bitPattern, radix: 16) + " (\(self))" }
    init?(hex: Substring) {
        guard let bits = UInt32(hex, radix: 16) else { return nil }
        self.init(bitPattern: bits)
    }
}

/// Room for `count` results, with a guard behind it that must stay as it was.
func output(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    let guarded = count + 64
    let mark = Float(bitPattern: 0x7f80_1234)
    let p = UnsafeMutablePointer<Float>.allocate(capacity: guarded)
    defer { p.deallocate() }
    p.initialize(repeating: mark, count: guarded)
    body(p)
    for i in count..<guarded where p[i].bitPattern != mark.bitPattern {
        Issue.record("wrote beyond the result, at \(i) of \(count)")
        break
    }
    return Array(UnsafeBufferPointer(start: p, count: count))
}

/// Computes a result on every instruction set, on one thread and two, and compares it with what is expected.
func onEveryKernels(
    give expected: [Float], _ name: @autoclosure () -> String = "",
    _ body: (Kernels, UnsafeMutablePointer<Float>) -> Void
) {
    for kernels in everyKernels {
        let found = output(expected.count) { body(kernels, $0) }
        if let difference = difference(found, expected) {
            Issue.record("\(kernels.testDescription) \(name()): \(difference)")
        }
    }
}

/// A seeded stream of numbers: ordinary ones, or any bit pattern with a taste for edges.
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// About normally sized values of either sign.
    mutating func ordinary() -> Float { Float(Int32(truncatingIfNeeded: next() >> 20)) * 0x1p-30 }

    /// Zeros, infinities, NaNs, subnormals, limits, and arbitrary patterns.
    mutating func wild() -> Float {
        let edges: [UInt32] = [
            0, 0x8000_0000, 1, 0x8000_0001, 0x7f_ffff, 0x80_0000, 0x7f7f_ffff, 0xff7f_ffff, 0x7f80_0000, 0xff80_0000,
            0x7fc0_0000, 0xffc0_1234, 0x7f80_0001, 0x3f80_0000, 0xbf80_0000, 0x42b2_0000, 0xc2d0_0000,
        ]
        let pick = below(100)
        if pick < 3 { return Float(bitPattern: edges[below(edges.count)]) }
        if pick < 12 { return Float(bitPattern: UInt32(truncatingIfNeeded: next() >> 16)) }
        return ordinary() * Float(sign: .plus, exponent: below(40) - 20, significand: 1)
    }

    mutating func array(_ count: Int, wild: Bool = false) -> [Float] {
        (0..<count).map { _ in wild ? self.wild() : ordinary() }
    }
}
