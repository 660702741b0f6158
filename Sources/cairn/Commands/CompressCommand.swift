import Arguments
import Compression
import JSON
import Networks
import ONNX
import Report
import Storage
import Tensor
import Training

/// `cairn compress`: a smaller model file, with what that costs in accuracy.
enum CompressCommand {
    static let command = Command(
        "compress", "Make a model file smaller: weights as 8- or 4-bit integers, small ones set to zero.",
        discussion: """
            Integers stand behind DequantizeLinear nodes, which ONNX Runtime and Cairn read: 8 bits with a scale for each output channel,
            4 bits with one for each block of --block weights (matrices; other weights get 8 bits). With --data, the model is
            judged before and after.
            """,
        options: [
            NetworkFiles.model, .value("bits", "n", "8 or 4; 32 leaves floats, for --prune alone", default: "8"),
            .flag("asymmetric", "8 bits with a zero point: for weights that lie to one side"),
            .value("block", "n", "weights that share a scale of 4 bits: 16, 32, 64, 128 or 256", default: "32"),
            .value("prune", "share", "set this share of each weight, the smallest, to zero, such as 0.5", default: "0"),
            .value("data", "path", "examples to judge by: \(SampleFiles.kinds)"),
        ] + SampleFiles.options + [
            DataOptions.split, .value("out", "file", "the smaller model"), NetworkFiles.threads, Shared.json,
        ]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.network(values)
        let out = try values.required("out")
        let (bytes, weights) = try network.model.compressed(try compression(values))
        let smaller = try Network(bytes, name: out)
        let before = network.model.fileBytes
        var judged: (before: Metrics, after: Metrics)?
        if let path = values.string("data") {
            var files = try SampleFiles(
                network, values, schema: try DataOptions.schema(values, trainedAs: network.name, console))
            let samples = try files.read(path)
            let (output, threads) = (values.string("output"), try NetworkFiles.threads(values))
            judged = (
                try network.evaluate(on: samples, loss: files.loss, output: output, threads: threads),
                try smaller.evaluate(on: samples, loss: files.loss, output: output, threads: threads)
            )
        }
        try Files.write(bytes, to: out)
        try DataOptions.copySchema(from: network.name, to: out, console)
        for weight in weights {
            let share = Double(weight.zeros) / Double(max(1, weight.shape.reduce(1, *)))
            console.say(
                "  \(weight.name) \(weight.shape): \(weight.kind), \(weight.bytesBefore) to \(weight.bytesAfter) bytes, \(decimal(share * 100, digits: 1)) % zero"
            )
        }
        let packed = (Gzip.compress(before).count, Gzip.compress(bytes).count)
        console.say("file: \(before.count) to \(bytes.count) bytes (gzip: \(packed.0) to \(packed.1))")
        if let judged {
            console.say("before: \(TrainCommand.words(judged.before))")
            console.say("after:  \(TrainCommand.words(judged.after))")
        }
        console.finish([
            "out": .string(out), "bytesBefore": .integer(Int64(before.count)),
            "bytesAfter": .integer(Int64(bytes.count)),
            "gzipBefore": .integer(Int64(packed.0)), "gzipAfter": .integer(Int64(packed.1)),
            "weights": .integer(Int64(weights.count)),
            "before": judged.map { EvaluateCommand.json($0.before) } ?? .null,
            "after": judged.map { EvaluateCommand.json($0.after) } ?? .null,
        ])
    }

    private static func compression(_ values: Values) throws -> WeightCompression {
        let isAsymmetric = values.flag("asymmetric")
        let bits = try values.choice("bits", of: ["8", "4", "32"]) ?? "8"
        let pruning = Float(try values.number("prune") ?? 0)
        guard (0..<1).contains(pruning) else {
            throw values.error("--prune is '\(values.string("prune") ?? "")'; it takes a share from 0 to below 1")
        }
        guard !isAsymmetric || bits == "8" else { throw values.error("--asymmetric goes with --bits 8 only") }
        guard bits != "32" || pruning > 0 else { throw values.error("--bits 32 without --prune changes nothing") }
        let block = try values.choice("block", of: ["16", "32", "64", "128", "256"]).flatMap { Int($0) } ?? 32
        switch bits {
        case "4": return WeightCompression(integers: .fourBits(block: block), pruning: pruning)
        case "8": return WeightCompression(integers: .eightBits(isSymmetric: !isAsymmetric), pruning: pruning)
        default: return WeightCompression(integers: nil, pruning: pruning)
        }
    }
}
