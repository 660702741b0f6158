import Bytes
import Devchain
import EVM
import Ethereum
import JSON
import Ledger

/// A trace that somebody asked for: of what, and by which tracer.
struct TraceRequest {
    enum Subject {
        case transaction(Hash32)
        case call(CallMessage, BlockTag, CallOverrides)
    }

    private enum Kind {
        case structLogs, calls, prestate, selectors, nothing
    }

    private let kind: Kind
    private let options: JSON?
    private let details: JSON?

    init(_ options: JSON?) throws {
        self.options = options
        details = options?["tracerConfig"]
        switch options?["tracer"] {
        case nil, .null, "": kind = .structLogs
        case "callTracer": kind = .calls
        case "prestateTracer": kind = .prestate
        case "4byteTracer": kind = .selectors
        case "noopTracer": kind = .nothing
        case let name?:
            throw RPCError.server(
                "tracer \(name.text.prefix(60)) is not built in: use callTracer, prestateTracer, 4byteTracer, noopTracer, "
                    + "or none for one entry per instruction")
        }
    }

    func run(_ subject: Subject, on chain: Devchain, gasLimit: UInt64?) throws -> JSON {
        switch kind {
        case .structLogs:
            let tracer = StructLogTracer(options)
            let outcome = try TraceRequest.execute(subject, on: chain, tracer)
            guard !tracer.isTooLarge else {
                throw RPCError.server("the trace is too large: set disableStack, disableStorage or a limit")
            }
            return tracer.json(outcome)
        case .calls:
            let tracer = CallTracer(details)
            return tracer.json(gasLimit: gasLimit, outcome: try TraceRequest.execute(subject, on: chain, tracer))
        case .prestate: return try prestate(subject, on: chain)
        case .selectors:
            let tracer = SelectorTracer()
            _ = try TraceRequest.execute(subject, on: chain, tracer)
            return tracer.json
        case .nothing: return [:]
        }
    }

    /// First what is touched, then, in a second run, what was there before.
    private func prestate(_ subject: Subject, on chain: Devchain) throws -> JSON {
        let tracer = TouchTracer()
        tracer.touch(try chain.coinbase(of: subject))
        var after: StateExcerpt?
        try TraceRequest.execute(subject, on: chain, tracer, before: { _ in }) { state, _ in
            after = StateExcerpt(state, tracer.accounts)
        }
        var before: StateExcerpt?
        try TraceRequest.execute(
            subject, on: chain, TouchTracer(),
            before: { state in
                before = StateExcerpt(state, tracer.accounts)
            }
        ) { _, _ in }
        guard let before, let after else { return .null }
        guard details?["diffMode"] == true else { return before.json }
        return StateExcerpt.difference(from: before, to: after)
    }

    private static func execute(_ subject: Subject, on chain: Devchain, _ tracer: any Tracer) throws -> EVM.Outcome {
        var result: EVM.Outcome?
        try execute(subject, on: chain, tracer, before: { _ in }) { _, outcome in result = outcome }
        guard let result else { throw RPCError.server("transaction not found") }
        return result
    }

    private static func execute(
        _ subject: Subject, on chain: Devchain, _ tracer: any Tracer, before: (WorldState) -> Void,
        after: (WorldState, EVM.Outcome) -> Void
    ) throws {
        switch subject {
        case .transaction(let hash):
            try chain.replay(transaction: hash, tracer: tracer, before: before, after: after)
        case .call(let message, let block, let overrides):
            try chain.trace(message, at: block, overrides: overrides, tracer: tracer, before: before, after: after)
        }
    }
}

extension Devchain {
    /// The fee recipient, whom every transaction touches.
    fileprivate func coinbase(of subject: TraceRequest.Subject) throws -> Address {
        switch subject {
        case .transaction(let hash):
            guard let mined = try transaction(hash) else { throw RPCError.server("transaction not found") }
            return try header(at: .hash(mined.blockHash))?.header.beneficiary ?? .zero
        case .call(_, let block, let overrides):
            return try overrides.coinbase ?? header(at: block)?.header.beneficiary ?? .zero
        }
    }
}

/// How often each function was called, by selector and size of arguments (`4byteTracer`).
final class SelectorTracer: Tracer {
    private var counts: [String: Int] = [:]

    func enter(_ call: TraceCall) {
        guard !call.isCreation, call.input.count >= 4 else { return }
        counts["\(call.input.prefix(4).hex0x)-\(call.input.count - 4)", default: 0] += 1
    }

    func step(_ step: TraceStep) {}
    func stepEnd(cost: Int64, error: HaltReason?) {}
    func exit(_ result: TraceResult) {}
    func selfDestruct(_ address: Address, beneficiary: Address, balance: U256) {}

    var json: JSON { .object(JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })) }
}
