import Report
import Testing

@Suite struct ConfusionMatrixTests {
    @Test func everyCellSaysItsCount() {
        let svg = ConfusionMatrix(classes: ["cat", "<dog>"], counts: [[7, 3], [0, 0]]).svg
        #expect(svg.contains("cat predicted as &lt;dog&gt;: 3 of 10"))
        #expect(svg.contains("<rect class=\"right\"") && svg.contains("<rect class=\"wrong\""))
        // Shaded by the share of the row: 7 of 10 and 3 of 10.
        #expect(svg.contains("fill-opacity=\"0.595\"") && svg.contains("fill-opacity=\"0.255\""))
        #expect(svg.split(separator: "<rect").count == 5)
        #expect(!svg.contains("<dog>"))
    }

    @Test func longNamesAreCut() {
        let svg = ConfusionMatrix(classes: [String(repeating: "a", count: 40)], counts: [[1]]).svg
        #expect(svg.contains(String(repeating: "a", count: 15) + "…</text>"))
    }
}
