import Arguments
import Bytes
import Contracts
import Crypto
import Ethereum
import JSON
import Ledger
import Networks
import Storage
import Training
import Workspace

/// `cairn model`: the registry of models.
enum ModelCommand {
    static let command = Command(
        "model", "Register, show, fetch, price and deploy models.",
        subcommands: [register, show, get, terms, deploy, InspectCommand.command])

    private static let name = Positional("name", "the model's name in the registry")

    private static let register = Command(
        "register", "Register a model whose initial parameters derive from a seed.",
        discussion: """
            A multilayer perceptron with ReLU and softmax; 64,32,10 by default, for the handwritten digits. The seed stands
            in the registry, so anyone derives the same initial parameters. Parameters of more than 32,768 bytes are
            registered by content hash; the bytes go to the folder of --blobs.
            """,
        options: [
            .value("layers", "n,n,...", "sizes of the layers", default: "64,32,10"),
            .value("seed", "hex", "32 bytes (default: random)"),
            .value("scale-bits", "n", "parameters are integers over 2^n", default: "20"),
        ] + Party.options, positionals: [name]
    ) { values in
        let party = try Party(values)
        let model = try CatalogueOptions.model(try values.required("layers"), values)
        let seed = try seed(values)
        let scaleBits = try values.integer("scale-bits", in: 0...30) ?? 20
        let bytes = FixedPoint.bytes(try FixedPoint(scaleBits: scaleBits).encode(model.initialParameters(seed: seed)))
        let contracts = try await party.contracts()
        let call =
            bytes.count <= TrainingJobs.largestWhole
            ? contracts.models.registerModel(
                name: values.positionals[0], program: model.programHash, seed: seed, parameters: bytes)
            : contracts.models.registerLargeModel(
                name: values.positionals[0], program: model.programHash, seed: seed,
                contentHash: try party.blobs().put(bytes), size: bytes.count)
        let receipt = try await party.sender().send(call)
        party.console.say(
            "model '\(values.positionals[0])': \(model.parameterCount) parameters, program \(model.programHash)")
        party.console.say("registered in block \(receipt.blockNumber) for \(receipt.gasUsed) gas")
        party.console.finish([
            "name": .string(values.positionals[0]),
            "modelId": .string(ModelRegistry.id(of: values.positionals[0]).hex0x), "seed": .string(seed.hex0x),
            "program": .string(model.programHash.hex0x), "parameters": .integer(Int64(model.parameterCount)),
            "gasUsed": JSON(receipt.gasUsed),
        ])
    }

    private static let show = Command(
        "show", "Show a model's owner and versions.", options: Party.readingOptions, positionals: [name]
    ) { values in
        let party = try Party(values)
        let (contracts, name) = (try await party.contracts(), values.positionals[0])
        let model = try await contracts.models.model(name)
        let id = ModelRegistry.id(of: name)
        party.console.say("model '\(name)' of \(model.owner.checksummed), program \(model.program)")
        var versions: [JSON] = []
        for number in 1..<max(model.versions + 1, 1) {
            let version = try await contracts.models.version(id, number)
            let source = version.jobID > 0 ? "trained by job \(version.jobID)" : "submitted"
            let mark = number == model.deployed ? ", deployed" : ""
            party.console.say("  version \(number): \(version.contentHash), \(version.size) bytes, \(source)\(mark)")
            versions.append([
                "version": .integer(Int64(number)), "contentHash": .string(version.contentHash.hex0x),
                "size": .integer(Int64(version.size)), "job": JSON(version.jobID),
            ])
        }
        party.console.finish([
            "name": .string(name), "owner": .string(model.owner.checksummed), "program": .string(model.program.hex0x),
            "seed": .string(model.seed.hex0x), "deployed": .integer(Int64(model.deployed)),
            "versions": .array(versions),
        ])
    }

    private static let get = Command(
        "get", "Write a version's parameters to a file, checked against their hash.",
        options: [
            .value("version", "n", "default: the newest"), .value("out", "file", "where to write the int32 parameters"),
            .value("onnx", "file", "write the model as an ONNX file too"),
            .value("scale-bits", "n", "parameters are integers over 2^n", default: "20"), CatalogueOptions.options[0],
        ] + Party.readingOptions, positionals: [name]
    ) { values in
        let party = try Party(values)
        let contracts = try await party.contracts()
        let id = ModelRegistry.id(of: values.positionals[0])
        let model = try await contracts.models.model(values.positionals[0])
        let number = try values.integer("version", in: 1...Int.max) ?? model.versions
        let version = try await contracts.models.version(id, number)
        let bytes =
            version.isWhole
            ? try await contracts.models.parameters(id, number) : try party.blobs().get(version.contentHash)
        guard keccak256(bytes) == version.contentHash else {
            throw Failure(.refused, "the parameters hash to \(keccak256(bytes)), not to \(version.contentHash)")
        }
        let out = values.string("out") ?? "\(values.positionals[0])-v\(number).bin"
        try Files.write(bytes, to: out)
        party.console.say("version \(number): \(bytes.count) bytes of big-endian int32 in \(out)")
        if let file = values.string("onnx") {
            let program = try CatalogueOptions.models(values).first { $0.programHash == model.program }
            guard let program else {
                throw values.error(
                    "the program of '\(values.positionals[0])' is unknown here; name its layers with --layers")
            }
            let fixed = FixedPoint(scaleBits: try values.integer("scale-bits", in: 0...30) ?? 20)
            try Files.write(try program.onnx(fixed.decode(try FixedPoint.values(bytes))), to: file)
            party.console.say("as ONNX in \(file)")
        }
        party.console.finish([
            "version": .integer(Int64(number)), "file": .string(out), "contentHash": .string(version.contentHash.hex0x),
        ])
    }

    private static let terms = Command(
        "terms", "Set the fee and the conditions under which a model answers.",
        options: [
            .value("fee", "amount", "what a request pays at least, such as 0.001ether"),
            .value("owner-share", "bps", "of the fee for the owner, in hundredths of a percent", default: "2000"),
            .flag("restricted", "only allowed consumers may ask"),
            .values("allow", "address", "allow this consumer"),
        ] + Party.options, positionals: [name]
    ) { values in
        let party = try Party(values)
        let (contracts, sender) = (try await party.contracts(), try party.sender())
        let id = ModelRegistry.id(of: values.positionals[0])
        let fee = try Amount.wei("fee", values) ?? .zero
        let share = try values.integer("owner-share", in: 0...10_000) ?? 2000
        _ = try await sender.send(
            contracts.market.setTerms(
                model: id, fee: fee, ownerShareBps: share, restricted: values.flag("restricted")))
        for text in values.strings("allow") {
            let consumer = try address(text, option: "allow", values)
            _ = try await sender.send(contracts.market.setAllowed(model: id, consumer: consumer, allowed: true))
        }
        party.console.say("a request of '\(values.positionals[0])' pays at least \(Amount.text(fee))")
        party.console.finish(["fee": .string("\(fee)"), "ownerShareBps": .integer(Int64(share))])
    }

    private static let deploy = Command(
        "deploy", "Make a version the one that serves.",
        options: [.value("version", "n", "default: the newest")] + Party.options, positionals: [name]
    ) { values in
        let party = try Party(values)
        let contracts = try await party.contracts()
        let newest = try await contracts.models.model(values.positionals[0]).versions
        let version = try values.integer("version", in: 1...Int.max) ?? newest
        let receipt = try await party.sender().send(
            contracts.models.deploy(name: values.positionals[0], version: version))
        party.console.say("version \(version) of '\(values.positionals[0])' serves since block \(receipt.blockNumber)")
        party.console.finish(["version": .integer(Int64(version)), "block": JSON(receipt.blockNumber)])
    }

    /// The 32 bytes of `--seed`, random ones when it is absent.
    static func seed(_ values: Values) throws -> Hash32 {
        guard let text = values.string("seed") else { return SystemRandom.hash32() }
        guard let seed = try? Hash32(hex: text) else {
            throw values.error("--seed is '\(text)'; it takes 64 hexadecimal digits")
        }
        return seed
    }

    static func address(_ text: String, option: String, _ values: Values) throws -> Address {
        do { return try Address(checkedText: text) } catch {
            throw values.error("--\(option) is '\(text)', which is no address: \(error)")
        }
    }
}
