/// How a data set finds its chunks (sections III.A.1, VII).
enum HDF5ChunkIndex: Sendable {
    /// A B-tree of version 1.
    case tree(Int)
    /// There is one chunk, of this size where it went through filters.
    case single(address: Int, packed: (size: Int, skipped: UInt32)?)
    /// Chunks lie one behind the other.
    case implicit(Int)
    /// A list with a place for every chunk.
    case list(Int)

    /// One chunk.
    struct Entry {
        /// Its first element.
        let start: [Int]
        let packedSize: Int
        let address: Int
        /// Bits of the filters that it did not go through.
        let skipped: UInt32
        /// Where the index has the size and the address; nil where a checksum covers them.
        var positions: (size: Int, address: Int)?
    }

    /// What a layout of version 4 says behind the sizes of chunks; nil for chunks that were never written.
    init?(_ reader: inout ByteReader, flags: UInt8, _ medium: HDF5Medium, place: String) throws(FormatError) {
        let what = "the layout"
        let kind = try reader.integer(UInt8.self, what)
        var packed: (size: Int, skipped: UInt32)?
        switch kind {
        case 1:
            if flags & 2 != 0 {
                packed = (try medium.length(&reader, what) ?? 0, try reader.integer(UInt32.self, what))
            }
        case 2: break
        case 3: try reader.skip(1, what)
        default:
            throw FormatError(
                place,
                "can grow and is stored as newer HDF5 does that (libver='latest' with maxshape): write the file with h5py's defaults"
            )
        }
        guard let address = try medium.address(&reader, what) else { return nil }
        switch kind {
        case 1: self = .single(address: address, packed: packed)
        case 2: self = .implicit(address)
        default: self = .list(address)
        }
    }
}

extension HDF5Chunks {
    /// The chunks of an index that has them in the order of their places.
    func ordered(_ index: HDF5ChunkIndex, chunkBytes: Int) throws(FormatError) -> [HDF5ChunkIndex.Entry] {
        let grid = zip(shape, extents).map { ($0 + $1 - 1) / $1 }
        var count = 1
        for size in grid {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, product <= medium.bytes.count / 8 + 64 else {
                throw FormatError(place, "has \(grid) chunks, more than the file's \(medium.bytes.count) bytes hold")
            }
            count = product
        }
        func start(_ number: Int) -> [Int] {
            var (rest, place) = (number, [Int](repeating: 0, count: grid.count))
            for axis in grid.indices.reversed() {
                place[axis] = rest % grid[axis] * extents[axis]
                rest /= grid[axis]
            }
            return place
        }
        func entry(_ number: Int, _ address: Int, _ size: Int, _ skipped: UInt32) -> HDF5ChunkIndex.Entry {
            .init(start: start(number), packedSize: size, address: address, skipped: skipped)
        }
        switch index {
        case .tree: return []
        case .single(let address, let packed):
            guard count == 1 else { throw FormatError(place, "has \(count) chunks in the place of one") }
            return [entry(0, address, packed?.size ?? chunkBytes, packed?.skipped ?? 0)]
        case .implicit(let address): return (0..<count).map { entry($0, address + $0 * chunkBytes, chunkBytes, 0) }
        case .list(let address):
            var entries: [HDF5ChunkIndex.Entry] = []
            try forEachElement(of: address, count: count) { number, reader, size throws(FormatError) in
                guard let address = try medium.address(&reader, "a chunk") else { return }
                let width = size - medium.offsetSize - 4
                guard width > 0 else { return entries.append(entry(number, address, chunkBytes, 0)) }
                let packed = try HDF5FractalHeap.number(&reader, min(width, 8))
                entries.append(entry(number, address, packed, try reader.integer(UInt32.self, "a chunk")))
            }
            return entries
        }
    }

    /// Goes through a fixed array, whose long lists are cut into pages: `body` is given a reader at each element, and its size.
    private func forEachElement(
        of header: Int, count: Int,
        _ body: (_ number: Int, _ reader: inout ByteReader, _ size: Int) throws(FormatError) -> Void
    ) throws(FormatError) {
        let what = "the list of chunks"
        var reader = medium.reader(at: header)
        guard try reader.take(4, what).elementsEqual("FAHD".utf8) else {
            throw FormatError(place, "its list of chunks is not where its layout says; the file is damaged")
        }
        try reader.skip(2, what)
        let size = Int(try reader.integer(UInt8.self, what))
        let bits = Int(try reader.integer(UInt8.self, what))
        let stated = try medium.length(&reader, what)
        guard let block = try medium.address(&reader, what) else { return }
        guard stated == count, size >= medium.offsetSize, bits < 32 else {
            throw FormatError(
                place, "its list has \(stated ?? 0) chunks, its shape needs \(count); the file is damaged")
        }
        reader = medium.reader(at: block)
        guard try reader.take(4, what).elementsEqual("FADB".utf8) else {
            throw FormatError(place, "its chunks are not where their list says; the file is damaged")
        }
        try reader.skip(2 + medium.offsetSize, what)
        let page = 1 << bits
        guard count > page else {
            for number in 0..<count {
                var element = ByteReader(try reader.take(size, what), place: place)
                try body(number, &element, size)
            }
            return
        }
        let pages = (count + page - 1) / page
        let written = try reader.take((pages + 7) / 8, what)
        try reader.skip(4, what)
        for number in 0..<pages {
            let elements = min(page, count - number * page)
            let content = try reader.take(elements * size + 4, what)
            guard written[number / 8] & (0x80 >> UInt8(number % 8)) != 0 else { continue }
            var inner = ByteReader(content, place: place)
            for element in 0..<elements {
                var one = ByteReader(try inner.take(size, what), place: place)
                try body(number * page + element, &one, size)
            }
        }
    }
}
