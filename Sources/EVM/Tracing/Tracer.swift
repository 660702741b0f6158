package import Bytes

/// Follows an execution step by step; `debug_trace*` and its kin are conformers.
///
/// ## Rules
/// - `enter` and `exit` come in pairs, nested as the calls are; precompiles and creations included.
/// - `step` comes before an instruction executes, `stepEnd` after it (of a call: before the callee's first step).
/// - The buffers of a step are valid only during the call.
package protocol Tracer: AnyObject {
    func step(_ step: TraceStep)
    /// The last instruction took `cost` gas, a call's share for the callee included; `error` where it failed.
    func stepEnd(cost: Int64, error: HaltReason?)
    func enter(_ call: TraceCall)
    func exit(_ result: TraceResult)
    /// `SELFDESTRUCT` moved this balance.
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256)
    /// Whether it wants to hear no more: the execution then ends for want of gas, and its outcome means nothing.
    var hasEnough: Bool { get }
}

extension Tracer {
    package var hasEnough: Bool { false }
}

/// A moment before an instruction.
package struct TraceStep {
    package let pc: Int
    package let opcode: Opcode
    package let gas: Int64
    /// 1 for the outermost frame.
    package let depth: Int
    package let refund: Int64
    /// The account that the frame acts on.
    package let address: Address
    /// Bottom first.
    package let stack: UnsafeBufferPointer<U256>
    package let memory: UnsafeBufferPointer<UInt8>
    package let returnData: UnsafeBufferPointer<UInt8>
    /// To look at accounts and slots; a tracer changes nothing.
    package let state: WorldState
}

/// The beginning of a message call or creation.
package struct TraceCall: Sendable {
    package let kind: CallKind
    package let from: Address
    /// Whose code runs, or the new contract.
    package let to: Address
    package let value: U256
    package let gas: Int64
    /// Calldata or init code.
    package let input: [UInt8]
    /// 0 for the outermost.
    package let depth: Int
}

/// The end of a message call or creation.
package struct TraceResult: Sendable {
    package let status: Outcome.Status
    package let gasUsed: Int64
    /// Return data, revert data or deployed code.
    package let output: [UInt8]
}
