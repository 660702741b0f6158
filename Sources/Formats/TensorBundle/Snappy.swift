/// Google's Snappy compression (format_description.txt), reading only.
enum Snappy {
    /// - Throws: `FormatError` for anything that is no such stream; never more memory than the stream can fill.
    static func decompress(_ bytes: FileBytes, place: String) throws(FormatError) -> [UInt8] {
        var reader = ByteReader(bytes, place: place)
        let size = try reader.varint("the size of a compressed block")
        // At most 64 bytes come of three.
        guard size <= UInt64(32 * bytes.count) else {
            throw FormatError(place, "claims that \(bytes.count) bytes hold \(size); it is damaged")
        }
        var output: [UInt8] = []
        output.reserveCapacity(Int(size))
        while reader.remaining > 0 {
            let tag = Int(try reader.integer(UInt8.self, "compressed data"))
            var (length, offset) = (tag >> 2 + 1, 0)
            switch tag & 3 {
            case 0:
                if length > 60 {
                    let extra = try reader.take(length - 60, "compressed data")
                    length = extra.reversed().reduce(0) { $0 << 8 | Int($1) } + 1
                }
                guard output.count + length <= Int(size) else {
                    throw FormatError(place, "holds more than it says; it is damaged")
                }
                output += try reader.take(length, "compressed data")
                continue
            case 1:
                length = (tag >> 2 & 7) + 4
                offset = (tag >> 5) << 8 | Int(try reader.integer(UInt8.self, "compressed data"))
            case 2: offset = Int(try reader.integer(UInt16.self, "compressed data"))
            default: offset = Int(try reader.integer(UInt32.self, "compressed data"))
            }
            guard offset > 0, offset <= output.count, output.count + length <= Int(size) else {
                throw FormatError(place, "its compressed data refer to what is not there; it is damaged")
            }
            // Copies may overlap what they write.
            for _ in 0..<length { output.append(output[output.count - offset]) }
        }
        guard output.count == Int(size) else { throw FormatError(place, "holds less than it says; it is damaged") }
        return output
    }
}

extension ByteReader {
    /// A number in groups of seven bits, the lowest first.
    mutating func varint(_ what: @autoclosure () -> String) throws(FormatError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try integer(UInt8.self, what())
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw FormatError(place, "\(what()) is no number; the file is damaged")
    }
}
