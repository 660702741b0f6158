import Arguments
import Bytes
import Contracts
import Crypto
import Datasets
import Ethereum
import JSON
import Ledger
import Storage
import Transcript

/// `cairn data`: data sets that are committed to and not shown.
enum DataCommand {
    static let command = Command(
        "data", "Split, check, commit, show and revoke data sets.", subcommands: [split, check, commit, show, revoke])

    /// How a file's classes are named.
    static let classes = Option.value(
        "classes", "names", "all class names in order, also those that a shard lacks", default: "0,1,2,3,4,5,6,7,8,9")

    private static let file = Positional(
        "file", "a CSV file with a header row; the class stands in the column 'target'")

    private static let split = Command(
        "split", "Split the bundled handwritten digits into shards, and a held-out tenth.",
        options: [
            .value("holders", "n", "how many shards", default: "5"),
            .value("alpha", "number", "Dirichlet concentration: small means very different shards", default: "1"),
            .value("seed", "hex", "32 bytes (default: random)"),
            .value("out", "folder", "where to write", default: "shards"), Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let seed = try ModelCommand.seed(values)
        let (training, heldOut) = try Digits.load().heldOutTenth(seed: seed)
        let shards = try training.dirichletShards(
            try values.integer("holders", in: 1...64) ?? 5, alpha: Float(try values.number("alpha") ?? 1), seed: seed)
        let folder = try values.required("out")
        try Files.makeDirectory(folder)
        for (index, shard) in shards.enumerated() {
            let path = "\(folder)/shard-\(index + 1).csv"
            try Files.write(shard.csv(), to: path)
            console.say("\(path): \(shard.rows) rows, by class \(shard.classCounts)")
        }
        try Files.write(heldOut.csv(), to: "\(folder)/held-out.csv")
        console.say("\(folder)/held-out.csv: \(heldOut.rows) rows")
        console.finish([
            "seed": .string(seed.hex0x), "folder": .string(folder),
            "rows": .array(shards.map { .integer(Int64($0.rows)) }), "heldOut": .integer(Int64(heldOut.rows)),
        ])
    }

    private static let check = Command(
        "check", "Read a data set and print what would be committed.", options: [classes, Shared.json],
        positionals: [file]
    ) { values in
        let console = Shared.console(values)
        let (dataset, commitment) = try load(values.positionals[0], values)
        console.say("\(dataset.rows) rows of \(dataset.columns) features, by class \(dataset.classCounts)")
        console.say("Merkle root \(commitment.root)")
        console.finish(json(commitment))
    }

    private static let commit = Command(
        "commit", "Commit to a data set: its Merkle root, row count and schema go to the chain; no row does.",
        options: [classes] + Party.options, positionals: [file]
    ) { values in
        let party = try Party(values)
        let (_, commitment) = try load(values.positionals[0], values)
        let contracts = try await party.contracts()
        let receipt = try await party.sender().send(
            contracts.data.commitData(root: commitment.root, rows: commitment.rows, schema: commitment.schema))
        let id = try DataRegistry.DataCommitted.all(in: receipt, of: contracts.data.address).first?.id ?? 0
        party.console.say("data set \(id): \(commitment.rows) rows under root \(commitment.root)")
        var result = json(commitment).objectValue ?? JSONObject()
        result["id"] = JSON(id)
        party.console.finish(.object(result))
    }

    private static let id = Positional("id", "the data set's id")

    private static let show = Command("show", "Show a commitment.", options: Party.readingOptions, positionals: [id]) {
        values in
        let party = try Party(values)
        let set = try await party.contracts().data.dataSet(try party.id("data set"))
        let state = set.revoked ? "revoked" : "in force"
        party.console.say("\(set.rows) rows of \(set.holder.checksummed) under root \(set.root), \(state)")
        party.console.finish([
            "holder": .string(set.holder.checksummed), "root": .string(set.root.hex0x),
            "rows": .integer(Int64(set.rows)), "revoked": .bool(set.revoked),
        ])
    }

    private static let revoke = Command(
        "revoke", "Revoke a data set: it joins no job any more, and running jobs take no update from it.",
        options: Party.options, positionals: [id]
    ) { values in
        let party = try Party(values)
        let receipt = try await party.sender().send(
            try await party.contracts().data.revokeData(try party.id("data set")))
        party.console.say("data set \(values.positionals[0]) is revoked since block \(receipt.blockNumber)")
        party.console.finish(["block": JSON(receipt.blockNumber)])
    }

    /// A shard from a file, with its commitment.
    static func load(_ path: String, _ values: Values) throws -> (Dataset, DataCommitment) {
        let names = (values.string("classes") ?? "").split(separator: ",").map(String.init)
        let dataset = try Dataset(csv: try Files.read(path), schema: CSVSchema(classNames: names), name: path)
        let rows = (0..<dataset.rows).map { dataset.leaf(ofRow: $0) }
        return (dataset, DataCommitment(rows: rows, schema: dataset.schemaHash))
    }

    private static func json(_ commitment: DataCommitment) -> JSON {
        [
            "root": .string(commitment.root.hex0x), "rows": .integer(Int64(commitment.rows)),
            "schema": .string(commitment.schema.hex0x),
        ]
    }
}
