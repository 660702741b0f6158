import Bytes
import Crypto
import Graph
import Networks
import ONNX
import Report
import Training

/// The page that `cairn train --report` writes: curves, confusion, the numbers of each class, and all that the result follows from.
struct TrainPage {
    let run: NetworkTraining
    let metrics: Metrics?
    let data: String
    let model: [UInt8]
    let classes: [String]

    var html: String {
        var sections = [facts, curves]
        if let confusion = metrics?.classes {
            let names = confusion.confusion.indices.map { $0 < classes.count ? classes[$0] : "\($0)" }
            if names.count <= 40 {
                sections.append(.confusion("Confusion", ConfusionMatrix(classes: names, counts: confusion.confusion)))
            }
            sections.append(table(names, confusion))
        }
        sections += [settings, hashes]
        return Page(
            title: "Training of \(run.network.name)",
            subtitle: "\(run.training.rows) rows of \(data), \(run.history.count) epochs", sections: sections
        ).html
    }

    private var facts: Page.Section {
        var facts: [(name: String, value: String)] = []
        if let accuracy = metrics?.accuracy { facts.append(("accuracy on rows held back", percent(accuracy))) }
        if let loss = metrics?.loss { facts.append(("loss on rows held back", decimal(Double(loss), digits: 5))) }
        if let errors = metrics?.errors {
            facts.append(("mean absolute error", decimal(Double(errors.meanAbsolute), digits: 5)))
            facts.append(("R²", decimal(Double(errors.explained), digits: 4)))
        }
        if let last = run.history.last {
            facts.append(("training loss of the last epoch", decimal(Double(last.trainingLoss), digits: 5)))
        }
        facts.append(("epochs", "\(run.history.count)"))
        if let best = run.best { facts.append(("best epoch, whose weights were kept", "\(best.epoch)")) }
        facts.append(("numbers trained", "\(run.trainableCount)"))
        return .facts("Result", facts)
    }

    private var curves: Page.Section {
        func points(_ value: (EpochReport) -> Float?) -> [(x: Double, y: Double)] {
            run.history.compactMap { report in value(report).map { (Double(report.epoch), Double($0)) } }
        }
        var losses = [LineChart.Series("training", points: points { $0.trainingLoss })]
        let validation = points { $0.validationLoss }
        if !validation.isEmpty { losses.append(.init("held back", points: validation)) }
        var charts = [LineChart(title: "Loss by epoch", xLabel: "epoch", yLabel: "loss", series: losses)]
        let accuracy = points { $0.accuracy }
        if !accuracy.isEmpty {
            charts.append(
                LineChart(
                    title: "Accuracy by epoch", xLabel: "epoch", yLabel: "accuracy",
                    series: [.init("held back", points: accuracy)]))
        }
        return .charts("Curves", charts)
    }

    private func table(_ names: [String], _ judged: Evaluation) -> Page.Section {
        let rows = names.indices.map { index in
            [
                names[index], "\(judged.confusion[index].reduce(0, +))", percent(judged.precision[index]),
                percent(judged.recall[index]), percent(judged.f1[index]),
            ]
        }
        func mean(_ shares: [Float]) -> String { percent(shares.reduce(0, +) / Float(max(1, shares.count))) }
        return .table(
            "By class", columns: ["class", "rows", "precision", "recall", "F1"], rows: rows,
            totals: ["mean", "\(judged.rows)", mean(judged.precision), mean(judged.recall), mean(judged.f1)])
    }

    private var settings: Page.Section {
        let settings = run.settings
        var rows = [
            ["optimiser", settings.optimiser.text], ["loss", settings.loss.rawValue],
            ["seed", settings.seed.hex0x], ["rows held back", "\(run.validation?.rows ?? 0)"],
            ["memory of a step", "\(run.peakBytes) bytes"],
        ]
        if let patience = settings.patience { rows.append(["patience", "\(patience) epochs"]) }
        if let adapters = run.adapters {
            let names = adapters.sites.map(\.weight).joined(separator: ", ")
            rows.append([
                "adapters",
                "rank \(adapters.rank), alpha \(decimal(Double(adapters.alpha), digits: 4)), beside \(names)",
            ])
        }
        if let trainable = settings.trainable { rows.append(["weights that moved", trainable.text]) }
        return .table("Settings", columns: ["what", "value"], rows: rows)
    }

    private var hashes: Page.Section {
        .table(
            "Fingerprints (keccak256): the same inputs give the same model, byte for byte",
            columns: ["of", "hash"],
            rows: [
                ["the model before", keccak256(run.network.model.fileBytes).hex0x],
                ["the training data", run.training.fingerprint.hex0x],
                ["the data held back", run.validation?.fingerprint.hex0x ?? "none"],
                ["the program of a step", run.programHash.hex0x], ["the model after", keccak256(model).hex0x],
            ])
    }

    private func percent(_ share: Float) -> String { decimal(Double(share) * 100, digits: 2) + " %" }
}
