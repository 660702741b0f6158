import Arguments
import Bytes
import Contracts
import Federation
import JSON
import Ledger
import Serving
import Workspace

/// `cairn join` and `cairn aggregate`: the parties that work on a job until it ends.
enum RoleCommands {
    private static let id = Positional("id", "the job's id")

    static let join = Command(
        "join", "Take part in a job with a data set, until it is paid.",
        discussion: """
            Commits to the data, joins with the stake, trains each round from the parameters on the chain and sends the
            update. The rows stay here. Everything that matters is on the chain, so after Ctrl-C or a crash the same
            command goes on where it stopped, and nothing is sent twice.
            """,
        options: [
            .value("data", "file", "this holder's rows, as CSV"), DataCommand.classes,
            .value(
                "threads", "n", "for training; changes no byte of the result", default: "1",
                environment: "CAIRN_THREADS"),
        ] + CatalogueOptions.options + Party.options, positionals: [id]
    ) { values in
        let party = try Party(values)
        let (job, console) = (try party.id("job"), party.console)
        let (shard, _) = try DataCommand.load(try values.required("data"), values)
        let key = try party.key()
        let bench = Workbench(
            catalogue: try CatalogueOptions.catalogue(values), threads: try values.integer("threads", in: 1...1024) ?? 1
        )
        let holder = DataHolder(
            job: job, reader: try await party.reader(), sender: TransactionSender(chain: party.chain, key: key),
            shard: shard, secret: Party.secret(of: key, for: "holder"), bench: bench
        ) { console.say("\($0)") }
        let outcome = try await Interruption.cancelling { try await holder.shell.run(on: party.chain) }
        let earned = try await party.contracts().jobs.events(
            TrainingJobs.Paid.self, topics: [.topic(job), .topic(holder.address)])
        let sum = earned.reduce(U256.zero) { $0 &+ $1.event.amount }
        console.say("paid out, stake included: \(Amount.text(sum))")
        try RoleOutcome.finish(outcome, console, ["job": JSON(job), "paidWei": .string("\(sum)")])
    }

    static let aggregate = Command(
        "aggregate", "Close the rounds of a job as its aggregator, until it is paid.", options: Party.options,
        positionals: [id]
    ) { values in
        let party = try Party(values)
        let (job, console) = (try party.id("job"), party.console)
        let aggregator = Aggregator(job: job, reader: try await party.reader(), sender: try party.sender()) {
            console.say("\($0)")
        }
        let outcome = try await Interruption.cancelling { try await aggregator.shell.run(on: party.chain) }
        try RoleOutcome.finish(outcome, console, ["job": JSON(job)])
    }

    static let serve = Command(
        "serve", "Answer inference requests until Ctrl-C.",
        discussion: """
            Registers with a stake, computes every request's canonical result, commits to it, reveals it when all wanted
            servers have committed, and asks for delivery. A restart opens what was committed before it.
            """,
        options: [
            .value("stake", "amount", "staked at registration; a request's fee is bound in it", default: "0.1ether"),
            .values("model", "name", "answer for these models only"),
        ] + [CatalogueOptions.options[0]] + Party.options
    ) { values in
        let party = try Party(values)
        let (console, key) = (party.console, try party.key())
        let loader = VersionLoader(
            contracts: try await party.contracts(), blobs: try party.blobs(),
            programs: try CatalogueOptions.models(values))
        let server = ModelServer(
            loader: loader, sender: TransactionSender(chain: party.chain, key: key),
            stake: try Amount.wei("stake", values) ?? .zero, secret: Party.secret(of: key, for: "server"),
            models: Set(values.strings("model").map(ModelRegistry.id(of:))), report: { console.say("\($0)") },
            decline: { console.say("request \($0) is left alone: \($1)") })
        console.say("serving as \(server.address)")
        let work = Task { try await server.shell.run(on: party.chain) }
        let stop = Task {
            await Interruption.wait()
            work.cancel()
        }
        defer { stop.cancel() }
        do { _ = try await work.value } catch is CancellationError { console.say("stopped; open commitments are kept") }
        console.finish(["server": .string(server.address.hex0x)])
    }
}
