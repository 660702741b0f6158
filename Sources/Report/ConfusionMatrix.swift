/// What was taken for what: a row for each actual class, a column for each predicted one, shaded by the share of the row.
package struct ConfusionMatrix: Sendable {
    package let classes: [String]
    /// `counts[actual][predicted]`.
    package let counts: [[Int]]

    /// - Precondition: `counts` is square, a row for each class.
    package init(classes: [String], counts: [[Int]]) {
        precondition(
            counts.count == classes.count && counts.allSatisfy { $0.count == classes.count }, "a row for each class")
        (self.classes, self.counts) = (classes, counts)
    }

    /// The matrix as one `<svg>` element.
    package var svg: String {
        let longest = min(classes.map(\.count).max() ?? 1, 16)
        let cell = max(34, 14 + 8 * (counts.joined().map { String($0).count }.max() ?? 1))
        let left = 30 + 8 * longest
        let (width, height) = (left + cell * classes.count + 10, 44 + 30 * classes.count + 24)
        var out =
            "<svg class=\"confusion\" viewBox=\"0 0 \(width) \(height)\" style=\"max-width:\(width)px\" role=\"img\" "
        out += "aria-label=\"Confusion matrix\">\n"
        out +=
            "<text class=\"axis\" x=\"\(left + cell * classes.count / 2)\" y=\"14\" text-anchor=\"middle\">predicted</text>\n"
        out +=
            "<text class=\"axis\" transform=\"translate(14 \(44 + 15 * classes.count)) rotate(-90)\" text-anchor=\"middle\">actual</text>\n"
        for (actual, row) in counts.enumerated() {
            let total = max(row.reduce(0, +), 1)
            let y = 40 + 30 * actual
            out +=
                "<text class=\"tick\" x=\"\(left - 6)\" y=\"\(y + 19)\" text-anchor=\"end\">\(escaped(short(classes[actual])))</text>\n"
            for (predicted, count) in row.enumerated() {
                let x = left + cell * predicted
                if actual == 0 {
                    let name = escaped(String(classes[predicted].prefix(max(2, cell / 8))))
                    out += "<text class=\"tick\" x=\"\(x + cell / 2)\" y=\"34\" text-anchor=\"middle\">\(name)</text>\n"
                }
                let share = Double(count) / Double(total)
                let kind = actual == predicted ? "right" : "wrong"
                let words = "\(classes[actual]) predicted as \(classes[predicted]): \(count) of \(row.reduce(0, +))"
                out += "<g><title>\(escaped(words))</title><rect class=\"\(kind)\" x=\"\(x + 1)\" y=\"\(y + 1)\" "
                out +=
                    "width=\"\(cell - 2)\" height=\"28\" rx=\"3\" fill-opacity=\"\(decimal(share * 0.85, digits: 3))\"/>"
                out +=
                    "<text class=\"count\" x=\"\(x + cell / 2)\" y=\"\(y + 19)\" text-anchor=\"middle\">\(count)</text></g>\n"
            }
        }
        return out + "</svg>"
    }

    private func short(_ name: String) -> String { name.count > 16 ? name.prefix(15) + "…" : name }
}

extension Page.Section {
    package static func confusion(_ heading: String, _ matrix: ConfusionMatrix) -> Page.Section {
        Page.Section(heading: heading, html: "<div class=\"wide\">\(matrix.svg)</div>")
    }

    /// Several charts below one another.
    package static func charts(_ heading: String, _ charts: [LineChart]) -> Page.Section {
        Page.Section(heading: heading, html: charts.map(\.svg).joined(separator: "\n"))
    }
}
