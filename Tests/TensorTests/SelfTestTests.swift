import CKernels
import Testing

import Tensor

/// The known-answer test, and that a thread's floating-point mode does not reach the kernels.
struct SelfTestTests {
    @Test(arguments: everyKernels)
    func passesOnEveryInstructionSet(_ kernels: Kernels) throws {
        try Arithmetic.selfTest(kernels)
    }

    @Test func knownAnswersAreTheReferences() {
        for (operation, expected) in KnownAnswers.functions {
            let found = KnownAnswers.points.map { Reference.apply(operation, Float(bitPattern: $0)).bitPattern }
            #expect(found == expected, "\(operation)")
        }
        #expect(KnownAnswers.digests.count == Arithmetic.digests(.shared).count)
    }

    @Test(arguments: everyKernels)
    func flushToZeroOfAnotherLibraryIsUndoneAndRestored(_ kernels: Kernels) throws {
        let before = cairn_float_enter()
        defer { cairn_float_restore(before) }
        cairn_float_flush_to_zero()
        // Subnormal operands and results: both would be zero under that library's mode.
        let small = Float(bitPattern: 0x0000_0003)
        var (sum, product): (Float, Float) = (0, 0)
        kernels.binary(.add, [small], [small], into: &sum, count: 1)
        kernels.matmul([Float(bitPattern: 0x0080_0000)], [0.5], into: &product, m: 1, n: 1, k: 1)
        let mode = cairn_float_enter()
        cairn_float_restore(before)
        #expect(sum.bitPattern == 6)
        #expect(product.bitPattern == 0x0040_0000)
        #expect(mode != before, "the library's own mode must be left as it was")
    }

    @Test func errorSaysWhatAndWhatToDo() {
        let error = ArithmeticError(operation: "fma", expected: 1, found: 0xab, instructionSet: "avx2")
        #expect(
            error.description
                == "the known-answer test of fma failed on avx2: expected bits 1, found ab. This build or processor does "
                + "not keep canonical arithmetic; nothing it computes can be accepted. Try CAIRN_INSTRUCTIONS=portable, "
                + "or rebuild.")
    }
}
