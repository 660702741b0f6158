import Arguments
import Bytes
import Contracts
import Ethereum
import Federation
import JSON
import Ledger
import Training

/// `cairn job`: training against a locked reward, as its initiator sees it.
enum JobCommand {
    static let command = Command(
        "job", "Post, watch, finish and settle training jobs.", subcommands: [post, show, run, settle])

    private static let id = Positional("id", "the job's id")

    private static let post = Command(
        "post", "Lock the reward and fix what the job is.",
        discussion: """
            Models of up to 32,768 bytes of parameters are averaged by the contract; larger ones by the aggregator, whose mean
            stands on the chain by content hash, as do the updates (the bytes travel through the folder of --blobs).

            What is locked is exactly alpha * max-rows + compute-reward * rounds * max-holders + aggregator-reward * rounds
            + model-reward; what is not earned comes back when the job is settled, which anybody can do.
            """,
        options: [
            .value("model", "name", "the registered model to train; its initial parameters are the start"),
            .value("optimiser-text", "text", "how holders train", default: Optimiser.digits.text),
            .value("seed", "hex", "32 bytes that go into the job's seed (default: random)"),
            .value("rounds", "n", "rounds", default: "20"), .value("epochs", "n", "local epochs a round", default: "5"),
            .value("min-holders", "n", "fewer updates than this fail a round", default: "3"),
            .value("max-holders", "n", "the job starts when so many have joined", default: "5"),
            .value("max-rows", "n", "rows that are paid for at most", default: "1800"),
            .value("join-seconds", "n", "time to join", default: "3600"),
            .value("round-seconds", "n", "time for the updates of a round", default: "600"),
            .value("alpha", "amount", "data reward for a row", default: "1000gwei"),
            .value("compute-reward", "amount", "for an accepted update", default: "0.001ether"),
            .value("aggregator", "address", "who closes the rounds (default: anybody)"),
            .value("aggregator-reward", "amount", "for a closed round", default: "0"),
            .value("model-reward", "amount", "for the model's owner", default: "0.01ether"),
            .value("holder-stake", "amount", "what a holder stakes", default: "0.01ether"),
            .value("aggregator-stake", "amount", "what the aggregator stakes", default: "0"),
            .values("allow", "address", "only these holders may join"),
            .value("layers", "n,n,...", "the model's layers", default: "64,32,10"),
            .value("scale-bits", "n", "parameters are integers over 2^n", default: "20"),
        ] + Party.options
    ) { values in
        let party = try Party(values)
        let contracts = try await party.contracts()
        let name = try values.required("model")
        let model = try CatalogueOptions.model(try values.required("layers"), values)
        let registered = try await contracts.models.model(name)
        guard registered.program == model.programHash else {
            throw values.error("model '\(name)' has another program than layers \(values.string("layers") ?? "")")
        }
        let now = try await party.chain.nextTimestamp()
        let terms = try JobCommand.terms(values, model: model, name: name, now: now)
        let id = ModelRegistry.id(of: name)
        let start =
            terms.rule == .inContract
            ? try await contracts.models.parameters(id, 1)
            : try await contracts.models.version(id, 1).contentHash.bytes
        guard let escrow = terms.escrow else { throw values.error("the rewards do not fit into 256 bits") }
        let receipt = try await party.sender().send(
            contracts.jobs.createJob(terms, initialParameters: start, escrow: escrow))
        let job = try TrainingJobs.JobCreated.all(in: receipt, of: contracts.jobs.address).first?.job ?? 0
        party.console.say(
            "job \(job): \(terms.rounds) rounds of \(terms.localEpochs) epochs, \(Amount.text(escrow)) locked")
        party.console.say("holders join with: cairn join \(job) --data FILE --wallet NAME")
        party.console.finish([
            "job": JSON(job), "escrowWei": .string("\(escrow)"), "joinDeadline": JSON(terms.joinDeadline),
            "gasUsed": JSON(receipt.gasUsed),
        ])
    }

    private static let show = Command(
        "show", "Show where a job stands and who has been paid.", options: Party.readingOptions, positionals: [id]
    ) { values in
        let party = try Party(values)
        let (id, reader) = (try party.id("job"), try await party.reader())
        let (block, now) = try await reader.present()
        let view = try await reader.view(id, block: block, now: now)
        let paid = try await reader.contracts.jobs.events(TrainingJobs.Paid.self, topics: [.topic(id)])
        party.console.say(
            "job \(id) is \(view.phase), round \(view.round) of \(view.terms.rounds), \(view.updates) updates in it")
        for holder in view.holders { party.console.say("  holder \(holder.checksummed)") }
        for payment in paid {
            let kind = PaymentKind(rawValue: UInt8(payment.event.kind)).map { "\($0)" } ?? "?"
            party.console.say(
                "  paid \(payment.event.party.checksummed) \(Amount.text(payment.event.amount)) (\(kind))")
        }
        party.console.finish([
            "job": JSON(id), "phase": .string("\(view.phase)"), "round": .integer(Int64(view.round)),
            "rounds": .integer(Int64(view.terms.rounds)), "updates": .integer(Int64(view.updates)),
            "holders": .array(view.holders.map { .string($0.checksummed) }),
            "paidWei": .string("\(paid.reduce(U256.zero) { $0 &+ $1.event.amount })"),
        ])
    }

    private static let run = Command(
        "run", "See a job through as its initiator: start it, settle it, take its result as a version, deploy it.",
        options: [
            .value("model", "name", "the model that the job trains"),
            .flag("no-deploy", "leave the version undeployed"),
        ] + CatalogueOptions.options + Party.options, positionals: [id]
    ) { values in
        let party = try Party(values)
        let (id, reader) = (try party.id("job"), try await party.reader())
        let name = try values.required("model")
        let terms = try await reader.contracts.jobs.terms(id)
        let registered = try await reader.contracts.models.model(name)
        let models = try CatalogueOptions.models(values)
        guard let model = models.first(where: { $0.programHash == registered.program }) else {
            throw values.error("the program of '\(name)' is unknown here; name its layers with --layers")
        }
        let console = party.console
        let plan = Initiator.Plan(
            name: name, model: model, modelSeed: registered.seed, terms: terms, deploys: !values.flag("no-deploy"))
        let initiator = Initiator(plan: plan, reader: reader, sender: try party.sender()) { console.say("\($0)") }
        let outcome = try await Interruption.cancelling { try await initiator.shell.run(on: party.chain) }
        try RoleOutcome.finish(outcome, console, ["job": JSON(id)])
    }

    private static let settle = Command(
        "settle", "Pay everybody, by anybody: after the last round, or after a deadline that killed the job.",
        options: Party.options, positionals: [id]
    ) { values in
        let party = try Party(values)
        let contracts = try await party.contracts()
        let receipt = try await party.sender().send(contracts.jobs.settle(try party.id("job")))
        let paid = try TrainingJobs.Paid.all(in: receipt, of: contracts.jobs.address)
        for payment in paid {
            let kind = PaymentKind(rawValue: UInt8(payment.kind)).map { "\($0)" } ?? "?"
            party.console.say("paid \(payment.party.checksummed) \(Amount.text(payment.amount)) (\(kind))")
        }
        party.console.finish([
            "block": JSON(receipt.blockNumber),
            "paidWei": .string("\(paid.reduce(U256.zero) { $0 &+ $1.amount })"),
        ])
    }

    private static func terms(_ values: Values, model: Model, name: String, now: UInt64) throws -> JobTerms {
        func amount(_ name: String) throws -> U256 { try Amount.wei(name, values) ?? .zero }
        func count(_ name: String) throws -> Int { try values.integer(name, in: 1...Int(Int32.max)) ?? 1 }
        let aggregator = try values.string("aggregator").map {
            try ModelCommand.address($0, option: "aggregator", values)
        }
        return JobTerms(
            modelID: ModelRegistry.id(of: name), program: model.programHash,
            optimiser: try Optimiser(try values.required("optimiser-text")).hash, seed: try ModelCommand.seed(values),
            parameterCount: model.parameterCount, scaleBits: try values.integer("scale-bits", in: 0...30) ?? 20,
            rule: 4 * model.parameterCount <= TrainingJobs.largestWhole ? .inContract : .byContentHash,
            rounds: try count("rounds"), localEpochs: try count("epochs"),
            minHolders: try count("min-holders"), maxHolders: try count("max-holders"), maxRows: try count("max-rows"),
            joinDeadline: now + UInt64(try count("join-seconds")), roundSeconds: UInt64(try count("round-seconds")),
            alpha: try amount("alpha"), computeReward: try amount("compute-reward"),
            aggregatorReward: try amount("aggregator-reward"), modelReward: try amount("model-reward"),
            holderStake: try amount("holder-stake"), aggregatorStake: try amount("aggregator-stake"),
            aggregator: aggregator ?? .zero,
            allowedHolders: try values.strings("allow").map { try ModelCommand.address($0, option: "allow", values) })
    }
}

/// How a role's end is reported.
enum RoleOutcome {
    static func finish(_ outcome: Outcome, _ console: Console, _ result: JSONObject) throws {
        var result = result
        result["outcome"] = .string("\(outcome)")
        console.finish(.object(result))
        guard outcome == .finished else { throw Failure(.refused, "\(outcome)") }
        console.say("finished")
    }
}
