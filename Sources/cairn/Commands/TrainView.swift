import Networks
import Report

/// What a training shows while it runs: a bar over the steps on a terminal, a line an epoch, and the curve when it is watched.
struct TrainView {
    private let console: Console
    private let isWatched: Bool
    private let epochs: Int
    private let stepsPerEpoch: Int
    private var history: [EpochReport]
    private var bar: ProgressBar
    private var drawn = 0
    private let clock = ContinuousClock()
    private var began: ContinuousClock.Instant

    init(_ run: NetworkTraining, console: Console, isWatched: Bool) {
        self.console = console
        self.isWatched = isWatched
        epochs = run.settings.epochs
        stepsPerEpoch = run.stepsPerEpoch
        history = run.history
        bar = ProgressBar("epoch \(run.history.count + 1)/\(epochs)", total: stepsPerEpoch)
        began = clock.now
    }

    mutating func show(_ progress: NetworkTraining.Progress) {
        switch progress {
        case .step(let step, _, let loss):
            if Console.isTerminal, step.isMultiple(of: max(1, stepsPerEpoch / 200)) {
                bar.update(step, "loss \(decimal(Double(loss), digits: 4))")
            }
        case .epoch(let report):
            history.append(report)
            let seconds = began.duration(to: clock.now) / .seconds(1)
            began = clock.now
            ProgressBar.clear()
            if !(isWatched && Console.isTerminal) {
                console.say("  \(Self.line(report, of: epochs)), \(decimal(seconds, digits: 1)) s")
            } else {
                redraw(below: "  \(Self.line(report, of: epochs)), \(decimal(seconds, digits: 1)) s")
            }
            bar = ProgressBar("epoch \(report.epoch + 1)/\(epochs)", total: stepsPerEpoch)
        }
    }

    /// Leaves the terminal in order; where there is none, a watched curve is drawn once.
    mutating func end() {
        ProgressBar.clear()
        if isWatched, !Console.isTerminal, !history.isEmpty { for line in chart.lines { console.say(line) } }
    }

    private static func line(_ report: EpochReport, of epochs: Int) -> String {
        var text = "epoch \(report.epoch)/\(epochs): loss \(report.trainingLoss)"
        if let loss = report.validationLoss { text += ", validation loss \(loss)" }
        if let accuracy = report.accuracy { text += ", accuracy \(accuracy)" }
        return text
    }

    private mutating func redraw(below line: String) {
        let lines = chart.lines + [line]
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\u{1B}[2K\(line)\n" }
        drawn = lines.count
        ProgressBar.draw(text)
    }

    private var chart: TerminalChart {
        var series = [
            TerminalChart.Series(name: "training loss", mark: "●", values: history.map { Double($0.trainingLoss) })
        ]
        if history.contains(where: { $0.validationLoss != nil }) {
            series.append(
                .init(name: "validation loss", mark: "○", values: history.map { Double($0.validationLoss ?? .nan) }))
        }
        return TerminalChart(title: "loss by epoch", series: series)
    }
}
