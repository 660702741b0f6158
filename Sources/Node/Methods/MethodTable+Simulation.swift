import Bytes
import Devchain
import EVM
import Ethereum
import JSON
import Ledger

extension MethodTable {
    static let simulation: [String: RPCMethod] = [
        "eth_simulateV1": RPCMethod(2, .long) { service, parameters in
            try service.simulate(parameters.read(0), at: parameters.block(1))
        }
    ]
}

/// What `eth_simulateV1` is asked to run.
struct SimulationRequest: WireReadable {
    var blocks: [SimulationBlock] = []
    var traceTransfers = false
    var validation = false
    var full = false

    /// Calls in all blocks together.
    private static let callLimit = 10_000

    package init(wire json: JSON) throws(WireError) {
        let object = try WireObject(wire: json)
        traceTransfers = try object.optional("traceTransfers") ?? false
        validation = try object.optional("validation") ?? false
        full = try object.optional("returnFullTransactions") ?? false
        for block in try object.optional("blockStateCalls", as: WireList<JSON>.self)?.elements ?? [] {
            blocks.append(try SimulationRequest.block(block))
        }
        guard blocks.reduce(0, { $0 + $1.calls.count }) <= SimulationRequest.callLimit else {
            throw WireError("too many calls, want at most \(SimulationRequest.callLimit)")
        }
    }

    private static func block(_ json: JSON) throws(WireError) -> SimulationBlock {
        var block = SimulationBlock()
        if let accounts = json["stateOverrides"], accounts != .null { try block.overrides.readAccounts(accounts) }
        if let changes = json["blockOverrides"], changes != .null {
            try block.overrides.readBlock(changes, isSimulated: true)
        }
        for call in json["calls"]?.arrayValue ?? [] {
            let arguments = try TransactionArguments(wire: call)
            block.calls.append(SimulationCall(arguments.message, nonce: arguments.nonce))
        }
        return block
    }
}

extension NodeService {
    func simulate(_ request: SimulationRequest, at tag: BlockTag) throws -> JSON {
        guard !request.blocks.isEmpty else { throw RPCError.invalidParameters("empty input") }
        guard request.blocks.count <= 256 else { throw RPCError(-38026, "too many blocks") }
        let simulated = try chain.simulate(
            request.blocks, at: tag, validation: request.validation, traceTransfers: request.traceTransfers)
        return .array(
            simulated.map { result in
                let block = result.block
                let transactions = block.transactions.map(\.signed)
                let size = Block(
                    header: block.header, transactions: transactions, withdrawals: block.withdrawals
                ).encoded.count
                var object = JSON.block(block, size: size, full: request.full).objectValue ?? [:]
                object["calls"] = .array(result.calls.map { .simulatedCall($0) })
                return .object(object)
            })
    }
}

extension JSON {
    /// One call's outcome; failures carry codes of their own here (-32015 for what is not a revert).
    fileprivate static func simulatedCall(_ call: SimulatedCall) -> JSON {
        var object: JSONObject = [
            "returnData": .data(call.status == .success || call.status == .reverted ? call.output : []),
            "logs": .array(call.logs.map { .log($0) }), "gasUsed": .quantity(call.gasUsed),
            "status": .quantity(call.status == .success ? 1 as UInt64 : 0),
        ]
        switch call.status {
        case .success: break
        case .reverted:
            let words = RevertReason(call.output).words.map { ": " + $0 } ?? ""
            object["error"] = ["code": 3, "message": .string("execution reverted" + words), "data": .data(call.output)]
        case .halted(let reason):
            object["error"] = ["code": -32015, "message": .string("\(reason)")]
        }
        return .object(object)
    }
}
