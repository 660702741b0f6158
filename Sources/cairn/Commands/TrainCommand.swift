import Arguments
import Bytes
import Crypto
import Datasets
import Graph
import JSON
import Networks
import ONNX
import Storage
import Training

/// `cairn train`: trains an ONNX model on one's own data, without a chain.
enum TrainCommand {
    static let command = Command(
        "train", "Train an ONNX model on a CSV, arrays or text, and write it back with its new weights.",
        discussion: """
            The data: a .csv with a class or number in the column --target; an .npz with an array for each input and 'target'; a .txt
            of which a language model learns the next character; IDX files; a folder of images, a folder of MNIST's files. The same command gives the same bytes on every machine. With
            --checkpoint, the state is kept after every epoch and when interrupted, and the same command goes on from there.
            """,
        options: [
            NetworkFiles.model, .value("data", "path", SampleFiles.kinds),
            .value("validation", "file", "examples to judge by (default: a tenth of the data, chosen by the seed)"),
            .value("epochs", "n", "passes over the data", default: "10"),
            .value(
                "optimiser", "text", "such as 'sgd lr=0.1 momentum=0.9 batch=32' or 'adam lr=0.001'",
                default: "adam lr=0.001 batch=32"),
        ] + SampleFiles.options + [
            DataOptions.split,
            .value("seed", "hex", "32 bytes that fix the order of rows and what dropout leaves out (default: zero)"),
            .value("patience", "n", "stop after n epochs without a lower validation loss, and take the best weights"),
            .value("trainable", "pattern", "train only weights so called, such as 'head.*'"),
            .value("lora", "rank", "train adapters of this rank beside the weights, which stay; merged into --out"),
            .value("lora-alpha", "number", "the adapters count alpha / rank times", default: "16"),
            .value("lora-targets", "pattern", "weights that get an adapter, such as '*attn*' (default: all that can)"),
            .value("lora-from", "path", "go on from saved adapters, in the place of --lora"),
            .value(
                "adapters", "path", "write the adapters too: FILE.safetensors, or a folder that the peft library opens"),
            .value("checkpoint", "file", "where the state is kept from epoch to epoch"),
            .value("checkpoint-steps", "n", "keep it every n steps, too"),
            .flag("watch", "draw the loss while training"),
            .value("report", "file", "write a page with curves, confusion and settings (.html)"),
            .value(
                "schema-out", "file", "write how the data were read and scaled elsewhere than to OUT.schema.json, too"),
            .value("out", "file", "the trained model"), NetworkFiles.threads, Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.network(values)
        let (out, dataPath) = (try values.required("out"), try values.required("data"))
        try NetworkFiles.check(
            writable: out, values.string("checkpoint"), values.string("report"), values.string("adapters"),
            values.string("schema-out"))
        var settings = try Self.settings(values)
        var files = try SampleFiles(network, values, schema: try DataOptions.schema(values))
        let judgedPath = values.string("validation")
        let data = try files.parts(dataPath, holdingBack: judgedPath == nil ? settings.seed : nil)
        settings.loss = files.loss ?? settings.loss
        let (training, validation) = (data.training, try judgedPath.map { try files.read($0) } ?? data.validation)
        let run = try NetworkTraining(network, training: training, validation: validation, settings: settings)
        for warning in run.warnings { console.say("note: \(warning)") }
        console.say(
            "\(network.name): \(run.trainableCount) numbers to train on \(training.rows) rows, \(validation?.rows ?? 0) held back; \(settings.loss.rawValue), \(settings.optimiser.text)"
        )
        if let adapters = run.adapters {
            console.say(
                "adapters of rank \(adapters.rank) beside \(adapters.sites.map(\.weight).joined(separator: ", "))")
        }
        let checkpoint = values.string("checkpoint")
        if let checkpoint, Files.exists(checkpoint) {
            try run.resume(try Files.read(checkpoint), name: checkpoint)
            console.say("goes on after epoch \(run.history.count), step \(run.losses.count) of \(run.stepsPerEpoch)")
        }
        try Self.loop(run, values, console, checkpoint: checkpoint)
        if run.isStopped, run.history.count < settings.epochs {
            console.say(
                "stopped after epoch \(run.history.count): \(settings.patience ?? 0) epochs without a lower validation loss"
            )
        }
        let trained = try run.modelFiles(named: NetworkFiles.name(out))
        let model = trained.model
        try NetworkFiles.write(trained, to: out)
        if let path = values.string("adapters") { try NetworkFiles.write(try run.adapterFile(), to: path) }
        let metrics = try run.judged()
        let epoch = run.best?.epoch ?? run.history.count
        console.say("\(out): epoch \(epoch)\(metrics.map { ", \(words($0))" } ?? ""), keccak256 \(keccak256(model))")
        if let test = data.test {
            let judged = try NetworkFiles.network(out).evaluate(
                on: test, loss: settings.loss, output: settings.output, threads: settings.threads)
            console.say("on the \(test.rows) test rows: \(words(judged))")
        }
        try Self.writeSchema(files.schema, values, console)
        if let path = values.string("report") {
            let page = TrainPage(run: run, metrics: metrics, data: dataPath, model: model, classes: training.classNames)
            try Files.write(Array(page.html.utf8), to: path)
            console.say("\(path): the report")
        }
        console.finish([
            "epochs": .integer(Int64(run.history.count)), "bestEpoch": .integer(Int64(epoch)),
            "loss": .double(Double(run.history.last?.trainingLoss ?? 0)),
            "validation": metrics.map(EvaluateCommand.json) ?? .null, "out": .string(out),
            "hash": .string(keccak256(model).hex0x),
        ])
    }

    private static func loop(
        _ run: NetworkTraining, _ values: Values, _ console: Console, checkpoint: String?
    ) throws {
        let every = try values.integer("checkpoint-steps", in: 1...1_000_000_000)
        var view = TrainView(run, console: console, isWatched: values.flag("watch"))
        var steps = 0
        try Interruption.flagged { flag in
            while let progress = try run.advance() {
                view.show(progress)
                steps += 1
                let isEnd = if case .epoch = progress { true } else { false }
                let isDue = isEnd || every.map { steps.isMultiple(of: $0) } ?? false
                if let checkpoint, isDue || flag.isRaised { try Files.write(run.checkpoint(), to: checkpoint) }
                if flag.isRaised {
                    view.end()
                    throw Failure(
                        .interrupted,
                        checkpoint.map { "interrupted; the state is in \($0): run the same command again to go on" }
                            ?? "interrupted; nothing was kept (--checkpoint keeps the state)")
                }
            }
            view.end()
        }
    }

    /// Everything but the loss, which the data may settle.
    private static func settings(_ values: Values) throws -> TrainingSettings {
        let optimiser = try Optimiser(try values.required("optimiser"))
        let epochs = try values.integer("epochs", in: 1...1_000_000) ?? 10
        var settings = TrainingSettings(loss: .crossEntropy, optimiser: optimiser, epochs: epochs)
        if let text = values.string("seed") {
            guard let seed = try? Hash32(hex: text) else {
                throw values.error("--seed is '\(text)'; it takes 64 hexadecimal digits")
            }
            settings.seed = seed
        }
        settings.output = values.string("output")
        settings.patience = try values.integer("patience", in: 1...1_000_000)
        settings.trainable = values.string("trainable").map { NamePattern($0) }
        settings.threads = try NetworkFiles.threads(values)
        if let rank = try values.integer("lora", in: 1...4096) {
            let alpha = Float(try values.number("lora-alpha") ?? 16)
            settings.adapters = .init(
                rank: rank, alpha: alpha, targets: values.string("lora-targets").map { NamePattern($0) })
            guard values.string("lora-from") == nil else {
                throw values.error("--lora begins adapters anew, --lora-from goes on from saved ones: give one of them")
            }
        } else if let path = values.string("lora-from") {
            guard values.string("lora-targets") == nil else {
                throw values.error("--lora-targets needs --lora: saved adapters have their weights")
            }
            settings.adapters = .init(try NetworkFiles.adapters(path))
        } else if values.string("adapters") != nil || values.string("lora-targets") != nil {
            throw values.error("--adapters and --lora-targets need --lora, the adapters' rank")
        }
        return settings
    }

    /// How the data were read and scaled: beside the model, where eval and predict find it, and where it was asked for.
    private static func writeSchema(_ schema: DataSchema, _ values: Values, _ console: Console) throws {
        let content = schema.json.bytes + [0x0a]
        if let path = values.string("schema-out") { try Files.write(content, to: path) }
        let beside = DataOptions.path(beside: try values.required("out"))
        // Arrays are taken as they are; but what another training left must not stay.
        guard !(try values.required("data")).hasSuffix(".npz") || Files.exists(beside) else { return }
        try Files.write(content, to: beside)
        let scaling = schema.normalisation == .none ? "" : ", numbers scaled by what the training rows say"
        console.say("\(beside): how the data were read\(scaling); eval and predict go by it")
    }

    /// Metrics in a line.
    static func words(_ metrics: Metrics) -> String {
        var text = "loss \(metrics.loss)"
        if let accuracy = metrics.accuracy { text += ", accuracy \(accuracy)" }
        if let errors = metrics.errors {
            text +=
                ", mean absolute error \(errors.meanAbsolute), root mean square \(errors.rootMeanSquare), R² \(errors.explained)"
        }
        return text
    }
}
