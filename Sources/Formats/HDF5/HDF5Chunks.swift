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

/// The chunks of a data set, found by a B-tree.
struct HDF5Chunks: Sendable {
    let medium: HDF5Medium
    let tree: Int
    let shape: [Int]
    /// Of one chunk, in elements.
    let extents: [Int]
    /// Bytes of an element.
    let size: Int
    let filters: [HDF5Filter]
    let place: String

    /// Puts all chunks where they belong; `values` holds the fill value.
    func read(into values: inout [UInt8]) throws(FormatError) {
        var bytes = size
        for extent in extents {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= Deflate.largestContent(of: medium.bytes.count) else {
                throw FormatError(place, "has chunks \(extents), which are too large")
            }
            bytes = product
        }
        // Every entry of the tree takes more than eight bytes.
        var budget = medium.bytes.count / 8 + 64
        var seen: Set<[Int]> = []
        try read(node: tree, below: nil, chunkBytes: bytes, budget: &budget, seen: &seen, into: &values)
    }

    private func read(
        node address: Int, below level: Int?, chunkBytes: Int, budget: inout Int, seen: inout Set<[Int]>,
        into values: inout [UInt8]
    ) throws(FormatError) {
        let node = try HDF5TreeNode(medium, at: address, type: 1, below: level, budget: &budget)
        var reader = medium.reader(at: node.start)
        for _ in 0..<node.count {
            let packed = Int(try reader.integer(UInt32.self, "a chunk"))
            let skipped = try reader.integer(UInt32.self, "a chunk")
            var start: [Int] = []
            for _ in 0...shape.count { start.append(try reader.length(UInt64.self, "a chunk")) }
            guard let child = try medium.address(&reader, "a chunk") else {
                throw FormatError(place, "has a chunk without a place")
            }
            if node.level > 0 {
                try read(
                    node: child, below: node.level, chunkBytes: chunkBytes, budget: &budget, seen: &seen, into: &values)
                continue
            }
            start.removeLast()
            guard zip(start, zip(shape, extents)).allSatisfy({ $0 < $1.0 && $0.isMultiple(of: $1.1) }),
                seen.insert(start).inserted
            else { throw FormatError(place, "has a chunk at \(start), where none belongs; the file is damaged") }
            var source = medium.reader(at: child)
            var data = Array(try source.take(packed, "a chunk"))
            for (index, filter) in filters.enumerated().reversed() where skipped & (1 << UInt32(min(index, 31))) == 0 {
                data = try filter.undone(data, limit: chunkBytes + 4, place: place)
            }
            guard data.count == chunkBytes else {
                throw FormatError(
                    place,
                    "has a chunk at \(start) of \(data.count) bytes instead of \(chunkBytes); the file is damaged"
                )
            }
            put(data, at: start, into: &values)
        }
    }

    /// Copies what of a chunk lies within the shape, row by row of its last axis.
    private func put(_ data: [UInt8], at start: [Int], into values: inout [UInt8]) {
        let kept = zip(zip(shape, start), extents).map { min($0.0 - $0.1, $1) }
        guard let row = kept.last, kept.allSatisfy({ $0 > 0 }) else {
            if shape.isEmpty { values = data }
            return
        }
        let (from, to) = (StoredTensor.rowMajor(extents), StoredTensor.rowMajor(shape))
        var rows: [(source: Int, target: Int)] = [(0, zip(start, to).reduce(0) { $0 + $1.0 * $1.1 })]
        for axis in 0..<kept.count - 1 {
            rows = rows.flatMap { place in
                (0..<kept[axis]).map { (place.source + $0 * from[axis], place.target + $0 * to[axis]) }
            }
        }
        for place in rows {
            let target = place.target * size
            values.replaceSubrange(
                target..<target + row * size, with: data[place.source * size..<(place.source + row) * size])
        }
    }
}
