/// The heap in which newer HDF5 keeps the links of groups with many members (section III.G): blocks whose sizes double, row by row.
struct HDF5FractalHeap {
    private let medium: HDF5Medium
    /// Bytes of an object's place and length in its identifier.
    private let placeSize: Int
    private let lengthSize: Int
    /// Blocks in a row, the size of those of the first two rows, and the greatest size that holds objects itself.
    private let width: Int
    private let startSize: Int
    private let directSize: Int
    private let root: Int
    /// Rows of the root block; 0 where it holds objects itself.
    private let rows: Int

    private static let depthLimit = 16

    init(_ medium: HDF5Medium, at address: Int) throws(FormatError) {
        self.medium = medium
        let what = "a group's heap"
        var reader = medium.reader(at: address)
        guard try reader.take(4, what).elementsEqual("FRHP".utf8), try reader.integer(UInt8.self, what) == 0 else {
            throw medium.damaged("a group's heap is not where its header says")
        }
        try reader.skip(2, what)
        let filters = try reader.integer(UInt16.self, what)
        guard filters == 0 else {
            throw FormatError(medium.name, "keeps the names of a group's members compressed, which is not read")
        }
        try reader.skip(1, what)
        let largest = Int(try reader.integer(UInt32.self, what))
        try reader.skip(10 * medium.lengthSize + 2 * medium.offsetSize, what)
        width = Int(try reader.integer(UInt16.self, what))
        let (start, direct) = (try medium.length(&reader, what) ?? 0, try medium.length(&reader, what) ?? 0)
        let bits = Int(try reader.integer(UInt16.self, what))
        try reader.skip(2, what)
        guard let root = try medium.address(&reader, what) else { throw medium.damaged("a group's heap is empty") }
        rows = Int(try reader.integer(UInt16.self, what))
        guard (1...1024).contains(width), (1...64).contains(bits), start > 0, direct >= start, largest > 0,
            start & (start - 1) == 0, direct & (direct - 1) == 0, direct < 1 << 32, rows <= 64
        else { throw medium.damaged("a group's heap has blocks of sizes that cannot be") }
        (startSize, directSize, self.root) = (start, direct, root)
        placeSize = (bits + 7) / 8
        lengthSize = min(Self.bytes(for: direct), Self.bytes(for: largest))
    }

    /// Bytes that hold every number up to a limit, as HDF5 counts them.
    static func bytes(for limit: Int) -> Int { (Int.bitWidth - 1 - max(1, limit).leadingZeroBitCount) / 8 + 1 }

    /// The object of an identifier.
    func object(_ identifier: FileBytes) throws(FormatError) -> FileBytes {
        var reader = ByteReader(identifier, place: medium.name)
        // Bits 4 and 5 tell objects in blocks from huge and tiny ones, which no link is.
        guard try reader.integer(UInt8.self, "a link's place") & 0x30 == 0 else {
            throw medium.damaged("a link is kept as none is")
        }
        let place = try Self.number(&reader, placeSize)
        let length = try Self.number(&reader, lengthSize)
        let address = rows == 0 ? root + place : try address(of: place, in: root, rows: rows, depth: 0)
        var object = medium.reader(at: address)
        return try object.take(length, "a link")
    }

    static func number(_ reader: inout ByteReader, _ size: Int) throws(FormatError) -> Int {
        var value: UInt64 = 0
        for byte in try reader.take(size, "a number").reversed() { value = value << 8 | UInt64(byte) }
        guard value < 1 << 44 else { throw FormatError(reader.place, "has a size or place of \(value): too large") }
        return Int(value)
    }

    /// Where in the file a place of the heap is, which lies in the block of blocks at `block`.
    private func address(of place: Int, in block: Int, rows: Int, depth: Int) throws(FormatError) -> Int {
        var reader = medium.reader(at: block)
        guard depth < Self.depthLimit, try reader.take(4, "a heap's block").elementsEqual("FHIB".utf8) else {
            throw medium.damaged("a group's heap leads nowhere")
        }
        try reader.skip(1 + medium.offsetSize + placeSize, "a heap's block")
        let first = reader.offset
        var start = 0
        for row in 0..<rows {
            let size = startSize << max(0, row - 1)
            guard size > 0, size < 1 << 44 else { break }
            guard place >= start + size * width else {
                let column = (place - start) / size
                reader.offset = first + (row * width + column) * medium.offsetSize
                guard let child = try medium.address(&reader, "a heap's block") else { break }
                let inner = place - start - column * size
                if size <= directSize { return child + inner }
                let smallest = startSize * width
                let childRows = size < smallest ? 1 : (size / smallest).trailingZeroBitCount + 1
                return try address(of: inner, in: child, rows: childRows, depth: depth + 1)
            }
            start += size * width
        }
        throw medium.damaged("a link lies outside its group's heap")
    }
}

/// The records of a B-tree of version 2 (section III.A.2).
struct HDF5RecordTree {
    let records: [FileBytes]

    private static let recordLimit = 1 << 20

    init(_ medium: HDF5Medium, at address: Int) throws(FormatError) {
        let what = "a tree"
        var reader = medium.reader(at: address)
        guard try reader.take(4, what).elementsEqual("BTHD".utf8), try reader.integer(UInt8.self, what) == 0 else {
            throw medium.damaged("a tree is not where its object says")
        }
        try reader.skip(1, what)
        let nodeSize = Int(try reader.integer(UInt32.self, what))
        let recordSize = Int(try reader.integer(UInt16.self, what))
        let depth = Int(try reader.integer(UInt16.self, what))
        try reader.skip(2, what)
        let root = try medium.address(&reader, what)
        let count = Int(try reader.integer(UInt16.self, what))
        guard recordSize > 0, nodeSize > recordSize + 10, nodeSize <= 1 << 20, depth <= 16 else {
            throw medium.damaged("a tree has nodes of sizes that cannot be")
        }
        // How many records a node of each level can have, and all below it: their numbers take so many bytes.
        var most = [(nodeSize - 10) / recordSize]
        var pointers = [0]
        let countSize = HDF5FractalHeap.bytes(for: most[0])
        var totalSize = 0
        var total = most[0]
        for _ in 0..<depth {
            let pointer = medium.offsetSize + countSize + totalSize
            guard nodeSize > 10 + pointer, total < 1 << 40 else { throw medium.damaged("a tree is too deep") }
            most.append((nodeSize - 10 - pointer) / (recordSize + pointer))
            pointers.append(totalSize)
            total = (most[most.count - 1] + 1) * total + most[most.count - 1]
            totalSize = HDF5FractalHeap.bytes(for: total)
        }
        let skipped = pointers
        var records: [FileBytes] = []
        func visit(_ address: Int, _ count: Int, _ level: Int) throws(FormatError) {
            var reader = medium.reader(at: address)
            guard try reader.take(4, what).elementsEqual(level == 0 ? "BTLF".utf8 : "BTIN".utf8) else {
                throw medium.damaged("a tree's node is not where its parent says")
            }
            try reader.skip(2, what)
            guard count <= Self.recordLimit - records.count else { throw medium.damaged("a tree has too many records") }
            for _ in 0..<count { records.append(try reader.take(recordSize, what)) }
            guard level > 0 else { return }
            for _ in 0...count {
                guard let child = try medium.address(&reader, what) else { throw medium.damaged("a tree has a hole") }
                let inner = try HDF5FractalHeap.number(&reader, countSize)
                try reader.skip(skipped[level], what)
                guard inner > 0 else { throw medium.damaged("a tree has an empty node") }
                try visit(child, inner, level - 1)
            }
        }
        if let root, count > 0 { try visit(root, count, depth) }
        self.records = records
    }
}
