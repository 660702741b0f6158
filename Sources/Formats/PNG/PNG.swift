import Compression

/// PNG images (W3C PNG, third edition; ISO/IEC 15948): every colour type, bit depth and interlacing.
package struct PNG: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// Grey 1, grey and alpha 2, red, green and blue 3, with alpha 4. A palette becomes 3, or 4 where it has transparent colours.
    package let channels: Int
    /// Bits of one sample: 8 or 16. Samples of 1, 2 and 4 bits are widened to 8, so that the greatest is 255.
    package let depth: Int
    /// Row by row, pixel by pixel, channel by channel; `width * height * channels`.
    package let samples: [UInt16]

    /// Decodes an image.
    ///
    /// - Parameter limit: the most samples that it may have.
    /// - Throws: `FormatError` for anything that the standard does not allow, damaged checksums included.
    package init(_ bytes: FileBytes, name: String, limit: Int = 1 << 26) throws(FormatError) {
        var chunks = try PNGChunks(bytes, name: name)
        let header = try PNGHeader(try chunks.next(), place: name)
        // The samples, and what they are unpacked from.
        guard header.width <= limit, header.height <= limit, header.width * header.height <= limit / 4 else {
            throw FormatError(name, "is \(header.width) x \(header.height) pixels; at most \(limit / 4) are read")
        }
        var (palette, transparency, packed): ([UInt8], [UInt8]?, [UInt8]) = ([], nil, [])
        while true {
            let chunk = try chunks.next()
            if chunk.type == "IEND" { break }
            switch chunk.type {
            case "PLTE": palette = Array(chunk.data)
            case "tRNS": transparency = Array(chunk.data)
            case "IDAT": packed += chunk.data
            default:
                // An upper-case first letter marks what must be understood.
                guard chunk.type.utf8.first.map({ $0 & 0x20 != 0 }) ?? false else {
                    throw FormatError(name, "needs the chunk '\(chunk.type)', which is not read")
                }
            }
        }
        let lines = try header.lines(packed, place: name)
        var image = [UInt16](repeating: 0, count: header.width * header.height * header.samplesPerPixel)
        try header.unpack(lines, into: &image, place: name)
        let colours = PNGColours(header: header, palette: palette, transparency: transparency, place: name)
        (channels, samples) = try colours.applied(to: image)
        (width, height) = (header.width, header.height)
        depth = header.depth == 16 ? 16 : 8
    }

    package init(_ bytes: [UInt8], name: String, limit: Int = 1 << 26) throws(FormatError) {
        try self.init(FileBytes(bytes), name: name, limit: limit)
    }

    /// What the header alone says.
    package static func facts(
        _ bytes: FileBytes, name: String
    ) throws(FormatError) -> (width: Int, height: Int, isColoured: Bool) {
        var chunks = try PNGChunks(bytes, name: name)
        let header = try PNGHeader(try chunks.next(), place: name)
        return (header.width, header.height, header.colour != .grey && header.colour != .greyAlpha)
    }
}

/// The chunks of a file, one after another, each with its checksum verified.
struct PNGChunks {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private var reader: ByteReader

    init(_ bytes: FileBytes, name: String) throws(FormatError) {
        reader = ByteReader(bytes, place: name)
        guard try reader.take(8, "the signature").elementsEqual(Self.signature) else {
            throw FormatError(name, "is no PNG image")
        }
    }

    mutating func next() throws(FormatError) -> (type: String, data: FileBytes) {
        let length = Int(try reader.integer(UInt32.self, "a chunk's length").byteSwapped)
        let start = reader.offset
        let type = String(decoding: try reader.take(4, "a chunk's type"), as: UTF8.self)
        let data = try reader.take(length, "the chunk '\(type)'")
        let sum = try reader.integer(UInt32.self, "a chunk's checksum").byteSwapped
        guard crc32(reader.bytes.part(start..<start + 4 + length)) == sum else {
            throw FormatError(reader.place, "the checksum of its chunk '\(type)' is wrong; it is damaged")
        }
        return (type, data)
    }
}
