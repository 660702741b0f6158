import Compression

/// The IHDR chunk, and the unpacking of samples that depends on nothing else.
struct PNGHeader {
    enum Colour: UInt8 {
        case grey = 0
        case rgb = 2
        case palette = 3
        case greyAlpha = 4
        case rgba = 6
    }

    let width: Int
    let height: Int
    /// Bits of a sample as it is stored.
    let depth: Int
    let colour: Colour
    let isInterlaced: Bool

    init(_ chunk: (type: String, data: FileBytes), place: String) throws(FormatError) {
        guard chunk.type == "IHDR", chunk.data.count == 13 else {
            throw FormatError(place, "does not begin with its header; it is damaged")
        }
        var reader = ByteReader(chunk.data, place: place)
        width = Int(try reader.integer(UInt32.self, "the header").byteSwapped)
        height = Int(try reader.integer(UInt32.self, "the header").byteSwapped)
        depth = Int(try reader.integer(UInt8.self, "the header"))
        let code = try reader.integer(UInt8.self, "the header")
        let method = try reader.integer(UInt16.self, "the header")
        let interlace = try reader.integer(UInt8.self, "the header")
        guard width > 0, height > 0, method == 0, interlace <= 1 else {
            throw FormatError(place, "its header is not of the standard; it is damaged")
        }
        let depths: [Colour: [Int]] = [
            .grey: [1, 2, 4, 8, 16], .rgb: [8, 16], .palette: [1, 2, 4, 8], .greyAlpha: [8, 16], .rgba: [8, 16],
        ]
        guard let colour = Colour(rawValue: code), depths[colour]?.contains(depth) == true else {
            throw FormatError(place, "has colour type \(code) with \(depth) bits, which the standard does not have")
        }
        (self.colour, isInterlaced) = (colour, interlace == 1)
    }

    var samplesPerPixel: Int {
        switch colour {
        case .grey, .palette: 1
        case .greyAlpha: 2
        case .rgb: 3
        case .rgba: 4
        }
    }

    /// One pass over the image: its first pixel and the steps between pixels.
    struct Pass {
        let x, y, dx, dy: Int
    }

    /// The passes of Adam7, or one over everything.
    private var passes: [Pass] {
        guard isInterlaced else { return [Pass(x: 0, y: 0, dx: 1, dy: 1)] }
        return [
            Pass(x: 0, y: 0, dx: 8, dy: 8), Pass(x: 4, y: 0, dx: 8, dy: 8), Pass(x: 0, y: 4, dx: 4, dy: 8),
            Pass(x: 2, y: 0, dx: 4, dy: 4), Pass(x: 0, y: 2, dx: 2, dy: 4), Pass(x: 1, y: 0, dx: 2, dy: 2),
            Pass(x: 0, y: 1, dx: 1, dy: 2),
        ]
    }

    private func size(of pass: Pass) -> (columns: Int, rows: Int) {
        (max(0, width - pass.x + pass.dx - 1) / pass.dx, max(0, height - pass.y + pass.dy - 1) / pass.dy)
    }

    private func bytesPerLine(_ columns: Int) -> Int { (columns * samplesPerPixel * depth + 7) / 8 }

    /// The filtered lines of all passes, exactly as many bytes as the header asks for.
    func lines(_ packed: [UInt8], place: String) throws(FormatError) -> [UInt8] {
        var wanted = 0
        for pass in passes {
            let (columns, rows) = size(of: pass)
            if columns > 0 { wanted += rows * (1 + bytesPerLine(columns)) }
        }
        do {
            let lines = try Deflate.decompress(packed, format: .zlib, limit: wanted)
            guard lines.count == wanted else {
                throw FormatError(
                    place, "has \(lines.count) bytes of pixels, its size needs \(wanted); it is truncated or damaged")
            }
            return lines
        } catch let error as FormatError { throw error } catch { throw FormatError(place, "its pixels: \(error)") }
    }

    /// Undoes the filters and puts the samples of every pass where they belong, as they are stored (not widened).
    func unpack(_ lines: [UInt8], into image: inout [UInt16], place: String) throws(FormatError) {
        let behind = max(1, samplesPerPixel * depth / 8)
        var offset = 0
        for pass in passes {
            let (columns, rows) = size(of: pass)
            guard columns > 0 else { continue }
            let width = bytesPerLine(columns)
            var above = [UInt8](repeating: 0, count: width)
            for row in 0..<rows {
                var line = Array(lines[offset + 1..<offset + 1 + width])
                try Self.unfilter(lines[offset], &line, above: above, behind: behind, place: place)
                offset += 1 + width
                let start = (pass.y + row * pass.dy) * self.width
                for column in 0..<columns {
                    let target = (start + pass.x + column * pass.dx) * samplesPerPixel
                    for sample in 0..<samplesPerPixel {
                        image[target + sample] = self.sample(line, column * samplesPerPixel + sample)
                    }
                }
                above = line
            }
        }
    }

    private func sample(_ line: [UInt8], _ index: Int) -> UInt16 {
        switch depth {
        case 16: return UInt16(line[2 * index]) << 8 | UInt16(line[2 * index + 1])
        case 8: return UInt16(line[index])
        default:
            let bit = index * depth
            return UInt16(line[bit / 8] >> (8 - depth - bit % 8)) & (1 << depth - 1)
        }
    }

    /// Filter types 0 to 4 (section 9.2).
    private static func unfilter(
        _ type: UInt8, _ line: inout [UInt8], above: [UInt8], behind: Int, place: String
    ) throws(FormatError) {
        switch type {
        case 0: return
        case 1: for index in line.indices.dropFirst(behind) { line[index] &+= line[index - behind] }
        case 2: for index in line.indices { line[index] &+= above[index] }
        case 3:
            for index in line.indices {
                let left = index >= behind ? Int(line[index - behind]) : 0
                line[index] &+= UInt8((left + Int(above[index])) / 2)
            }
        case 4:
            for index in line.indices {
                let left = index >= behind ? Int(line[index - behind]) : 0
                let corner = index >= behind ? Int(above[index - behind]) : 0
                line[index] &+= paeth(left, Int(above[index]), corner)
            }
        default: throw FormatError(place, "has a line of filter type \(type), which the standard does not have")
        }
    }

    private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> UInt8 {
        let (a, b, c) = (abs(above - corner), abs(left - corner), abs(left + above - 2 * corner))
        return UInt8(a <= b && a <= c ? left : b <= c ? above : corner)
    }
}
