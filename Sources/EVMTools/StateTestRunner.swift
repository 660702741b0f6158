import Bytes
import Crypto
import Ethereum
import EVM
import JSON

/// Runs official state tests: one transaction on a small state, with the root and the logs that must come out.
package struct StateTestRunner {
    /// Only cases of this fork's name, where given.
    package var fork: String?
    /// Told of every case as it ends.
    package var onCase: ((String, Verdict) -> Void)?
    package private(set) var report = FixtureReport()
    /// Analysed code is shared by all cases.
    private let codes = CodeCache()

    package init(fork: String? = nil, onCase: ((String, Verdict) -> Void)? = nil) {
        (self.fork, self.onCase) = (fork, onCase)
    }

    /// Runs all fixtures at a path: a file, a folder or a tar archive.
    package mutating func run(path: String) throws {
        try FixtureFiles.forEach(at: path) { name, bytes in run(file: name, bytes) }
    }

    /// Runs one file of fixtures.
    package mutating func run(file: String, _ bytes: [UInt8]) {
        do {
            for (name, fixture) in try JSON(parsing: bytes).objectValue ?? JSONObject() {
                guard fixture["post"] != nil else { continue }
                for (forkName, cases) in try fixture.object("post") where fork == nil || fork == forkName {
                    for (index, post) in (cases.arrayValue ?? []).enumerated() {
                        add("\(name)[\(forkName)/\(index)]", run(fixture, forkName, post))
                    }
                }
            }
        } catch {
            add(file, .failed("\(error)"))
        }
    }

    private mutating func add(_ name: String, _ verdict: Verdict) {
        report.add(name, verdict)
        onCase?(name, verdict)
    }

    private func run(_ fixture: JSON, _ forkName: String, _ post: JSON) -> Verdict {
        guard let fork = Fork(name: forkName) else { return .unsupported("unknown fork \(forkName)") }
        do {
            let before = try MemoryState(alloc: try fixture.member("pre"))
            let block = try BlockContext(fixture: fixture, fork: fork, name: forkName)
            let (transaction, sender) = try Transaction.stateTest(try fixture.member("transaction"), post)
            let world = WorldState(reader: before, codes: codes)
            let machine = Machine(state: world, block: block)
            var after = before
            var logs: [Log] = []
            var rejection: TransactionRejection?
            do throws(TransactionRejection) {
                logs = try machine.execute(transaction, sender: sender, gasAvailable: block.gasLimit).logs
                after.apply(world.diff())
            } catch {
                rejection = error
            }
            return try judge(post, after, logs, rejection)
        } catch {
            return .failed("\(error)")
        }
    }

    private func judge(
        _ post: JSON, _ state: MemoryState, _ logs: [Log], _ rejection: TransactionRejection?
    ) throws -> Verdict {
        let expected = post["expectException"]?.stringValue
        if expected == nil, let rejection { return .failed("rejected: \(rejection)") }
        if let expected {
            guard let rejection else { return .failed("accepted, want \(expected)") }
            guard FixtureExceptions.matches(expected, rejection) else {
                return .failed("rejected for another reason than \(expected): \(rejection)")
            }
        }
        let logsHash = logs.rlpHash
        if logsHash != (try post.hash("logs")) { return .failed("logs hash \(logsHash)") }
        let root = try state.stateRoot()
        if root == (try post.hash("hash")) { return .passed }
        guard let want = post["state"] else { return .failed("state root \(root)") }
        return .failed("state: " + state.differences(from: try MemoryState(alloc: want)).joined(separator: "; "))
    }
}

extension BlockContext {
    /// Reads `env` and `config` of a state test.
    init(fixture: JSON, fork: Fork, name: String) throws {
        let env = try fixture.member("env")
        self.init(fork: fork, chainID: try fixture["config"]?.numberIfPresent("chainid") ?? 1)
        number = try env.number("currentNumber")
        timestamp = try env.number("currentTimestamp")
        gasLimit = try env.number("currentGasLimit")
        coinbase = try env.address("currentCoinbase")
        difficulty = try env.wordIfPresent("currentDifficulty") ?? .zero
        prevRandao = try env.wordIfPresent("currentRandom")?.hash ?? .zero
        baseFee = try env.wordIfPresent("currentBaseFee") ?? .zero
        excessBlobGas = try env.numberIfPresent("currentExcessBlobGas") ?? 0
        if let schedule = fixture["config"]?["blobSchedule"]?[name] {
            blobSchedule = try BlobSchedule(fixture: schedule)
        }
    }
}

extension Transaction {
    /// The transaction that `post` picks from the lists of a state test, and its sender.
    static func stateTest(_ fixture: JSON, _ post: JSON) throws -> (Transaction, Address) {
        let indexes = try post.member("indexes")
        func pick(_ list: String, _ index: String) throws -> String {
            let items = try fixture.array(list)
            let position = try indexes.int(index)
            guard items.indices.contains(position), let text = items[position].stringValue else {
                throw FixtureError("\(list)[\(position)]: absent")
            }
            return text
        }
        let accessList = try Transaction.accessList(
            fixture: fixture["accessLists"]?[try indexes.int("data")])
        let authorizations = try Transaction.authorizations(fixture: fixture["authorizationList"])
        let isBlob = fixture["blobVersionedHashes"] != nil || fixture["maxFeePerBlobGas"] != nil
        let kind: Kind =
            authorizations != nil
            ? .setCode
            : isBlob
                ? .blob
                : fixture["maxFeePerGas"] != nil
                    ? .dynamicFee
                    : accessList != nil ? .accessList : .legacy
        let to = try fixture.text("to")
        var transaction = Transaction(
            kind: kind, chainID: nil, nonce: try fixture.number("nonce"),
            gasLimit: try JSON.word(try pick("gasLimit", "gas"), "gasLimit").asUInt64 ?? .max,
            to: to.isEmpty ? nil : try Address(hex: to))
        transaction.gasPrice = try fixture.wordIfPresent("gasPrice") ?? .zero
        transaction.maxFeePerGas = try fixture.wordIfPresent("maxFeePerGas") ?? .zero
        transaction.maxPriorityFeePerGas = try fixture.wordIfPresent("maxPriorityFeePerGas") ?? .zero
        transaction.value = try JSON.word(try pick("value", "value"), "value")
        transaction.data = try [UInt8](hex: try pick("data", "data"))
        transaction.accessList = accessList ?? []
        transaction.authorizations = authorizations ?? []
        transaction.maxFeePerBlobGas = try fixture.wordIfPresent("maxFeePerBlobGas") ?? .zero
        transaction.blobVersionedHashes = try (fixture["blobVersionedHashes"]?.arrayValue ?? []).map {
            try Hash32(hex: $0.stringValue ?? "")
        }
        return (transaction, try fixture.address("sender"))
    }
}

extension Array where Element == Log {
    /// Keccak-256 of the RLP list of the logs.
    var rlpHash: Hash32 {
        var encoder = RLPEncoder()
        encoder.list { list in
            for log in self {
                list.list { item in
                    item.append(log.address)
                    item.list(log.topics)
                    item.append(log.data)
                }
            }
        }
        return keccak256(encoder.bytes)
    }
}
