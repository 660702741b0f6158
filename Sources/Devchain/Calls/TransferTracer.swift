import Bytes
import EVM
import Ethereum

/// Gathers logs as they are emitted, and movements of ether as logs between them (ERC-7528).
final class TransferTracer: Tracer {
    /// The address under which ether counts as a token.
    private static let ether = Address(0xeeee_eeee_eeee_eeee, 0xeeee_eeee_eeee_eeee, 0xeeee_eeee)
    /// keccak256 of `Transfer(address,address,uint256)`.
    private static let transfer = Hash32(
        0xddf2_52ad_1be2_c89b, 0x69c2_b068_fc37_8daa, 0x952b_a7f1_63c4_a116, 0x28f5_5a4d_f523_b3ef)

    /// What each open call has emitted; what fails is forgotten.
    private var open: [[Log]] = []
    private(set) var logs: [Log] = []

    func step(_ step: TraceStep) {
        let topics = Int(step.opcode.rawValue) - Int(Opcode.log0.rawValue)
        guard topics >= 0, topics <= 4, step.stack.count >= topics + 2, !open.isEmpty else { return }
        func word(_ depth: Int) -> U256 { step.stack[step.stack.count - 1 - depth] }
        guard let size = word(1).asInt, size < 1 << 24 else { return }
        let offset = word(0).asInt ?? 0
        let data = (0..<size).map { offset + $0 }.map { $0 < step.memory.count ? step.memory[$0] : 0 }
        open[open.count - 1].append(
            Log(address: step.address, topics: (0..<topics).map { word(2 + $0).hash }, data: data))
    }

    func stepEnd(cost: Int64, error: HaltReason?) {}

    func enter(_ call: TraceCall) {
        open.append([])
        let moves = call.kind == .call || call.kind == .create || call.kind == .create2
        if moves && !call.value.isZero { note(call.from, call.to, call.value) }
    }

    func exit(_ result: TraceResult) {
        guard let own = open.popLast(), result.status == .success else { return }
        if open.isEmpty { logs += own } else { open[open.count - 1] += own }
    }

    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {
        if !balance.isZero { note(address, beneficiary, balance) }
    }

    private func note(_ from: Address, _ to: Address, _ value: U256) {
        guard !open.isEmpty else { return }
        open[open.count - 1].append(
            Log(
                address: Self.ether, topics: [Self.transfer, U256(from).hash, U256(to).hash], data: value.bytes))
    }
}
