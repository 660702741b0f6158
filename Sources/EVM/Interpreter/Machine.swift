package import Bytes
import Ethereum

/// Executes messages and transactions on a `WorldState`.
///
/// It owns the stacks, the memory and the frames, and keeps them between runs. One task uses it at a time.
package final class Machine {
    package let state: WorldState
    package var block: BlockContext
    /// Precompiles that a call pretends to be elsewhere: at each of these addresses the one named, or none.
    package var movedPrecompiles: [Address: Precompile?] = [:]

    /// Hot state lies behind pointers, so that no access to it is checked for exclusivity.
    let environment: UnsafeMutablePointer<Environment>
    let memory: UnsafeMutablePointer<MemoryArena>
    let returnData: UnsafeMutablePointer<ByteBuffer>
    let logs: UnsafeMutablePointer<LogBuffer>
    let frames: UnsafeMutablePointer<Frame>
    private let stackArena: UnsafeMutablePointer<U256>
    /// Index of the running frame; -1 where none runs.
    var depth = -1
    /// Refund counter of the running transaction.
    var refund: Int64 = 0
    /// Why the running instruction failed, where it was not for want of gas or stack.
    var failure: HaltReason?
    /// What the outermost frame ended with.
    var result = FrameResult(status: .success, gasLeft: 0, created: nil)
    var blobHashes: [Hash32] = []
    /// Keeps init code alive until the transaction ends.
    var initCodes: [Bytecode] = []
    var tracer: (any Tracer)?
    /// The gas before the step that the tracer was last told of and that has not ended.
    var openStep: Int64?

    package init(state: WorldState, block: BlockContext) {
        self.state = state
        self.block = block
        environment = .allocate(capacity: 1)
        environment.initialize(to: Environment())
        memory = .allocate(capacity: 1)
        memory.initialize(to: MemoryArena())
        returnData = .allocate(capacity: 1)
        returnData.initialize(to: ByteBuffer())
        logs = .allocate(capacity: 1)
        logs.initialize(to: LogBuffer())
        frames = .allocate(capacity: Limits.callDepth + 2)
        // Untouched pages of this cost nothing; a frame's stack begins where its caller's ends.
        stackArena = .allocate(capacity: (Limits.callDepth + 2) * Limits.stack)
    }

    deinit {
        environment.deallocate()
        memory.pointee.deallocate()
        memory.deallocate()
        returnData.pointee.deallocate()
        returnData.deallocate()
        logs.pointee.deallocate()
        logs.deallocate()
        frames.deallocate()
        stackArena.deallocate()
    }

    /// How a frame ended.
    struct FrameResult {
        var status: Outcome.Status
        var gasLeft: Int64
        var created: Address?
    }

    /// What a message asks for, before it is a frame.
    struct Message {
        var kind: CallKind = .call
        var account: Int
        var address: Address
        var caller: Address
        var value: U256
        var gas: Int64
        var isStatic = false
        var code: Bytecode
        var inputStart = 0
        var inputCount = 0
        var outputOffset = 0
        var outputCapacity = 0
        var checkpoint: Checkpoint
    }

    /// Makes `message` the running frame.
    func enter(_ message: Message) {
        let memoryStart: Int
        let stack: UnsafeMutablePointer<U256>
        if depth < 0 {
            memoryStart = (message.inputCount + 31) & ~31
            stack = stackArena
        } else {
            let parent = frames + depth
            memoryStart = parent.pointee.memoryStart &+ parent.pointee.memorySize
            stack = parent.pointee.sp
        }
        depth &+= 1
        let code = message.code
        (frames + depth).initialize(
            to: Frame(
                ip: code.pointer, sp: stack, gas: message.gas, stack: stack, code: code.pointer,
                codeCount: code.count, jumpDestinations: code.jumpDestinations, memoryStart: memoryStart,
                inputStart: message.inputStart, inputCount: message.inputCount, account: message.account,
                address: message.address, caller: message.caller, value: message.value, kind: message.kind,
                isStatic: message.isStatic, outputOffset: message.outputOffset,
                outputCapacity: message.outputCapacity, checkpoint: message.checkpoint, refund: refund,
                logs: logs.pointee.mark, gasAtStart: message.gas))
        returnData.pointee.clear()
    }

    /// Runs the pushed frame to its end; the result lies in `result`, its output in `returnData`.
    func runToEnd() {
        if tracer == nil { run(Silent.self) } else { run(Traced.self) }
    }

    /// The precompile that stands at `address`, if any.
    @inline(__always)
    func precompile(at address: Address, _ fork: Fork) -> Precompile? {
        if !movedPrecompiles.isEmpty, let moved = movedPrecompiles[address] { return moved }
        return Precompile(address, fork)
    }

    /// Notes why the running instruction failed.
    @inline(never)
    func fail(_ reason: HaltReason) -> Bool {
        failure = reason
        return false
    }
}
