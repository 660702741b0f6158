import Report

/// Curves drawn with characters.
struct TerminalChart {
    /// A curve and the character that marks its points.
    struct Series {
        let name: String
        let mark: Character
        let values: [Double]
    }

    let title: String
    let series: [Series]

    private static let (width, height) = (64, 12)

    /// Lines of equal number whatever the values, so that one chart can be drawn over another.
    var lines: [String] {
        let known = series.flatMap(\.values).filter(\.isFinite)
        let (low, high) = (known.min() ?? 0, known.max() ?? 1)
        let span = high > low ? high - low : 1
        let count = max(series.map(\.values.count).max() ?? 0, 1)
        var field = [[Character]](
            repeating: [Character](repeating: " ", count: Self.width), count: Self.height)
        for curve in series.reversed() {
            for (index, value) in curve.values.enumerated() where value.isFinite {
                let x = count == 1 ? 0 : index * (Self.width - 1) / (count - 1)
                let y = Int(((high - value) / span * Double(Self.height - 1)).rounded())
                field[y][x] = curve.mark
            }
        }
        let legend = series.map { "\($0.mark) \($0.name)" }.joined(separator: "   ")
        var result = ["  \(title)   \(legend)"]
        for (row, characters) in field.enumerated() {
            let level = high - span * Double(row) / Double(Self.height - 1)
            let label = row % 4 == 0 || row == Self.height - 1 ? decimal(level, digits: 4) : ""
            result.append(String(repeating: " ", count: max(0, 9 - label.count)) + label + " │" + String(characters))
        }
        result.append(String(repeating: " ", count: 10) + "└" + String(repeating: "─", count: Self.width))
        let last = "\(count)"
        result.append(
            String(repeating: " ", count: 11) + "1" + String(repeating: " ", count: max(1, Self.width - 1 - last.count))
                + (count > 1 ? last : ""))
        return result
    }
}
