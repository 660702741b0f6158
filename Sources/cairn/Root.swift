import Arguments
import Storage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The tree of commands, and what becomes of a command line.
enum Root {
    static let command = Command(
        "cairn",
        "Cairn: train and serve models together, paid and provable through Ethereum contracts.",
        discussion: """
            Every command takes --help. With --json the last line printed to standard output is one JSON object and
            everything for people goes to standard error. Exit codes: 0 done; 1 checked and found wrong, or refused by a
            contract; 2 the command line is wrong; 3 an input or file is wrong; 4 the chain cannot be reached or failed;
            130 interrupted.
            """,
        subcommands: [
            DemoCommand.command, ChainCommand.command, WalletCommand.command, DeployCommand.command,
            ModelCommand.command, DataCommand.command, JobCommand.command, RoleCommands.join, RoleCommands.aggregate,
            RoleCommands.serve, InferCommand.command, NetworkCommands.predict, TrainCommand.command,
            EvaluateCommand.command, NetworkCommands.gradients, WeightsCommands.convert, CompressCommand.command,
            MergeCommand.command,
            VerifyCommand.command,
            EVMCommand.command, BenchCommand.command,
        ])

    /// Parses and runs; every failure ends as one message on standard error and an exit code.
    static func run(_ words: [String]) async -> ExitCode {
        if words == ["--version"] {
            Console.write("cairn \(version)\n", to: STDOUT_FILENO)
            return .done
        }
        do {
            switch try command.parse(words, environment: environment()) {
            case .help(let text):
                Console.write(text + "\n", to: STDOUT_FILENO)
                return .done
            case .run(let command, let values):
                try await command.body?(values)
                return .done
            }
        } catch {
            let failure = Failure(error)
            Console.complain(failure.message)
            return failure.code
        }
    }

    static let version = "0.1.0"

    private static func environment() -> [String: String] {
        var result: [String: String] = [:]
        for name in ["CAIRN_HOME", "CAIRN_CHAIN", "CAIRN_PASSWORD", "CAIRN_WALLET", "CAIRN_THREADS"] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }
}
