/// A self-contained HTML page: no script, no outside file, readable in light and dark.
package struct Page: Sendable {
    /// A part of the page under a heading.
    package struct Section: Sendable {
        let heading: String
        let html: String

        /// A sentence or two.
        package static func text(_ heading: String, _ text: String) -> Section {
            Section(heading: heading, html: "<p>\(escaped(text))</p>")
        }

        /// Numbers with their names, large.
        package static func facts(_ heading: String, _ facts: [(name: String, value: String)]) -> Section {
            let cells = facts.map { "<div><b>\(escaped($0.value))</b><span>\(escaped($0.name))</span></div>" }
            return Section(heading: heading, html: "<div class=\"facts\">\(cells.joined())</div>")
        }

        /// Rows under column names; columns whose every cell begins with a digit or sign are set flush right.
        package static func table(
            _ heading: String, columns: [String], rows: [[String]], totals: [String]? = nil
        ) -> Section {
            let isNumber = columns.indices.map { column in
                rows.allSatisfy {
                    $0.indices.contains(column) && $0[column].first.map { "+-0123456789".contains($0) } ?? true
                }
            }
            func line(_ cells: [String], _ tag: String) -> String {
                let parts = cells.enumerated().map { index, cell in
                    let style = isNumber.indices.contains(index) && isNumber[index] ? " class=\"number\"" : ""
                    return "<\(tag)\(style)>\(escaped(cell))</\(tag)>"
                }
                return "<tr>\(parts.joined())</tr>"
            }
            let foot = totals.map { "<tfoot>\(line($0, "td"))</tfoot>" } ?? ""
            let body = rows.map { line($0, "td") }.joined(separator: "\n")
            return Section(
                heading: heading,
                html:
                    "<div class=\"wide\"><table><thead>\(line(columns, "th"))</thead><tbody>\n\(body)\n</tbody>\(foot)</table></div>"
            )
        }

        package static func chart(_ heading: String, _ chart: LineChart) -> Section {
            Section(heading: heading, html: chart.svg)
        }

        /// A small picture with words beside it.
        package static func picture(_ heading: String, _ image: PixelImage, _ text: String) -> Section {
            Section(heading: heading, html: "<div class=\"beside\">\(image.svg)<p>\(escaped(text))</p></div>")
        }

        package static func lineage(_ heading: String, _ graph: LineageGraph) -> Section {
            Section(heading: heading, html: "<div class=\"wide\">\(graph.svg)</div>")
        }
    }

    package let title: String
    package let subtitle: String
    package let sections: [Section]

    package init(title: String, subtitle: String, sections: [Section]) {
        (self.title, self.subtitle, self.sections) = (title, subtitle, sections)
    }

    /// The whole document.
    package var html: String {
        let parts = sections.map { "<section><h2>\(escaped($0.heading))</h2>\n\($0.html)</section>" }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>\(Self.style)</style></head>
            <body><header><h1>\(escaped(title))</h1><p>\(escaped(subtitle))</p></header>
            <main>\(parts.joined(separator: "\n"))</main></body></html>

            """
    }

    private static let style = """
        :root { --ink: #1d2733; --soft: #5d6b7a; --paper: #fbfaf7; --card: #fff; --line: #dcdfe3; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e9ed; --soft: #9aa7b4; --paper: #14181d; --card: #1c2229; --line: #333c46; --bad: #ff8a80; }
        }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        header, main { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
        header { padding-top: 32px; } h1 { margin: 0; font-size: 28px; } header p { margin: 4px 0 20px; color: var(--soft); }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 8px 20px 18px; margin: 0 0 18px; }
        h2 { font-size: 18px; margin: 10px 0; } .wide { overflow-x: auto; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 14px; }
        .facts b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .facts span { color: var(--soft); font-size: 13px; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; } th { text-align: left; color: var(--soft); }
        th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); } tfoot td { font-weight: 600; border-bottom: 0; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .beside { display: flex; gap: 20px; align-items: center; } svg.pixels { width: 120px; flex: none; border: 1px solid var(--line); }
        svg.pixels rect { fill: var(--ink); } svg:not(.pixels) { width: 100%; height: auto; display: block; } svg.lineage { min-width: 900px; }
        svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } .tick { fill: var(--soft); } .grid { stroke: var(--line); }
        .axis, .heading { fill: var(--soft); } .edge { fill: none; stroke: var(--soft); stroke-opacity: .35; }
        .node rect { fill: var(--paper); stroke: var(--soft); } .node .detail { fill: var(--soft); font-size: 10px; }
        svg.confusion .right { fill: #2c8a4b; } svg.confusion .wrong { fill: var(--bad); } svg.confusion rect { stroke: var(--line); }
        .broken rect { stroke: var(--bad); stroke-width: 2.5; } .broken .name { fill: var(--bad); }
        """
}
