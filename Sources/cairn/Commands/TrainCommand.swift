import Arguments
import Bytes
import Datasets
import JSON
import Networks
import Storage
import Training

/// `cairn train`: trains an ONNX model on a labelled CSV file, without a chain.
enum TrainCommand {
    static let command = Command(
        "train", "Train an ONNX model on a labelled CSV file and write it back with its new weights.",
        discussion: """
            The same command gives the same bytes on every machine. With --checkpoint, the state is written after every epoch, and
            the same command goes on from there.
            """,
        options: [
            NetworkFiles.model, .value("data", "file", "a CSV file with a class column"),
            .value("validation", "file", "rows to judge by (default: a tenth of the data, chosen by the seed)"),
            .value("epochs", "n", "passes over the data", default: "10"),
            .value(
                "optimiser", "text", "such as 'sgd lr=0.1 momentum=0.9 batch=32' or 'adam lr=0.001'",
                default: "adam lr=0.001 batch=32"),
            .value("loss", "name", "cross-entropy or nll", default: "cross-entropy"),
            .value("output", "name", "the output that is judged (default: the first of floats)"),
            .value("seed", "hex", "32 bytes that fix the order of rows (default: zero)"),
            .value("patience", "n", "stop after so many epochs without a lower validation loss"),
            .value("checkpoint", "file", "where the state is kept from epoch to epoch"),
            .value("out", "file", "the trained model"), NetworkFiles.target, NetworkFiles.classes, NetworkFiles.threads,
            Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.network(values)
        let out = try values.required("out")
        let seed = try values.string("seed").map { try Hash32(hex: $0) } ?? .zero
        let data = try NetworkFiles.dataset(try values.required("data"), values)
        var (training, validation) = (data, data)
        if let path = values.string("validation") {
            validation = try NetworkFiles.dataset(path, values)
        } else {
            (training, validation) = data.heldOutTenth(seed: seed)
        }
        let epochs = try values.integer("epochs", in: 1...1_000_000) ?? 10
        let run = try NetworkTraining(
            network, training: training, validation: validation.rows == 0 ? nil : validation,
            loss: try NetworkCommands.loss(values),
            optimiser: try Optimiser(try values.required("optimiser")), epochs: epochs, key: seed,
            output: values.string("output"),
            threads: try NetworkFiles.threads(values))
        for warning in run.warnings { console.say("note: \(warning)") }
        let checkpoint = values.string("checkpoint")
        if let checkpoint, Files.exists(checkpoint) {
            try run.resume(try Files.read(checkpoint), name: checkpoint)
            console.say("goes on after epoch \(run.done)")
        }
        let patience = try values.integer("patience", in: 1...1_000_000)
        var (best, since) = (Float.infinity, 0)
        var bar = ProgressBar("epochs", total: epochs)
        var last: EpochReport?
        while let report = try run.next() {
            last = report
            if let checkpoint { try Files.write(run.checkpoint(), to: checkpoint) }
            let accuracy = report.validation.map { ", accuracy \($0.accuracy), validation loss \($0.loss)" } ?? ""
            bar.update(report.epoch, "loss \(report.trainingLoss)\(accuracy)")
            if let patience, let loss = report.validation?.loss {
                (best, since) = loss < best ? (loss, 0) : (best, since + 1)
                if since >= patience {
                    console.say(
                        "stopped after epoch \(report.epoch): \(patience) epochs without a lower validation loss")
                    break
                }
            }
        }
        try Files.write(try run.modelBytes(), to: out)
        let accuracy = last?.validation?.accuracy
        console.say(
            "\(out): \(run.done) epochs, loss \(last?.trainingLoss ?? 0)\(accuracy.map { ", accuracy \($0)" } ?? "")")
        console.finish([
            "epochs": .integer(Int64(run.done)), "loss": .double(Double(last?.trainingLoss ?? 0)),
            "validation": last?.validation.map(NetworkCommands.json) ?? .null, "out": .string(out),
        ])
    }
}
