import Arguments
import Bytes
import Ethereum
import Federation
import JSON
import Report
import Storage
import Story
import Workspace

/// `cairn demo`: the whole story in one process.
enum DemoCommand {
    static let command = Command(
        "demo", "Train, pay, serve and prove: the whole story on an embedded Ethereum chain.",
        discussion: """
            One initiator, five data holders, one aggregator, three servers, one consumer and one watcher, each with a wallet,
            play it on a real chain, served over HTTP meanwhile: contracts, private non-IID shards of handwritten digits,
            20 rounds of FedAvg computed by the contract, payment to the wei, predictions by commit and reveal, verification
            of the whole lineage, and one flipped byte that is named. The same seed gives the same model to the bit.

            With --chain the same story runs on any Ethereum network, and gives the same model. One account with funds, a
            wallet or a file, lends the others what they need for gas; what is left comes back at the end. It asks nothing
            of the node but what every node answers.
            """,
        options: [
            .value("port", "n", "where the chain answers meanwhile; 0 takes a free port", default: "8545"),
            .value("chain", "url", "tell it on this JSON-RPC endpoint's network, not on an embedded chain"),
            .value("wallet", "name", "with --chain: the wallet that pays for everybody"),
            .value("seed", "n", "everything random derives from it", default: "1"),
            .value("rounds", "n", "rounds of training", default: "20"),
            .value("epochs", "n", "local epochs a round", default: "5"),
            .value("threads", "n", "for training; changes no byte", default: "1", environment: "CAIRN_THREADS"),
            .value("report", "file", "where to write the page", default: "report.html"),
            .flag("hold", "keep the chain serving at the end, until Ctrl-C"),
        ] + KeySource.options + Password.options + [Shared.home, Shared.json]
    ) { values in
        let console = Shared.console(values)
        var configuration = StoryConfiguration(directory: Shared.workspace(values).path + "/demo")
        configuration.port = UInt16(try values.integer("port", in: 0...65535) ?? 8545)
        configuration.seed = UInt64(try values.integer("seed") ?? 1)
        configuration.rounds = try values.integer("rounds", in: 1...1000) ?? 20
        configuration.localEpochs = try values.integer("epochs", in: 1...1000) ?? 5
        configuration.threads = try values.integer("threads", in: 1...1024) ?? 1
        configuration.network = try network(values)
        let report = try values.required("report")
        let folder = report.lastIndex(of: "/").map { String(report[...$0]) } ?? "."
        guard Files.isDirectory(folder) else {
            throw Failure(.badInput, "the report cannot go to \(report): there is no folder \(folder); make it first")
        }
        guard configuration.network == nil || !values.flag("hold") else {
            throw values.error("--hold keeps the embedded chain serving; the one at --chain serves itself")
        }
        let (told, holds) = (configuration, values.flag("hold"))
        let summary = try await Interruption.cancelling(advice: "the next demo starts afresh") {
            let teller = Teller(console: console)
            return try await Story.run(told, progress: teller.hear) { summary in
                guard holds else { return }
                console.say("\nthe chain goes on serving; Ctrl-C ends it")
                try? await Task.sleep(for: .seconds(100_000_000))
            }
        }
        try Files.write(Array(summary.page.html.utf8), to: report)
        let record = summary.addresses.json(chainID: summary.chainID).prettyText
        try Files.write(Array(record.utf8) + [0x0A], to: configuration.contractsPath)
        conclude(summary, report: report, console)
        console.say("    \(configuration.contractsPath): where the contracts are, for --contracts of other commands")
        console.finish(summary.json(report: report))
        guard summary.succeeded else { throw Failure(.refused, "the story did not come out as it must; see above") }
    }

    /// The network to tell it on, and who pays there; nil for the embedded chain.
    private static func network(_ values: Values) throws -> StoryConfiguration.Network? {
        let (url, wallet) = (values.string("chain"), values.string("wallet"))
        let file = try KeySource.read(values)
        guard let url else {
            guard wallet == nil, file == nil else {
                throw values.error("an account to pay from is for --chain; the embedded chain funds everybody itself")
            }
            return nil
        }
        switch (wallet, file) {
        case (let name?, nil):
            let key = try Shared.workspace(values).wallets.key(name, password: try Password.read(values, for: name))
            return .init(url: url, funder: key)
        case (nil, .key(let key)): return .init(url: url, funder: key)
        case (nil, .keystore(let keystore)):
            let key = try keystore.decrypt(password: try Password.read(values, for: "of --keystore"))
            return .init(url: url, funder: key)
        default:
            throw values.error(
                "--chain needs one account with funds: give --wallet, --private-key-file, --mnemonic-file or --keystore"
            )
        }
    }

    private static func conclude(_ summary: StorySummary, report: String, _ console: Console) {
        let difference = (summary.accuracy - summary.centralAccuracy) * 100
        console.say("\n10. Report")
        console.say(
            "    accuracy \(percent(summary.accuracy)), trained centrally \(percent(summary.centralAccuracy)) "
                + "(\(difference < 0 ? "" : "+")\(decimal(difference, digits: 2)) points)")
        console.say("    model \(summary.modelHash)")
        console.say(
            "    \(summary.transactions) transactions in \(summary.blocks) blocks, \(summary.gasUsed) gas, "
                + "\(summary.bytes) bytes, \(decimal(summary.seconds, digits: 2)) s")
        console.say("    \(report): the accuracy curve, the payments and the lineage, to look at")
    }

    private static func percent(_ share: Double) -> String { decimal(share * 100, digits: 2) + " %" }
}

/// Tells the story's events to a person.
private final class Teller: Sendable {
    private let console: Console

    init(console: Console) { self.console = console }

    @Sendable func hear(_ event: StoryEvent) {
        switch event {
        case .step(let number, let name): console.say("\n\(number). \(name)")
        case .line(let text): console.say("    \(text)")
        case .progress(let done, let total):
            let isTenth = done == total || done * 10 / max(total, 1) != (done - 1) * 10 / max(total, 1)
            if Console.isTerminal || isTenth { show("    \(done)/\(total)", done: done, of: total) }
        case .round(let round, let total, let accuracy):
            show(
                "    round \(round)/\(total)  accuracy \(decimal(accuracy * 100, digits: 2)) %", done: round, of: total)
        case .payments(let payments): table(payments)
        }
    }

    /// On a terminal a bar beside the words, drawn over the last one; elsewhere a line each.
    private func show(_ words: String, done: Int, of total: Int) {
        guard Console.isTerminal, !console.isScripted else { return console.say(words) }
        let filled = 24 * done / max(total, 1)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
        Console.write("\r\u{1B}[2K\(words)  \(bar)\(done == total ? "\n" : "")", to: 1)
    }

    private func table(_ payments: StorySummary.Payments) {
        let kinds = PaymentKind.allCases.filter { kind in payments.rows.contains { $0.amounts[kind] != nil } }
        var rows = [["party"] + kinds.map(\.description) + ["total"]]
        rows += payments.rows.map { row in
            [row.name] + kinds.map { row.amounts[$0].map { "\($0)" } ?? "" } + ["\(row.total)"]
        }
        let sums = kinds.map { kind in "\(payments.rows.reduce(U256.zero) { $0 &+ ($1.amounts[kind] ?? .zero) })" }
        rows.append(["sum"] + sums + ["\(payments.total)"])
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            console.say("    " + cells.joined(separator: "  "))
        }
    }
}
