import Bytes
import EVM
import Ethereum
import JSON

/// Runs official blockchain tests: imports blocks, valid and invalid, and compares the head and the state at the end.
package struct BlockTestRunner {
    /// Only cases of this network's name, where given.
    package var fork: String?
    /// Told of every case as it ends.
    package var onCase: ((String, Verdict) -> Void)?
    package private(set) var report = FixtureReport()
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
                guard fixture["blocks"] != nil, let network = fixture["network"]?.stringValue,
                    fork == nil || fork == network
                else { continue }
                let verdict = run(fixture, network)
                report.add(name, verdict)
                onCase?(name, verdict)
            }
        } catch {
            report.add(file, .failed("\(error)"))
        }
    }

    private func run(_ fixture: JSON, _ network: String) -> Verdict {
        do {
            let rules = try FixtureNetwork(network, blobSchedules: fixture["config"]?["blobSchedule"])
            return try importBlocks(fixture, rules)
        } catch let error as FixtureNetwork.Unknown {
            return .unsupported(error.description)
        } catch {
            return .failed("\(error)")
        }
    }

    private func importBlocks(_ fixture: JSON, _ rules: FixtureNetwork) throws -> Verdict {
        var state = try MemoryState(alloc: try fixture.member("pre"))
        let genesis = try Block(decoding: try fixture.data("genesisRLP"))
        if try state.stateRoot() != genesis.header.stateRoot { return .failed("genesis: state root") }
        var head = genesis.header
        state.blockHashes[head.number] = head.hash
        let chainID = try fixture["config"]?.numberIfPresent("chainid") ?? 1
        for (index, fixture) in try fixture.array("blocks").enumerated() {
            let expected = fixture["expectException"]?.stringValue
            do {
                (head, state) = try importBlock(try fixture.data("rlp"), on: head, state, rules, chainID)
                if let expected { return .failed("block \(index) was accepted, want \(expected)") }
            } catch {
                guard let expected else { return .failed("block \(index): \(error)") }
                if !FixtureExceptions.matches(expected, error) {
                    return .failed("block \(index) was refused for another reason than \(expected): \(error)")
                }
            }
        }
        if head.hash != (try fixture.hash("lastblockhash")) { return .failed("head \(head.hash)") }
        return .passed
    }

    /// Checks and executes one block; returns its header and the state after it.
    private func importBlock(
        _ bytes: [UInt8], on parent: Header, _ state: MemoryState, _ rules: FixtureNetwork, _ chainID: UInt64
    ) throws -> (Header, MemoryState) {
        let block = try Block(decoding: bytes)
        let (fork, schedule) = rules.rules(at: block.header.timestamp)
        let world = WorldState(reader: state, codes: codes)
        let machine = Machine(state: world, block: BlockContext(fork: fork, chainID: chainID))
        _ = try BlockExecutor.replay(
            block, parent: parent, parentHash: parent.hash, machine: machine, fork: fork, chainID: chainID,
            blobSchedule: schedule, stateRoot: { () throws(BlockError) in try state.stateRoot(after: world) })
        var after = state
        after.apply(world.diff())
        let root = try after.stateRoot()
        if root != block.header.stateRoot {
            throw BlockError.header(field: "stateRoot", have: "\(block.header.stateRoot)", want: "\(root)")
        }
        after.blockHashes[block.header.number] = block.header.hash
        return (block.header, after)
    }
}
