import CKernels

/// The fast implementation of canonical arithmetic: an instruction set and the threads to use.
///
///     let kernels = Kernels.shared
///     kernels.matmul(a, b, into: c, m: 32, n: 128, k: 64)
///
/// The result of every method is defined to the bit (docs/arithmetic.md) and depends on nothing but its arguments.
/// Sizes are the caller's word: the pointers must reach that far. Methods may be called from many threads at once, and
/// allocate nothing after a thread's first product. An output may be the same memory as an input only in elementwise
/// methods and optimiser steps.
package struct Kernels {
    package typealias In = UnsafePointer<Float>
    package typealias Out = UnsafeMutablePointer<Float>

    package let instructionSet: InstructionSet
    package let pool: ThreadPool
    let table: UnsafePointer<cairn_kernels>

    package init(_ instructionSet: InstructionSet = .best, pool: ThreadPool = .shared) {
        guard let table = instructionSet.table else {
            preconditionFailure("this processor has no \(instructionSet.rawValue); see InstructionSet.available")
        }
        self.instructionSet = instructionSet
        self.pool = pool
        self.table = table
    }

    package static let shared = Kernels()

    /// Multiply-adds (or operations of like cost) below which a second thread costs more than it saves.
    package static let forkWork = 1 << 19

    /// What reading and writing one element costs, in multiply-adds.
    static let movingWork = 8

    /// Runs `body` with the floating-point environment that the definition needs, whatever the thread had.
    @inline(__always)
    func canonical<R>(_ body: () -> R) -> R {
        let saved = cairn_float_enter()
        defer { cairn_float_restore(saved) }
        return body()
    }

    /// Splits `count` items into ranges, each a multiple of `unit`, and computes them on the pool when `work` is large.
    @inline(__always)
    package func split(_ count: Int, unit: Int, work: Int, _ body: (Range<Int>) -> Void) {
        if pool.threads == 1 || work < Self.forkWork || count <= unit {
            canonical { body(0..<count) }
            return
        }
        let pieces = min(pool.threads * 4, (count + unit - 1) / unit, max(2, work / (Self.forkWork / 4)))
        let width = ((count + pieces - 1) / pieces + unit - 1) / unit * unit
        pool.run(pieces: (count + width - 1) / width) { piece in
            let start = piece * width
            canonical { body(start..<min(start + width, count)) }
        }
    }
}

// A table of functions that never changes, and a pool that is itself Sendable.
extension Kernels: @unchecked Sendable {}

/// What follows a product inside the same call, as separately rounded operations.
package enum Activation: Sendable, Hashable {
    case none, relu

    var code: Int32 { self == .relu ? 1 : 0 }
}
