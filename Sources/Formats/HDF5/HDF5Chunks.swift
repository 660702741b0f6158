import Compression

/// The chunks of a data set.
struct HDF5Chunks: Sendable {
    let medium: HDF5Medium
    let index: HDF5ChunkIndex
    let shape: [Int]
    /// Of one chunk, in elements.
    let extents: [Int]
    /// Bytes of an element.
    let size: Int
    let filters: [HDF5Filter]
    let place: String

    private typealias Entry = HDF5ChunkIndex.Entry

    /// Puts all chunks where they belong; `values` holds the fill value.
    func read(into values: inout [UInt8]) throws(FormatError) {
        let bytes = try chunkBytes()
        for entry in try entries(bytes) {
            let data = try unpacked(entry, bytes)
            forEachRow(entry.start) { source, target, count in
                values.replaceSubrange(target..<target + count, with: data[source..<source + count])
            }
        }
    }

    /// Packs the chunks whose elements are new: where the old ones are, or where they have no room, behind the end of the file.
    ///
    /// - Parameter fill: what elements of no chunk read as; they must stay so.
    func write(_ values: [UInt8], over fill: [UInt8], into content: inout [UInt8]) throws(FormatError) {
        let bytes = try chunkBytes()
        var kept = fill
        for entry in try entries(bytes) {
            let old = try unpacked(entry, bytes)
            var data = old
            forEachRow(entry.start) { source, target, count in
                data.replaceSubrange(source..<source + count, with: values[target..<target + count])
                kept.replaceSubrange(target..<target + count, with: values[target..<target + count])
            }
            guard data != old else { continue }
            for (index, filter) in filters.enumerated() where entry.skipped & (1 << UInt32(min(index, 31))) == 0 {
                data = filter.done(data)
            }
            // Where a checksum covers the index, the size must stay.
            if data.count == entry.packedSize || (data.count < entry.packedSize && entry.positions != nil) {
                content.replaceSubrange(entry.address..<entry.address + data.count, with: data)
            } else {
                guard let end = medium.endPosition, let positions = entry.positions else {
                    throw FormatError(
                        place, "has no room for the new values in a file of this version: write it with h5py's defaults"
                    )
                }
                content.put(littleEndian: UInt64(content.count), at: positions.address, bytes: medium.offsetSize)
                content += data
                content.put(littleEndian: UInt64(content.count), at: end, bytes: medium.offsetSize)
            }
            if let positions = entry.positions { content.put(littleEndian: UInt32(data.count), at: positions.size) }
        }
        guard kept == values else {
            throw FormatError(
                place,
                "has chunks that were never written, so there is no place for new values: write them with h5py first")
        }
    }

    /// Bytes of a chunk once unpacked.
    private func chunkBytes() throws(FormatError) -> Int {
        var bytes = size
        for extent in extents {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= Deflate.largestContent(of: medium.bytes.count) else {
                throw FormatError(place, "has chunks \(extents), which are too large")
            }
            bytes = product
        }
        return bytes
    }

    private func unpacked(_ entry: Entry, _ bytes: Int) throws(FormatError) -> [UInt8] {
        var source = medium.reader(at: entry.address)
        var data = Array(try source.take(entry.packedSize, "a chunk"))
        for (index, filter) in filters.enumerated().reversed()
        where entry.skipped & (1 << UInt32(min(index, 31))) == 0 {
            data = try filter.undone(data, limit: bytes + 4, place: place)
        }
        guard data.count == bytes else {
            throw FormatError(
                place, "has a chunk at \(entry.start) of \(data.count) bytes instead of \(bytes); the file is damaged")
        }
        return data
    }

    private func entries(_ bytes: Int) throws(FormatError) -> [Entry] {
        guard case .tree(let tree) = index else { return try ordered(index, chunkBytes: bytes) }
        // Every entry of the tree takes more than eight bytes.
        var budget = medium.bytes.count / 8 + 64
        var (entries, seen): ([Entry], Set<[Int]>) = ([], [])
        try collect(node: tree, below: nil, budget: &budget, seen: &seen, into: &entries)
        return entries
    }

    private func collect(
        node address: Int, below level: Int?, budget: inout Int, seen: inout Set<[Int]>, into entries: inout [Entry]
    ) throws(FormatError) {
        let node = try HDF5TreeNode(medium, at: address, type: 1, below: level, budget: &budget)
        var reader = medium.reader(at: node.start)
        for _ in 0..<node.count {
            let sizePosition = reader.offset
            let packed = Int(try reader.integer(UInt32.self, "a chunk"))
            let skipped = try reader.integer(UInt32.self, "a chunk")
            var start: [Int] = []
            for _ in 0...shape.count { start.append(try reader.length(UInt64.self, "a chunk")) }
            let addressPosition = reader.offset
            guard let child = try medium.address(&reader, "a chunk") else {
                throw FormatError(place, "has a chunk without a place")
            }
            if node.level > 0 {
                try collect(node: child, below: node.level, budget: &budget, seen: &seen, into: &entries)
                continue
            }
            start.removeLast()
            guard zip(start, zip(shape, extents)).allSatisfy({ $0 < $1.0 && $0.isMultiple(of: $1.1) }),
                seen.insert(start).inserted
            else { throw FormatError(place, "has a chunk at \(start), where none belongs; the file is damaged") }
            entries.append(
                Entry(
                    start: start, packedSize: packed, address: child, skipped: skipped,
                    positions: (sizePosition, addressPosition)))
        }
    }

    /// The rows of a chunk that lie within the shape: the byte in the chunk, the byte in the whole, and how many.
    private func forEachRow(_ start: [Int], _ body: (_ source: Int, _ target: Int, _ count: Int) -> Void) {
        let kept = zip(zip(shape, start), extents).map { min($0.0 - $0.1, $1) }
        guard let row = kept.last, kept.allSatisfy({ $0 > 0 }) else {
            if shape.isEmpty { body(0, 0, size) }
            return
        }
        let (from, to) = (StoredTensor.rowMajor(extents), StoredTensor.rowMajor(shape))
        var rows: [(source: Int, target: Int)] = [(0, zip(start, to).reduce(0) { $0 + $1.0 * $1.1 })]
        for axis in 0..<kept.count - 1 {
            rows = rows.flatMap { place in
                (0..<kept[axis]).map { (place.source + $0 * from[axis], place.target + $0 * to[axis]) }
            }
        }
        for place in rows { body(place.source * size, place.target * size, row * size) }
    }
}
