/// Curves over one pair of axes, drawn as SVG.
package struct LineChart: Sendable {
    /// One curve.
    package struct Series: Sendable {
        package let name: String
        package let points: [(x: Double, y: Double)]
        /// Drawn dashed: a level to compare with.
        package let isReference: Bool

        package init(_ name: String, points: [(x: Double, y: Double)], isReference: Bool = false) {
            (self.name, self.points, self.isReference) = (name, points, isReference)
        }
    }

    package let title: String
    package let xLabel: String
    package let yLabel: String
    package let series: [Series]

    package init(title: String, xLabel: String, yLabel: String, series: [Series]) {
        (self.title, self.xLabel, self.yLabel, self.series) = (title, xLabel, yLabel, series)
    }

    private static let colours = ["#2563a8", "#c2541d", "#2c8a4b", "#8446a8", "#a8871f", "#1f8a94"]

    /// The chart as one `<svg>` element, 720 by 320 units.
    package var svg: String {
        let plot = Plot(points: series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite })
        var out = """
            <svg class="chart" viewBox="0 0 720 320" role="img" aria-label="\(escaped(title))">
            <title>\(escaped(title))</title>

            """
        for tick in plot.yTicks {
            let y = decimal(plot.y(tick), digits: 2)
            out += "<line class=\"grid\" x1=\"60\" x2=\"700\" y1=\"\(y)\" y2=\"\(y)\"/>"
            out +=
                "<text class=\"tick\" x=\"54\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">\(decimal(tick, digits: 6))</text>\n"
        }
        for tick in plot.xTicks {
            let x = decimal(plot.x(tick), digits: 2)
            out +=
                "<text class=\"tick\" x=\"\(x)\" y=\"278\" text-anchor=\"middle\">\(decimal(tick, digits: 6))</text>\n"
        }
        out += "<text class=\"axis\" x=\"380\" y=\"300\" text-anchor=\"middle\">\(escaped(xLabel))</text>\n"
        out +=
            "<text class=\"axis\" transform=\"translate(14 145) rotate(-90)\" text-anchor=\"middle\">\(escaped(yLabel))</text>\n"
        for (index, curve) in series.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            out += curve.drawn(in: plot, colour: colour)
            let x = 70 + index * 210
            let dash = curve.isReference ? " stroke-dasharray=\"6 4\"" : ""
            out +=
                "<line x1=\"\(x)\" x2=\"\(x + 24)\" y1=\"14\" y2=\"14\" stroke=\"\(colour)\" stroke-width=\"2.5\"\(dash)/>"
            out += "<text class=\"tick\" x=\"\(x + 30)\" y=\"18\">\(escaped(curve.name))</text>\n"
        }
        return out + "</svg>"
    }
}

extension LineChart.Series {
    fileprivate func drawn(in plot: Plot, colour: String) -> String {
        let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
        let path = finite.map { "\(decimal(plot.x($0.x), digits: 2)),\(decimal(plot.y($0.y), digits: 2))" }
        let dash = isReference ? " stroke-dasharray=\"6 4\"" : ""
        var out =
            "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2.5\"\(dash) points=\"\(path.joined(separator: " "))\"/>\n"
        guard !isReference else { return out }
        for point in finite {
            let (x, y) = (decimal(plot.x(point.x), digits: 2), decimal(plot.y(point.y), digits: 2))
            let label = "\(name): \(decimal(point.x, digits: 4)), \(decimal(point.y, digits: 4))"
            out +=
                "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"3\" fill=\"\(colour)\"><title>\(escaped(label))</title></circle>\n"
        }
        return out
    }
}

/// The map from values to places on the page, with round ticks.
private struct Plot {
    let xTicks: [Double]
    let yTicks: [Double]

    init(points: [(x: Double, y: Double)]) {
        xTicks = ticks(points.map(\.x).min() ?? 0, points.map(\.x).max() ?? 1)
        yTicks = ticks(points.map(\.y).min() ?? 0, points.map(\.y).max() ?? 1)
    }

    func x(_ value: Double) -> Double { 60 + 640 * (value - xTicks[0]) / (xTicks[xTicks.count - 1] - xTicks[0]) }
    func y(_ value: Double) -> Double { 260 - 225 * (value - yTicks[0]) / (yTicks[yTicks.count - 1] - yTicks[0]) }
}

/// At least two round numbers in equal steps that enclose the range.
private func ticks(_ low: Double, _ high: Double) -> [Double] {
    let span = high > low ? high - low : 1
    var step = 1.0
    while step * 8 < span { step *= 10 }
    while step / 10 * 8 >= span { step /= 10 }
    for divisor in [5.0, 2.0] where step / divisor * 8 >= span {
        step /= divisor
        break
    }
    let first = (low / step).rounded(.down)
    let last = max(((low + span) / step).rounded(.up), first + 1)
    return stride(from: first, through: last, by: 1).map { $0 * step }
}
