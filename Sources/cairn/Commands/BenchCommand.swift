import Arguments
import Bytes
import Datasets
import JSON
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
        subcommands: [federated, accuracy, kernels])

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
