import Arguments
import JSON
import Networks
import Training

/// `cairn eval`: judges a network file on examples.
enum EvaluateCommand {
    static let command = Command(
        "eval",
        "Judge an ONNX model on a table, images, arrays or text: loss, accuracy, confusion; errors where it gives numbers.",
        options: [NetworkFiles.model, NetworkFiles.adapters, .value("data", "path", SampleFiles.kinds)]
            + SampleFiles.options + [DataOptions.split, NetworkFiles.threads, Shared.json]
    ) { values in
        let console = Shared.console(values)
        let network = try NetworkFiles.adapted(values)
        var files = try SampleFiles(
            network, values, schema: try DataOptions.schema(values, trainedAs: network.name, console))
        let samples = try files.read(try values.required("data"))
        let metrics = try network.evaluate(
            on: samples, loss: files.loss, output: values.string("output"), threads: try NetworkFiles.threads(values))
        console.say(
            "\(metrics.count) \(metrics.count == samples.rows ? "rows" : "places"), \(TrainCommand.words(metrics))")
        for line in table(metrics, samples.classNames) { console.say(line) }
        console.finish(json(metrics))
    }

    /// A line for each class, under a heading; the matrix itself where it is narrow.
    private static func table(_ metrics: Metrics, _ names: [String]) -> [String] {
        guard let judged = metrics.classes, judged.confusion.count <= 100 else { return [] }
        let labels = judged.confusion.indices.map { $0 < names.count ? names[$0] : "\($0)" }
        let width = max(5, labels.map(\.count).max() ?? 0)
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let cell = 1 + max(4, judged.confusion.joined().map { String($0).count }.max() ?? 0)
        let isNarrow = labels.count <= 12
        var lines = [
            "  " + padded("class", width) + "    rows precision  recall      F1" + (isNarrow ? "   predicted as" : "")
        ]
        for (index, label) in labels.enumerated() {
            let shares = [judged.precision[index], judged.recall[index], judged.f1[index]].map {
                padded(String((Double($0) * 10_000).rounded() / 10_000), 8)
            }
            let row = judged.confusion[index]
            let counts = isNarrow ? "  " + row.map { padded("\($0)", cell) }.joined() : ""
            lines.append(
                "  " + padded(label, width) + padded("\(row.reduce(0, +))", 8) + "  " + shares.joined() + counts)
        }
        return lines
    }

    static func json(_ metrics: Metrics) -> JSON {
        var object = JSONObject()
        object["rows"] = .integer(Int64(metrics.count))
        object["loss"] = .double(Double(metrics.loss))
        if let accuracy = metrics.accuracy { object["accuracy"] = .double(Double(accuracy)) }
        if let judged = metrics.classes {
            func list(_ shares: [Float]) -> JSON { .array(shares.map { .double(Double($0)) }) }
            object["confusion"] = .array(judged.confusion.map { .array($0.map { .integer(Int64($0)) }) })
            object["precision"] = list(judged.precision)
            object["recall"] = list(judged.recall)
            object["f1"] = list(judged.f1)
        }
        if let errors = metrics.errors {
            object["meanAbsoluteError"] = .double(Double(errors.meanAbsolute))
            object["rootMeanSquareError"] = .double(Double(errors.rootMeanSquare))
            object["explained"] = .double(Double(errors.explained))
        }
        return .object(object)
    }
}
