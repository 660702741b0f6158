import Bytes
import Crypto
package import EVM
import Ethereum
package import JSON

/// The state transition of one block as a function: the `t8n` tool that other clients have.
///
/// Input and output have their form: `alloc`, `env` and `txs` in; `alloc` and `result` out. Transactions that may not
/// stand in the block are listed as rejected, and the rest goes on.
package struct Transition {
    package var fork: Fork
    package var chainID: UInt64 = 1
    /// Execute only the first transaction, without system calls, withdrawals and requests.
    package var isStateTest = false
    package var blobSchedule: BlobSchedule?

    package init(fork: Fork) { self.fork = fork }

    /// Executes `input`, an object with `alloc`, `env` and `txs`; returns one with `alloc` and `result`.
    package func run(_ input: JSON) throws -> JSON {
        let env = try input.member("env")
        var state = try MemoryState(alloc: try input.member("alloc"))
        for (number, hash) in env["blockHashes"]?.objectValue ?? JSONObject() {
            guard let key = try JSON.word(number, "blockHashes").asUInt64 else { continue }
            state.blockHashes[key] = try Hash32(hex: hash.stringValue ?? "")
        }
        let block = try BlockContext(env: env, fork: fork, chainID: chainID, blobSchedule: blobSchedule)
        let world = WorldState(reader: state)
        let machine = Machine(state: world, block: block)
        var run = Run(executor: BlockExecutor(machine: machine))
        if !isStateTest {
            let parent = state.blockHashes[block.number &- 1] ?? .zero
            let root = env["parentBeaconBlockRoot"]?.stringValue == nil ? nil : try env.hash("parentBeaconBlockRoot")
            run.executor.begin(parentHash: parent, parentBeaconRoot: root)
        }
        for (index, transaction) in try input.array("txs").enumerated() {
            run.apply(transaction, index: index, chainID: chainID, fork: fork)
            if fork < .byzantium { run.executor.seal(stateRoot: try state.stateRoot(after: world)) }
            if isStateTest { break }
        }
        let withdrawals = isStateTest ? [] : try Self.withdrawals(env["withdrawals"])
        let result: BlockResult
        do {
            result = isStateTest ? run.executor.resultWithoutEnd() : try run.executor.finish(withdrawals: withdrawals)
        } catch {
            return .object(["error": .string("\(error)")])
        }
        state.apply(world.diff())
        return .object([
            "alloc": state.alloc,
            "result": try run.json(result, block: block, state: state, withdrawals: withdrawals),
        ])
    }

    /// Answers one line of input, a JSON object that also names its `fork`, with one line: what `--lines` does.
    package static func answer(line: String) -> String {
        do {
            let input = try JSON(parsing: line)
            let name = try input.string("fork")
            guard let fork = Fork(name: name) else { throw FixtureError("unknown fork \(name)") }
            var transition = Transition(fork: fork)
            transition.isStateTest = input["stateTest"]?.boolValue ?? false
            transition.chainID = try input.numberIfPresent("chainid") ?? 1
            return try transition.run(input).text
        } catch {
            return JSON.object(["error": .string("\(error)")]).text
        }
    }

    private static func withdrawals(_ list: JSON?) throws -> [Withdrawal] {
        try (list?.arrayValue ?? []).map { item in
            Withdrawal(
                index: try item.number("index"), validatorIndex: try item.number("validatorIndex"),
                address: try item.address("address"), amount: try item.number("amount"))
        }
    }
}

/// A transition on its way.
private struct Run {
    var executor: BlockExecutor
    var included: [SignedTransaction] = []
    var outcomes: [Outcome] = []
    var rejected: [(index: Int, error: String)] = []

    init(executor: BlockExecutor) { self.executor = executor }

    mutating func apply(_ fixture: JSON, index: Int, chainID: UInt64, fork: Fork) {
        do {
            let signed = try SignedTransaction(t8n: fixture, chainID: chainID, fork: fork)
            let sender = try signed.sender(allowHighS: fork < .homestead)
            let (outcome, _) = try executor.apply(signed.transaction, sender: sender)
            included.append(signed)
            outcomes.append(outcome)
        } catch {
            rejected.append((index, "\(error)"))
        }
    }

    func json(
        _ result: BlockResult, block: BlockContext, state: MemoryState, withdrawals: [Withdrawal]
    ) throws -> JSON {
        var object: JSONObject = [
            "stateRoot": .string(try state.stateRoot().hex0x),
            "txRoot": .string(Block.transactionsRoot(included).hex0x),
            "receiptsRoot": .string(Block.receiptsRoot(result.receipts).hex0x),
            "logsHash": .string(result.receipts.flatMap(\.logs).rlpHash.hex0x),
            "logsBloom": .string(result.bloom.bytes.hex0x),
            "gasUsed": .string(U256(result.gasUsed).hexQuantity),
            "receipts": .array(receipts(result)),
            "rejected": .array(
                rejected.map { .object(["index": .integer(Int64($0.index)), "error": .string($0.error)]) }),
        ]
        if block.fork >= .london { object["currentBaseFee"] = .string(block.baseFee.hexQuantity) }
        if block.fork >= .shanghai {
            object["withdrawalsRoot"] = .string(Block.withdrawalsRoot(withdrawals).hex0x)
        }
        if block.fork >= .cancun {
            object["currentExcessBlobGas"] = .string(U256(block.excessBlobGas).hexQuantity)
            object["blobGasUsed"] = .string(U256(result.blobGasUsed).hexQuantity)
        }
        if let hash = result.requestsHash {
            object["requestsHash"] = .string(hash.hex0x)
            object["requests"] = .array(result.requests.map { .string($0.hex0x) })
        }
        return .object(object)
    }

    private func receipts(_ result: BlockResult) -> [JSON] {
        zip(zip(included, outcomes), result.receipts).map { pair, receipt in
            var object: JSONObject = [
                "transactionHash": .string(pair.0.hash.hex0x), "succeeded": .bool(receipt.succeeded),
                "cumulativeGasUsed": .string(U256(receipt.cumulativeGasUsed).hexQuantity),
                "gasUsed": .string(U256(pair.1.gasUsed).hexQuantity), "status": .string("\(pair.1.status)"),
            ]
            if let address = pair.1.createdAddress { object["contractAddress"] = .string(address.hex0x) }
            return .object(object)
        }
    }
}
