import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A family of processor instructions that the kernels are written for. All give the same bytes.
package enum InstructionSet: String, Sendable, CaseIterable {
    case portable, avx2, avx512, neon

    var code: Int32 {
        switch self {
        case .portable: 0
        case .avx2: 1
        case .avx512: 2
        case .neon: 3
        }
    }

    var table: UnsafePointer<cairn_kernels>? { cairn_kernels_for(code) }

    /// What this processor runs, slowest first.
    package static var available: [InstructionSet] { allCases.filter { $0.table != nil } }

    /// The fastest that runs here, or the one that `CAIRN_INSTRUCTIONS` names if it runs here.
    package static var best: InstructionSet {
        if let text = getenv("CAIRN_INSTRUCTIONS"), let wanted = InstructionSet(rawValue: String(cString: text)),
            wanted.table != nil
        {
            return wanted
        }
        return available.last ?? .portable
    }
}
