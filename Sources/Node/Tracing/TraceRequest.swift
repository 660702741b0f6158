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
        case structLogs, calls, flatCalls, prestate, selectors, nothing
        /// Several tracers of one execution.
        case several([(name: String, request: TraceRequest)])
    }

    /// Bytes of an answer at which a trace is given up.
    static let sizeLimit = 128 << 20
    static let tooLarge = RPCError.server(
        "the trace is too large: set disableStack, disableStorage or a limit, or take callTracer with onlyTopCall")

    private let kind: Kind
    private let options: JSON?
    private let details: JSON?

    init(_ options: JSON?) throws {
        self.options = options
        details = options?["tracerConfig"]
        switch options?["tracer"] {
        case nil, .null, "": kind = .structLogs
        case "callTracer": kind = .calls
        case "flatCallTracer": kind = .flatCalls
        case "prestateTracer": kind = .prestate
        case "4byteTracer": kind = .selectors
        case "noopTracer": kind = .nothing
        case "muxTracer":
            kind = .several(
                try (details?.objectValue ?? JSONObject()).map { name, configuration in
                    guard name != "muxTracer" else { throw RPCError.server("muxTracer cannot hold another muxTracer") }
                    return (name, try TraceRequest(["tracer": .string(name), "tracerConfig": configuration]))
                })
        case let name?:
            throw RPCError.server(
                "tracer \(name.text.prefix(60)) is not built in: use callTracer, flatCallTracer, prestateTracer, "
                    + "4byteTracer, noopTracer, muxTracer, or none for one entry per instruction")
        }
    }

    /// The trace as JSON text.
    func write(_ subject: Subject, on chain: Devchain, gasLimit: UInt64?) throws -> [UInt8] {
        switch kind {
        case .structLogs:
            let tracer = StructLogTracer(options, sizeLimit: Self.sizeLimit)
            let outcome = try TraceRequest.execute(subject, on: chain, tracer)
            guard !tracer.isTooLarge else { throw Self.tooLarge }
            return tracer.write(outcome)
        case .calls: return try calls(subject, on: chain, gasLimit).bytes
        case .flatCalls:
            return try FlatCalls(calls(subject, on: chain, gasLimit), of: subject.place(on: chain), details).json.bytes
        case .prestate: return try prestate(subject, on: chain).bytes
        case .selectors:
            let tracer = SelectorTracer()
            _ = try TraceRequest.execute(subject, on: chain, tracer)
            return tracer.json.bytes
        case .nothing: return Array("{}".utf8)
        case .several(let parts):
            var text: [UInt8] = []
            for (name, request) in parts {
                text += Array(((text.isEmpty ? "{" : ",") + JSON.string(name).text + ":").utf8)
                text += try request.write(subject, on: chain, gasLimit: gasLimit)
                guard text.count <= Self.sizeLimit else { throw Self.tooLarge }
            }
            return text.isEmpty ? Array("{}".utf8) : text + Array("}".utf8)
        }
    }

    private func calls(_ subject: Subject, on chain: Devchain, _ gasLimit: UInt64?) throws -> JSON {
        let tracer = CallTracer(details, sizeLimit: Self.sizeLimit)
        let outcome = try TraceRequest.execute(subject, on: chain, tracer)
        guard !tracer.isTooLarge else { throw Self.tooLarge }
        return tracer.json(gasLimit: gasLimit, outcome: outcome)
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
