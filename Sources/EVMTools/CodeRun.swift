package import Bytes
package import EVM
package import JSON

/// Executes bytecode as one message call and measures it: the logic of `cairn evm run` and of the benchmark.
///
/// The callee 0xc0de0 holds the code; 0xbeef calls it; sender, callee and coinbase are warm; gas is the message call's
/// alone, without intrinsic gas or refund.
package struct CodeRun {
    package var code: [UInt8]
    package var input: [UInt8] = []
    package var gas: UInt64 = 1_000_000_000
    package var fork: Fork = .osaka
    /// Wei of the callee.
    package var balance = U256.zero
    /// Storage of the callee.
    package var storage: [U256: U256] = [:]
    /// Other contracts by address.
    package var others: [Address: [UInt8]] = [:]

    package init(code: [UInt8]) { self.code = code }

    package static let callee = Address(number: 0xc0de0)
    package static let sender = Address(number: 0xbeef)
    package static let coinbase = Address(number: 0xc01b_ba5e)

    /// What came out, the same each time, and how long each time took.
    package struct Result: Sendable {
        package var status: Outcome.Status
        package var gasUsed: UInt64
        package var output: [UInt8]
        /// Sorted.
        package var seconds: [Double]

        package var minimum: Double { seconds.first ?? 0 }
        package var median: Double { seconds.isEmpty ? 0 : seconds[seconds.count / 2] }

        /// The object that the commands print.
        package var json: JSON {
            .object([
                "status": .string(statusText), "gasUsed": JSON(gasUsed), "output": .string(output.hex0x),
                "runs": .integer(Int64(seconds.count)), "minSeconds": .double(minimum),
                "medianSeconds": .double(median), "maxSeconds": .double(seconds.last ?? 0),
            ])
        }

        private var statusText: String {
            switch status {
            case .success: "success"
            case .reverted: "execution reverted"
            case .halted(let reason): reason.description
            }
        }
    }

    /// Runs `count` times, or as often as fits into `budget` seconds (at least five times).
    package func run(count: Int = 1, budget: Double? = nil) -> Result {
        var reader = MemoryState()
        reader.set(Self.callee, nonce: 1, balance: balance, code: code, storage: storage)
        reader.set(Self.sender, nonce: 0, balance: U256(1) << 200, code: [])
        for (address, code) in others { reader.set(address, nonce: 1, balance: .zero, code: code) }
        var block = BlockContext(fork: fork, chainID: 1)
        (block.number, block.timestamp, block.gasLimit) = (1, 1, 2_000_000_000)
        block.coinbase = Self.coinbase
        let state = WorldState(reader: reader)
        let machine = Machine(state: state, block: block)
        let clock = ContinuousClock()
        let begin = clock.now
        var seconds: [Double] = []
        var last: Outcome?
        repeat {
            state.reset(reader: reader)
            last = nil
            let start = clock.now
            last = machine.messageCall(to: Self.callee, from: Self.sender, data: input, gas: gas)
            seconds.append((clock.now - start) / .seconds(1))
        } while budget.map { seconds.count < 5 || (clock.now - begin) / .seconds(1) < $0 } ?? (seconds.count < count)
        return Result(
            status: last?.status ?? .success, gasUsed: last?.gasUsed ?? 0, output: last?.output ?? [],
            seconds: seconds.sorted())
    }
}

extension CodeRun {
    /// Reads a case of a benchmark file: `code`, `input`, `gas`, `storage`, `pre` (code by address).
    package init(fixture: JSON) throws {
        self.init(code: try fixture.data("code"))
        input = try fixture.data("input")
        gas = try fixture.uint64("gas")
        fork = fixture["fork"]?.stringValue.flatMap(Fork.init(name:)) ?? .cancun
        for (slot, value) in fixture["storage"]?.objectValue ?? JSONObject() {
            storage[try JSON.word(slot, "storage")] = try JSON.word(value.stringValue ?? "", slot)
        }
        for (address, code) in fixture["pre"]?.objectValue ?? JSONObject() {
            others[try Address(hex: address)] = try [UInt8](hex: code.stringValue ?? "")
        }
    }

    /// Runs all cases of a benchmark file whose name contains `filter`, `seconds` each; tells each as it ends.
    package static func benchmark(
        path: String, filter: String = "", seconds: Double, report: (String, Result) -> Void
    ) throws {
        for fixture in try JSON(parsing: try FixtureFiles.read(path)).arrayValue ?? [] {
            let name = try fixture.string("name")
            guard filter.isEmpty || name.contains(filter) else { continue }
            report(name, try CodeRun(fixture: fixture).run(budget: seconds))
        }
    }
}
