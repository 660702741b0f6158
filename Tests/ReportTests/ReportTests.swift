import Report
import Testing

@Test func escapesWhatMarkupWouldRead() {
    #expect(escaped("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
}

@Test func drawsEveryPointWhereItBelongs() {
    let chart = LineChart(
        title: "Accuracy", xLabel: "round", yLabel: "share",
        series: [.init("federated", points: [(x: 0, y: 0), (x: 10, y: 1)])])
    // The axes run from 0 to 10 and 0 to 1, so the two points are opposite corners of the plot.
    #expect(chart.svg.contains("points=\"60,260 700,35\""))
    #expect(chart.svg.contains("<title>federated: 10, 1</title>"))
}

@Test func drawsNothingForValuesThatAreNoNumbers() {
    let chart = LineChart(
        title: "", xLabel: "", yLabel: "", series: [.init("s", points: [(x: 0, y: .nan), (x: .infinity, y: 1)])])
    #expect(chart.svg.contains("points=\"\""))
}

@Test func aConstantCurveStillHasTwoTicks() {
    let chart = LineChart(title: "", xLabel: "", yLabel: "", series: [.init("s", points: [(x: 3, y: 0.5)])])
    #expect(chart.svg.contains("<circle"))
    #expect(!chart.svg.contains("nan"))
}

@Test func tablesSetNumbersFlushRight() {
    let page = Page(
        title: "T", subtitle: "S",
        sections: [
            .table("Pay", columns: ["party", "wei"], rows: [["a & b", "12"], ["c", "-3"]], totals: ["sum", "9"])
        ])
    #expect(page.html.contains("<tr><td>a &amp; b</td><td class=\"number\">12</td></tr>"))
    #expect(page.html.contains("<tfoot><tr><td>sum</td><td class=\"number\">9</td></tr></tfoot>"))
    #expect(!page.html.contains("<script"))
    #expect(!page.html.contains("http"))
}

@Test func lineageJoinsTheBoxesItKnows() {
    let graph = LineageGraph(
        columns: ["data", "model"],
        nodes: [
            .init(id: "d", column: 0, title: "shard 1", detail: "300 rows"),
            .init(id: "m", column: 1, title: "version 1", detail: "0xabc", hint: "0xabcdef", isBroken: true),
        ], edges: [(from: "d", to: "m"), (from: "d", to: "unknown")])
    #expect(graph.svg.contains("d=\"M144 56 C170 56 170 56 196 56\""))
    #expect(graph.svg.components(separatedBy: "class=\"edge\"") == 2)
    #expect(graph.svg.contains("class=\"node broken\"><title>0xabcdef</title>"))
}

@Test func picturesHaveOneSquareAPixel() {
    let svg = PixelImage(title: "digit", pixels: [0, 0.5, 2, 1], width: 2).svg
    #expect(svg.contains("viewBox=\"0 0 20 20\""))
    #expect(svg.contains("<rect x=\"10\" y=\"0\" width=\"10\" height=\"10\" fill-opacity=\"0.5\"/>"))
    #expect(svg.contains("<rect x=\"0\" y=\"10\" width=\"10\" height=\"10\" fill-opacity=\"1\"/>"))
}

extension String {
    fileprivate func components(separatedBy separator: String) -> Int {
        var (count, rest) = (1, self[...])
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
