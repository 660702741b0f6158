/// The version of the arithmetic, and the known-answer test that a process runs before it computes anything.
package enum Arithmetic {
    /// Part of every commitment; a change of any definition is a new version.
    package static let version = 1

    /// Computes a few hundred results whose bits are known and compares them.
    ///
    /// A processor, a compiler or a library that breaks the arithmetic is found here and not in a dispute.
    package static func selfTest(_ kernels: Kernels = .shared) throws(ArithmeticError) {
        try testScalars()
        try testFunctions(kernels)
        try testOperations(kernels)
    }
}

/// This machine does not compute what the arithmetic defines.
package struct ArithmeticError: Error, CustomStringConvertible {
    package let operation: String
    package let expected: UInt32
    package let found: UInt32
    package let instructionSet: String

    package var description: String {
        "the known-answer test of \(operation) failed on \(instructionSet): expected bits "
            + "\(String(expected, radix: 16)), found \(String(found, radix: 16)). This build or processor does not keep "
            + "canonical arithmetic; nothing it computes can be accepted. Try CAIRN_INSTRUCTIONS=portable, or rebuild."
    }
}
