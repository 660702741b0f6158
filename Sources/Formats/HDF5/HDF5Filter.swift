import Compression

/// A filter that every chunk of a data set went through (section IV.A.2.l).
enum HDF5Filter: Equatable {
    case deflate
    /// The first bytes of all elements, then the second ones, and so on.
    case shuffle(size: Int)
    /// Four bytes of checksum behind the data.
    case fletcher32

    /// The pipeline in the order of writing.
    static func list(_ body: FileBytes, place: String) throws(FormatError) -> [HDF5Filter] {
        var reader = ByteReader(body, place: place)
        let version = try reader.integer(UInt8.self, "the filters")
        let count = Int(try reader.integer(UInt8.self, "the filters"))
        guard version == 1 || version == 2 else {
            throw FormatError(place, "its filters are not understood; the file is damaged")
        }
        if version == 1 { try reader.skip(6, "the filters") }
        var filters: [HDF5Filter] = []
        for _ in 0..<count {
            let id = try reader.integer(UInt16.self, "a filter")
            let nameLength = version == 1 || id >= 256 ? Int(try reader.integer(UInt16.self, "a filter")) : 0
            try reader.skip(2, "a filter")
            let values = Int(try reader.integer(UInt16.self, "a filter"))
            try reader.skip(version == 1 ? (nameLength + 7) / 8 * 8 : nameLength, "a filter")
            let first = values > 0 ? Int(try reader.integer(UInt32.self, "a filter")) : 0
            try reader.skip(4 * max(0, values - 1) + (version == 1 && values % 2 == 1 ? 4 : 0), "a filter")
            switch id {
            case 1: filters.append(.deflate)
            case 2: filters.append(.shuffle(size: first))
            case 3: filters.append(.fletcher32)
            default:
                throw FormatError(
                    place,
                    "went through the filter \(id); deflate, shuffle and fletcher32 are read: write it with compression='gzip', or none"
                )
            }
        }
        return filters
    }

    /// Undoes the filter; nothing larger than `limit` bytes comes out.
    func undone(_ data: [UInt8], limit: Int, place: String) throws(FormatError) -> [UInt8] {
        switch self {
        case .deflate:
            do { return try Deflate.decompress(data, format: .zlib, limit: limit) } catch {
                throw FormatError(place, "\(error)")
            }
        case .shuffle(let size):
            guard size > 1, size <= data.count else { return data }
            let count = data.count / size
            var result = data
            for byte in 0..<size {
                for element in 0..<count { result[element * size + byte] = data[byte * count + element] }
            }
            return result
        case .fletcher32:
            guard data.count >= 4 else {
                throw FormatError(place, "a chunk is too short for its checksum; the file is damaged")
            }
            let body = Array(data.dropLast(4))
            let stored = data.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard Self.fletcher32(body) == stored else {
                throw FormatError(place, "the checksum of a chunk is wrong; the file is damaged")
            }
            return body
        }
    }

    /// What a chunk becomes by the filter.
    func done(_ data: [UInt8]) -> [UInt8] {
        switch self {
        case .deflate: return Deflate.compress(data, format: .zlib, level: 6)
        case .shuffle(let size):
            guard size > 1, size <= data.count else { return data }
            let count = data.count / size
            var result = data
            for byte in 0..<size {
                for element in 0..<count { result[byte * count + element] = data[element * size + byte] }
            }
            return result
        case .fletcher32:
            var result = data
            result.append(littleEndian: Self.fletcher32(data))
            return result
        }
    }

    /// Fletcher's checksum over big-endian words of 16 bits, as HDF5 computes it.
    private static func fletcher32(_ bytes: [UInt8]) -> UInt32 {
        var (a, b) = (UInt32(0), UInt32(0))
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let word = UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
            a = (a + word) % 65535
            b = (b + a) % 65535
        }
        return b << 16 | a
    }
}
