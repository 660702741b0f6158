package import Bytes

/// A contract that the protocol itself provides, by the last bytes of its address.
package enum Precompile: UInt16, CaseIterable, Sendable {
    case ecRecover = 0x01, sha256 = 0x02, ripemd160 = 0x03, identity = 0x04, modExp = 0x05
    case bn254Add = 0x06, bn254Mul = 0x07, bn254Pairing = 0x08, blake2f = 0x09, kzgPointEvaluation = 0x0a
    case blsG1Add = 0x0b, blsG1MSM = 0x0c, blsG2Add = 0x0d, blsG2MSM = 0x0e, blsPairing = 0x0f
    case blsMapG1 = 0x10, blsMapG2 = 0x11
    case p256Verify = 0x100

    /// The precompile that stands at `address` in `fork`, if any.
    @inline(__always)
    init?(_ address: Address, _ fork: Fork) {
        guard address.w0 | address.w1 == 0, address.w2 <= 0x100, address.w2 != 0 else { return nil }
        self.init(number: UInt16(truncatingIfNeeded: address.w2), fork)
    }

    @inline(never)
    private init?(number: UInt16, _ fork: Fork) {
        guard let precompile = Precompile(rawValue: number), fork >= precompile.since else { return nil }
        self = precompile
    }

    /// The first fork that has it.
    package var since: Fork {
        switch self {
        case .ecRecover, .sha256, .ripemd160, .identity: .frontier
        case .modExp, .bn254Add, .bn254Mul, .bn254Pairing: .byzantium
        case .blake2f: .istanbul
        case .kzgPointEvaluation: .cancun
        case .blsG1Add, .blsG1MSM, .blsG2Add, .blsG2MSM, .blsPairing, .blsMapG1, .blsMapG2: .prague
        case .p256Verify: .osaka
        }
    }

    /// Its address.
    package var address: Address { Address(number: UInt64(rawValue)) }

    /// All that `fork` has, in order of address.
    package static func all(in fork: Fork) -> [Precompile] { allCases.filter { fork >= $0.since } }
}

/// What a precompile made of its input.
enum PrecompileResult {
    /// For this much gas; the output lies in the machine's return data.
    case success(Int64)
    /// All gas is gone.
    case failure(HaltReason)
}
