internal import CKeccak

/// The ways in which this machine can run Keccak's permutation; all give the same bytes.
package enum KeccakPermutation: Int32, CaseIterable {
    case portable = 0
    case bmi = 1
    case avx512 = 2

    /// XORs blocks of 136 bytes into 25 lanes, permuting the lanes (Keccak-f[1600]) after each block.
    package typealias Absorb = @convention(c) (UnsafeMutablePointer<UInt64>?, UnsafePointer<UInt8>?, Int) -> Void

    /// The function, or nil where this processor has not the instructions.
    package var absorb: Absorb? { cairn_keccak_for(rawValue) }

    /// The fastest that this processor runs; the cases stand in that order.
    static let fastest: Absorb = {
        for permutation in allCases.reversed() {
            if let absorb = permutation.absorb { return absorb }
        }
        preconditionFailure("the portable permutation runs everywhere")
    }()
}
