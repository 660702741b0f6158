/// Why a frame stopped without success and lost all its gas.
package enum HaltReason: Error, Hashable, Sendable, CustomStringConvertible {
    case outOfGas
    case stackUnderflow(have: Int, want: Int)
    case stackOverflow(have: Int, limit: Int)
    case invalidOpcode(UInt8)
    case invalidJump
    /// A change of state in a static call.
    case writeProtection
    case returnDataOutOfBounds
    case gasOverflow
    case callDepthExceeded
    case insufficientBalance
    case nonceOverflow
    case contractAddressCollision
    case codeSizeExceeded
    case initCodeSizeExceeded
    /// Code that begins with 0xEF (EIP-3541).
    case invalidCode
    case codeStoreOutOfGas
    case precompileFailure

    /// geth's words, where it has some.
    package var description: String {
        switch self {
        case .outOfGas: "out of gas"
        case .stackUnderflow(let have, let want): "stack underflow (\(have) <=> \(want))"
        case .stackOverflow(let have, let limit): "stack limit reached \(have) (\(limit))"
        case .invalidOpcode(let byte): "invalid opcode: " + (byte == 0xfe ? "INVALID" : Opcode(byte: byte).name)
        case .invalidJump: "invalid jump destination"
        case .writeProtection: "write protection"
        case .returnDataOutOfBounds: "return data out of bounds"
        case .gasOverflow: "gas uint64 overflow"
        case .callDepthExceeded: "max call depth exceeded"
        case .insufficientBalance: "insufficient balance for transfer"
        case .nonceOverflow: "nonce uint64 overflow"
        case .contractAddressCollision: "contract address collision"
        case .codeSizeExceeded: "max code size exceeded"
        case .initCodeSizeExceeded: "max initcode size exceeded"
        case .invalidCode: "invalid code: must not begin with 0xef"
        case .codeStoreOutOfGas: "contract creation code storage out of gas"
        case .precompileFailure: "precompile failed"
        }
    }
}
