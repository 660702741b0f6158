import Bytes

/// How a frame came to be.
package enum CallKind: UInt8, BitwiseCopyable, Sendable {
    case call, callCode, delegateCall, staticCall, create, create2

    var creates: Bool { self == .create || self == .create2 }

    /// The opcode's name; what call tracers print as `type`.
    package var name: String {
        switch self {
        case .call: "CALL"
        case .callCode: "CALLCODE"
        case .delegateCall: "DELEGATECALL"
        case .staticCall: "STATICCALL"
        case .create: "CREATE"
        case .create2: "CREATE2"
        }
    }
}

/// One message call in execution.
///
/// While the loop runs a frame, its instruction pointer, stack pointer and gas live in locals; they are written back
/// here before anything that leaves the loop.
struct Frame: BitwiseCopyable {
    var ip: UnsafePointer<UInt8>
    var sp: UnsafeMutablePointer<U256>
    var gas: Int64
    let stack: UnsafeMutablePointer<U256>
    let code: UnsafePointer<UInt8>
    let codeCount: Int
    let jumpDestinations: UnsafePointer<UInt64>
    /// Where the frame's memory begins in the arena, and its size, a multiple of 32.
    let memoryStart: Int
    var memorySize = 0
    /// The calldata in the arena.
    let inputStart: Int
    let inputCount: Int
    /// The account whose storage, balance and nonce the frame acts on.
    let account: Int
    let address: Address
    let caller: Address
    let value: U256
    let kind: CallKind
    let isStatic: Bool
    /// Where the parent wants the output: offset in its own memory, and at most how many bytes.
    let outputOffset: Int
    let outputCapacity: Int
    /// What a revert goes back to.
    let checkpoint: Checkpoint
    let refund: Int64
    let logs: LogBuffer.Mark
    let gasAtStart: Int64
}
