import Arguments
import Bytes
import EVM
import EVMTools
import JSON
import Report

/// `cairn evm`: the virtual machine by itself, for conformance tests, measurement and other people's tools.
enum EVMCommand {
    static let command = Command(
        "evm", "Run the Ethereum virtual machine by itself.",
        subcommands: [stateTest, blockTest, run, bench, transition])

    private static let fork = Option.value("fork", "name", "only cases of this fork, as fixtures name it")
    private static let paths = Positional(
        "path", "a JSON file, a folder, or a tar archive (.tar, .tar.xz, .tar.gz)", isRepeated: true)

    // MARK: - Conformance

    private static let stateTest = Command(
        "statetest", "Run official state tests.",
        options: [fork, .flag("verbose", "name every case that cannot be judged, and why"), Shared.json],
        positionals: [paths]
    ) { values in
        var runner = StateTestRunner(fork: values.string("fork"))
        for path in values.positionals { try readable { try runner.run(path: path) } }
        try conclude(runner.report, values)
    }

    private static let blockTest = Command(
        "blocktest", "Import the blocks of official blockchain tests.",
        options: [fork, .flag("verbose", "name every case that cannot be judged, and why"), Shared.json],
        positionals: [paths]
    ) { values in
        var runner = BlockTestRunner(fork: values.string("fork"))
        for path in values.positionals { try readable { try runner.run(path: path) } }
        try conclude(runner.report, values)
    }

    private static func conclude(_ report: FixtureReport, _ values: Values) throws {
        let console = Shared.console(values)
        for failure in report.failures { console.say("FAILED \(failure.name): \(failure.reason)") }
        if values.flag("verbose") {
            for name in report.unsupported { console.say("unsupported \(name)") }
        }
        console.say("\(report.passed) passed, \(report.failed) failed, \(report.unsupported.count) unsupported")
        Console.write(report.json.text + "\n", to: 1)
        if report.passed + report.failed + report.unsupported.count == 0 {
            throw Failure(.badInput, "no case was found; give official fixtures, and a fork that they name")
        }
        if report.failed > 0 { throw Failure(.refused, "\(report.failed) cases failed") }
    }

    // MARK: - Running code

    private static let run = Command(
        "run", "Execute bytecode as one message call and measure it.",
        options: [
            .value("code", "hex", "the code of the contract that is called"),
            .value("input", "hex", "its calldata", default: "0x"),
            .value("gas", "n", "what the call may use", default: "1000000000"),
            .value("fork", "name", "the rules to follow", default: "Osaka"),
            .value("repeat", "n", "how often to run, each time on fresh state", default: "1"), Shared.json,
        ]
    ) { values in
        let hex = try values.required("code")
        var run = CodeRun(code: try bytes(hex, "code", values))
        run.input = try bytes(values.string("input") ?? "", "input", values)
        run.gas = UInt64(try values.integer("gas") ?? 1_000_000_000)
        run.fork = try forkNamed(values)
        let result = run.run(count: try values.integer("repeat", in: 1...100_000_000) ?? 1)
        let console = Shared.console(values)
        console.say("status    \(result.json["status"]?.stringValue ?? "")")
        console.say("gas used  \(result.gasUsed)")
        console.say("output    \(result.output.hex0x)")
        let (best, middle) = (decimal(result.minimum * 1e6, digits: 3), decimal(result.median * 1e6, digits: 3))
        console.say("time      \(best) microseconds at best, \(middle) in the middle")
        console.finish(result.json)
    }

    private static let bench = Command(
        "bench", "Measure the cases of a benchmark file, one JSON object a line.",
        options: [
            .value("seconds", "s", "how long each case runs", default: "0.5"),
            .value("filter", "text", "only cases whose name contains this", default: ""),
        ],
        positionals: [Positional("file", "JSON: a list of objects with name, code, input, gas, storage, pre")]
    ) { values in
        let seconds = try values.number("seconds") ?? 0.5
        let filter = values.string("filter") ?? ""
        try readable {
            try CodeRun.benchmark(path: values.positionals[0], filter: filter, seconds: seconds) { name, result in
                var line = result.json.objectValue ?? JSONObject()
                line["name"] = .string(name)
                line["output"] = nil
                Console.write(JSON.object(line).text + "\n", to: 1)
            }
        }
    }

    // MARK: - Transition

    private static let transition = Command(
        "t8n", "Execute one block on an allocation: alloc, env and txs in, alloc and result out.",
        discussion: """
            With --lines, each line of standard input is one JSON object with alloc, env, txs and fork, answered by one
            line of output.
            """,
        options: [
            .value("input.alloc", "file", "the accounts", default: "alloc.json"),
            .value("input.env", "file", "the block", default: "env.json"),
            .value("input.txs", "file", "the transactions, a list of objects", default: "txs.json"),
            .value("state.fork", "name", "the rules to follow", default: "Osaka"),
            .value("state.chainid", "n", "the chain's id", default: "1"),
            .flag("state-test", "only the first transaction, without system calls and withdrawals"),
            .flag("lines", "answer lines of standard input until it ends"),
        ]
    ) { values in
        if values.flag("lines") {
            while let line = readLine() { Console.write(Transition.answer(line: line) + "\n", to: 1) }
            return
        }
        var input = JSONObject()
        for (key, file) in [("alloc", "input.alloc"), ("env", "input.env"), ("txs", "input.txs")] {
            let path = values.string(file) ?? ""
            input[key] = try readable { try JSON(parsing: try FixtureFiles.read(path)) }
        }
        let name = values.string("state.fork") ?? "Osaka"
        guard let fork = Fork(name: name) else { throw values.error("--state.fork: '\(name)' is no fork") }
        var transition = Transition(fork: fork)
        transition.chainID = UInt64(try values.integer("state.chainid") ?? 1)
        transition.isStateTest = values.flag("state-test")
        let answer = try readable { try transition.run(.object(input)) }
        Console.write(answer.prettyText + "\n", to: 1)
    }

    // MARK: - Reading

    private static func forkNamed(_ values: Values) throws -> Fork {
        let name = values.string("fork") ?? "Osaka"
        guard let fork = Fork(name: name) else {
            let names = Fork.allCases.map(\.name).joined(separator: ", ")
            throw values.error("--fork: '\(name)' is no fork; there are \(names)")
        }
        return fork
    }

    private static func bytes(_ text: String, _ option: String, _ values: Values) throws -> [UInt8] {
        do { return try [UInt8](hex: text) } catch { throw values.error("--\(option): \(error)") }
    }

    /// Runs what reads files; anything wrong with them is the input's fault.
    private static func readable<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let failure as Failure { throw failure } catch {
            throw Failure(.badInput, "\(error)")
        }
    }
}
