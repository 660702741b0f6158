/// A small grey picture, one square a pixel, drawn as SVG.
package struct PixelImage: Sendable {
    package let title: String
    /// Row by row, 0 is empty and 1 full.
    package let pixels: [Float]
    package let width: Int

    /// - Precondition: `width > 0`.
    package init(title: String, pixels: [Float], width: Int) {
        precondition(width > 0, "a picture has at least one column")
        (self.title, self.pixels, self.width) = (title, pixels, width)
    }

    /// The picture as one `<svg>` element.
    package var svg: String {
        let rows = (pixels.count + width - 1) / width
        var out = "<svg class=\"pixels\" viewBox=\"0 0 \(width * 10) \(rows * 10)\" role=\"img\" "
        out += "aria-label=\"\(escaped(title))\"><title>\(escaped(title))</title>\n"
        for (index, value) in pixels.enumerated() {
            let opacity = decimal(Double(min(max(value, 0), 1)), digits: 4)
            out += "<rect x=\"\(index % width * 10)\" y=\"\(index / width * 10)\" width=\"10\" height=\"10\" "
            out += "fill-opacity=\"\(opacity)\"/>\n"
        }
        return out + "</svg>"
    }
}
