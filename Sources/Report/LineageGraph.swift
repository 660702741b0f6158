/// Who gave what to what: boxes in columns, from data at the left to predictions and payments at the right.
package struct LineageGraph: Sendable {
    /// One box.
    package struct Node: Sendable {
        package let id: String
        /// 0 is the leftmost column.
        package let column: Int
        /// At most two short lines.
        package let title: String
        package let detail: String
        /// Shown when pointed at; a whole hash, say.
        package let hint: String
        /// Drawn in the colour of failure.
        package let isBroken: Bool

        package init(
            id: String, column: Int, title: String, detail: String, hint: String = "", isBroken: Bool = false
        ) {
            (self.id, self.column, self.title) = (id, column, title)
            (self.detail, self.hint, self.isBroken) = (detail, hint, isBroken)
        }
    }

    /// The columns' headings, from the left.
    package let columns: [String]
    package let nodes: [Node]
    package let edges: [(from: String, to: String)]

    package init(columns: [String], nodes: [Node], edges: [(from: String, to: String)]) {
        (self.columns, self.nodes, self.edges) = (columns, nodes, edges)
    }

    private static let (boxWidth, boxHeight, columnStep, rowStep) = (128, 40, 180, 54)

    /// The graph as one `<svg>` element; its height follows the fullest column.
    package var svg: String {
        let byColumn = (0..<max(columns.count, 1)).map { column in nodes.filter { $0.column == column } }
        let tallest = max(byColumn.map(\.count).max() ?? 1, 1)
        let (width, height) = (columns.count * Self.columnStep, tallest * Self.rowStep + 50)
        var places: [String: (x: Int, y: Int)] = [:]
        for (column, nodes) in byColumn.enumerated() {
            let top = 36 + (tallest - nodes.count) * Self.rowStep / 2
            for (row, node) in nodes.enumerated() {
                places[node.id] = (column * Self.columnStep + 16, top + row * Self.rowStep)
            }
        }
        var out = "<svg class=\"lineage\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"Lineage\">\n"
        for (column, heading) in columns.enumerated() {
            let x = column * Self.columnStep + 16 + Self.boxWidth / 2
            out += "<text class=\"heading\" x=\"\(x)\" y=\"18\" text-anchor=\"middle\">\(escaped(heading))</text>\n"
        }
        for edge in edges {
            guard let from = places[edge.from], let to = places[edge.to] else { continue }
            out += curve(from: from, to: to)
        }
        for node in nodes {
            guard let place = places[node.id] else { continue }
            out += box(node, at: place)
        }
        return out + "</svg>"
    }

    private func curve(from: (x: Int, y: Int), to: (x: Int, y: Int)) -> String {
        let (x1, y1) = (from.x + Self.boxWidth, from.y + Self.boxHeight / 2)
        let (x2, y2) = (to.x, to.y + Self.boxHeight / 2)
        guard x2 > x1 else {
            let (top, bottom) = (from.y + Self.boxHeight, to.y)
            let x = from.x + Self.boxWidth / 2
            return "<path class=\"edge\" d=\"M\(x) \(top) L\(to.x + Self.boxWidth / 2) \(bottom)\"/>\n"
        }
        let middle = (x1 + x2) / 2
        return "<path class=\"edge\" d=\"M\(x1) \(y1) C\(middle) \(y1) \(middle) \(y2) \(x2) \(y2)\"/>\n"
    }

    private func box(_ node: Node, at place: (x: Int, y: Int)) -> String {
        let hint = node.hint.isEmpty ? "" : "<title>\(escaped(node.hint))</title>"
        let middle = place.x + Self.boxWidth / 2
        return """
            <g class="\(node.isBroken ? "node broken" : "node")">\(hint)\
            <rect x="\(place.x)" y="\(place.y)" width="\(Self.boxWidth)" height="\(Self.boxHeight)" rx="6"/>\
            <text class="name" x="\(middle)" y="\(place.y + 17)" text-anchor="middle">\(escaped(node.title))</text>\
            <text class="detail" x="\(middle)" y="\(place.y + 32)" text-anchor="middle">\(escaped(node.detail))</text></g>

            """
    }
}
