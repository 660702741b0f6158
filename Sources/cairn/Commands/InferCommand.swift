import Arguments
import Bytes
import Contracts
import Datasets
import Ethereum
import JSON
import Ledger
import Serving

/// `cairn infer`: one prediction, paid for, from servers that must agree.
enum InferCommand {
    static let command = Command(
        "infer", "Ask a deployed model for a prediction and wait for it.",
        discussion: """
            The input, the fee and the conditions go to the chain; the wanted servers commit, reveal, and a strict majority
            with equal bytes is the result. Without a majority the fee comes back.
            """,
        options: [
            .value("input", "file", "a CSV file; one of its rows is the input"),
            .value("row", "n", "which row, from 0", default: "0"), DataCommand.classes,
            .value("servers", "n", "how many must answer", default: "3"),
            .values("allow-server", "address", "only these may answer"),
            .value("fee", "amount", "what is paid at most (default: what the model's owner asks)"),
            .value("version", "n", "the version that must serve (default: the deployed one)"),
            .value("commit-seconds", "n", "time to commit", default: "600"),
            .value("reveal-seconds", "n", "time to reveal", default: "600"),
        ] + Party.options, positionals: [Positional("model", "the model's name")]
    ) { values in
        let party = try Party(values)
        let (console, contracts) = (party.console, try await party.contracts())
        let (dataset, _) = try DataCommand.load(try values.required("input"), values)
        let row = try values.integer("row", in: 0...max(0, dataset.rows - 1)) ?? 0
        let model = ModelRegistry.id(of: values.positionals[0])
        let asked = try await contracts.market.terms(of: model).fee
        let conditions = Consumer.Conditions(
            servers: try values.integer("servers", in: 1...16) ?? 3,
            allowed: try values.strings("allow-server").map {
                try ModelCommand.address($0, option: "allow-server", values)
            },
            fee: try Amount.wei("fee", values) ?? asked, version: try values.integer("version", in: 1...Int.max),
            commitSeconds: UInt64(try values.integer("commit-seconds", in: 1...86_400) ?? 600),
            revealSeconds: UInt64(try values.integer("reveal-seconds", in: 60...86_400) ?? 600))
        let consumer = Consumer(contracts: contracts, sender: try party.sender())
        let (request, receipt) = try await consumer.ask(
            model: model, features: dataset.features(ofRow: row), conditions: conditions)
        console.say("request \(request) in block \(receipt.blockNumber), \(Amount.text(conditions.fee)) locked")
        let delivery = try await Interruption.cancelling {
            try await consumer.wait(for: request) { try await Task.sleep(for: .milliseconds(100)) }
        }
        let best = delivery.probabilities.indices.max { delivery.probabilities[$0] < delivery.probabilities[$1] } ?? 0
        let name = dataset.classNames.indices.contains(best) ? dataset.classNames[best] : "\(best)"
        console.say("class \(name), probability \(delivery.probabilities.isEmpty ? 0 : delivery.probabilities[best])")
        console.finish([
            "request": JSON(request), "class": .string(name), "resultHash": .string(delivery.resultHash.hex0x),
            "probabilities": .array(delivery.probabilities.map { .double(Double($0)) }),
            "result": .string(delivery.result.hex0x), "feeWei": .string("\(conditions.fee)"),
        ])
    }
}
