import Arguments
import Bytes
import Datasets
import Graph
import JSON
import Networks
import ONNX
import Report
import Storage
import Story
import Tensor
import Training

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `cairn bench`: Cairn's own side of the comparisons in `bench/`.
enum BenchCommand {
    static let command = Command(
        "bench", "Measure; the scripts in bench/ put these beside peers timed in the same run.",
        subcommands: [federated, accuracy, kernels, infer, train])

    private static let threads = Option.value(
        "threads", "n", "threads; changes no byte", default: "1", environment: "CAIRN_THREADS")

    private static let federated = Command(
        "federated", "The 50-round digits job: 10 clients, MLP 64-128-64-10, batch 32, SGD 0.1, one epoch a round.",
        options: [
            .value("rounds", "n", "rounds", default: "50"),
            .flag("anchored", "every update and round a durable transaction on an embedded chain"), threads,
            Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let rounds = try values.integer("rounds", in: 1...10_000) ?? 50
        var result: JSONObject = ["rounds": .integer(Int64(rounds))]
        let (seconds, share): (Double, Double)
        if values.flag("anchored") {
            let folder = try temporaryFolder()
            defer { try? removeFolder(folder) }
            let run = try await AnchoredBenchmark(rounds: rounds, directory: folder, clock: now)
            (seconds, share) = (run.seconds, run.accuracy)
            result["transactions"] = .integer(Int64(run.transactions))
            result["modelHash"] = .string(run.modelHash.hex0x)
        } else {
            let run = try FederatedBenchmark(
                rounds: rounds, threads: try values.integer("threads", in: 1...1024) ?? 1, clock: now)
            (seconds, share) = (run.seconds, Double(run.accuracy))
            result["modelHash"] = .string(run.parameterHash.hex0x)
        }
        result["secondsPerRound"] = .double(seconds / Double(rounds))
        result["accuracy"] = .double(share)
        console.say(
            "\(rounds) rounds in \(decimal(seconds, digits: 3)) s, \(decimal(seconds * 1000 / Double(rounds), digits: 3)) ms a round"
        )
        console.say("accuracy \(decimal(share * 100, digits: 2)) %")
        console.finish(.object(result))
    }

    private static let accuracy = Command(
        "accuracy", "The demo's training for several seeds, beside central training on the same rows.",
        discussion:
            "Non-IID shards (Dirichlet, alpha 1), 20 rounds of 5 local epochs; every seed is printed, none is picked.",
        options: [.value("seeds", "n", "seeds 1 to n", default: "5"), threads, Shared.json]
    ) { values in
        let console = Shared.console(values)
        let count = try values.integer("seeds", in: 1...1000) ?? 5
        var rehearsals: [Rehearsal] = []
        for seed in 1...count {
            var configuration = StoryConfiguration(directory: "", port: nil, seed: UInt64(seed))
            configuration.threads = try values.integer("threads", in: 1...1024) ?? 1
            let run = try Rehearsal(configuration)
            rehearsals.append(run)
            console.say(
                "seed \(seed)  federated \(decimal(run.accuracy * 100, digits: 2)) %  central "
                    + "\(decimal(run.centralAccuracy * 100, digits: 2)) %  model \(run.modelHash)")
        }
        let mean = rehearsals.reduce(0) { $0 + $1.accuracy } / Double(count)
        let central = rehearsals.reduce(0) { $0 + $1.centralAccuracy } / Double(count)
        console.say(
            "mean    federated \(decimal(mean * 100, digits: 2)) %  central \(decimal(central * 100, digits: 2)) %")
        console.finish([
            "accuracy": .double(mean), "centralAccuracy": .double(central),
            "seeds": .array(
                rehearsals.map { run in
                    [
                        "seed": JSON(run.seed), "accuracy": .double(run.accuracy),
                        "centralAccuracy": .double(run.centralAccuracy), "modelHash": .string(run.modelHash.hex0x),
                    ]
                }),
        ])
    }

    private static let kernels = Command(
        "kernels", "The canonical kernels, case by case.",
        options: [
            .value("seconds", "s", "for each case", default: "0.2"),
            .value("only", "text", "cases whose name contains this"), threads, Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let pool = ThreadPool(threads: try values.integer("threads", in: 1...1024) ?? 1)
        let wanted = values.string("only") ?? ""
        let cases = KernelBenchmark.cases.filter { wanted.isEmpty || $0.name.contains(wanted) }
        let seconds = try values.number("seconds") ?? 0.2
        let results = KernelBenchmark.run(cases, kernels: Kernels(pool: pool), seconds: seconds)
        for result in results {
            console.say(
                "\(result.name): \(decimal(result.seconds * 1e6, digits: 2)) us, \(decimal(result.gigaflops, digits: 1)) GFLOP/s"
            )
        }
        console.finish([
            "instructions": .string(InstructionSet.best.rawValue), "threads": .integer(Int64(pool.threads)),
            "cases": .array(
                results.map {
                    [
                        "name": .string($0.name), "seconds": .double($0.seconds), "gigaflops": .double($0.gigaflops),
                    ]
                }),
        ])
    }

    private static let network = Positional("model", "an ONNX file")
    private static let networkOptions: [Option] = [
        .value("input", "file", "an .npz file with an array for each input (default: made up)"),
        .value("seconds", "s", "how long to measure", default: "1"),
        .flag("operations", "time each operation, too"), threads, Shared.json,
    ]

    private static let infer = Command(
        "infer", "One run of a network: inputs written, program run, outputs read.",
        options: networkOptions + [
            .value("batch", "n", "rows of a made-up input (default: 1, or what the file was exported for)"),
            .value("callers", "n", "callers at once; the time is then that of all by the number of runs", default: "1"),
            .value("out", "file", "write the outputs as .npz"),
        ],
        positionals: [network]
    ) { values in
        let network = try NetworkFiles.network(values.positionals[0])
        let batch = try values.integer("batch", in: 1...65536) ?? network.model.statedBatch ?? 1
        let arrays = try values.string("input").map(NetworkFiles.arrays) ?? network.sampleArrays(batch: batch)
        let callers = try values.integer("callers", in: 1...1024) ?? 1
        let result = try measurement(values).inference(network, arrays, callers: callers)
        if let out = values.string("out") { try NetworkFiles.write(result.outputs, to: out) }
        report(result, "run", values)
    }

    private static let train = Command(
        "train", "One training step of a network on one batch: forward, backward, optimiser.",
        options: networkOptions + [
            .value("loss", "name", Loss.allCases.map(\.rawValue).joined(separator: ", "), default: "cross-entropy"),
            .value("optimiser", "text", "its batch= must be the rows of the arrays", default: "sgd lr=0.01 batch=32"),
        ],
        positionals: [network]
    ) { values in
        let network = try NetworkFiles.network(values.positionals[0])
        guard let loss = Loss(rawValue: values.string("loss") ?? "") else {
            throw values.error("--loss is none of \(Loss.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let path = try values.required("input")
        let samples = try network.samples(try NetworkFiles.arrays(path), name: path)
        let settings = TrainingSettings(
            loss: loss, optimiser: try Optimiser(values.string("optimiser") ?? ""), epochs: 1)
        let result = try measurement(values).training(network, samples, settings)
        let first = result.outputs.first?.tensor.values(as: Float.self).first ?? 0
        report(result, "step", values, ["firstLoss": .double(Double(first))])
    }

    private static func measurement(_ values: Values) throws -> NetworkBenchmark {
        NetworkBenchmark(
            threads: try values.integer("threads", in: 1...1024) ?? 1, seconds: try values.number("seconds") ?? 1,
            isDetailed: values.flag("operations"), clock: now)
    }

    private static func report(
        _ result: NetworkBenchmark.Result, _ unit: String, _ values: Values, _ more: JSONObject = [:]
    ) {
        let console = Shared.console(values)
        console.say(
            "\(decimal(result.seconds * 1e6, digits: 2)) us a \(unit), \(result.runs) runs, \(result.peakBytes) bytes of memory"
        )
        for time in result.operations.sorted(by: { $0.seconds > $1.seconds }) {
            console.say("\(decimal(time.seconds * 1e6, digits: 2)) us  \(time.operation)  \(time.node)")
        }
        var object = more
        object["secondsPerRun"] = .double(result.seconds)
        object["runs"] = .integer(Int64(result.runs))
        object["peakBytes"] = .integer(Int64(result.peakBytes))
        console.finish(.object(object))
    }

    // MARK: - Time and place

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func temporaryFolder() throws -> String {
        var template = Array("/tmp/cairn-bench-XXXXXX\0".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(.badInput, "cannot make a folder under /tmp") }
        return String(decoding: template.dropLast(2).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func removeFolder(_ path: String) throws {
        for name in try Files.list(path) {
            let entry = path + "/" + name
            if Files.isDirectory(entry) { try removeFolder(entry) } else { try Files.remove(entry) }
        }
        rmdir(path)
    }
}
