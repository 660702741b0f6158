/// LevelDB's sorted string table (table_format.md), in which TensorFlow keeps the index of a checkpoint.
struct SortedTable {
    /// One key, and where its value lies.
    struct Entry {
        let key: [UInt8]
        let value: FileBytes
        let block: Block
        /// Where the value begins in the file; nil in a compressed block.
        let position: Int?
    }

    /// A stretch of the file: entries, a byte for the compression, a checksum.
    struct Block {
        /// Of the entries and the byte behind them, which the checksum covers.
        let range: Range<Int>

        /// Puts the right checksum behind a block that was overwritten.
        ///
        /// - Precondition: the range lies in the content, and four bytes behind it too, as the reader has seen.
        func mendChecksum(in content: inout [UInt8]) {
            content.put(littleEndian: CRC32C.masked(CRC32C.checksum(Array(content[range]))), at: range.upperBound)
        }
    }

    let entries: [Entry]
    private static let keyLimit = 4096
    private static let entryLimit = 1 << 20
    private static let footerSize = 48

    static func recognises(_ bytes: FileBytes) -> Bool {
        bytes.count >= footerSize
            && bytes.part(bytes.count - 8..<bytes.count).elementsEqual([0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB])
    }

    init(_ bytes: FileBytes, name: String) throws(FormatError) {
        guard Self.recognises(bytes) else {
            throw FormatError(name, "is no TensorFlow checkpoint index, or is truncated")
        }
        var footer = ByteReader(bytes, at: bytes.count - Self.footerSize, place: name)
        _ = try Self.handle(&footer)
        let root = try Self.handle(&footer)
        var entries: [Entry] = []
        for pointer in try Self.block(root, bytes, name) {
            var reader = ByteReader(pointer.value, place: name)
            for entry in try Self.block(try Self.handle(&reader), bytes, name) {
                guard entries.count < Self.entryLimit,
                    entries.last.map({ $0.key.lexicographicallyPrecedes(entry.key) }) ?? true
                else {
                    throw FormatError(name, "its keys are not in order; it is damaged")
                }
                entries.append(entry)
            }
        }
        self.entries = entries
    }

    private static func handle(_ reader: inout ByteReader) throws(FormatError) -> (offset: UInt64, size: UInt64) {
        (try reader.varint("a block's place"), try reader.varint("a block's place"))
    }

    /// The entries of a block, its checksum verified.
    private static func block(
        _ handle: (offset: UInt64, size: UInt64), _ bytes: FileBytes, _ name: String
    ) throws(FormatError) -> [Entry] {
        guard handle.offset <= UInt64(bytes.count), handle.size <= UInt64(bytes.count) - handle.offset else {
            throw FormatError(name, "a block lies outside the file; it is truncated or damaged")
        }
        let start = Int(handle.offset)
        var reader = ByteReader(bytes, at: start, place: name)
        let packed = try reader.take(Int(handle.size), "a block")
        let compression = try reader.integer(UInt8.self, "a block")
        let range = start..<reader.offset
        guard try reader.integer(UInt32.self, "a block") == CRC32C.masked(CRC32C.checksum(bytes.part(range))) else {
            throw FormatError(name, "the checksum of a block is wrong; it is damaged")
        }
        switch compression {
        case 0: return try entries(in: packed, block: Block(range: range), at: start, name)
        case 1:
            return try entries(
                in: FileBytes(try Snappy.decompress(packed, place: name)), block: Block(range: range), at: nil, name)
        default: throw FormatError(name, "a block is compressed by method \(compression); none and Snappy are read")
        }
    }

    /// Keys share their beginning with the one before; offsets of restarts stand at the end.
    private static func entries(
        in content: FileBytes, block: Block, at position: Int?, _ name: String
    ) throws(FormatError) -> [Entry] {
        var tail = ByteReader(content, at: content.count - 4, place: name)
        let restarts = Int(try tail.integer(UInt32.self, "a block's end"))
        guard restarts <= (content.count - 4) / 4 else {
            throw FormatError(name, "a block's end makes no sense; it is damaged")
        }
        let end = content.count - 4 - 4 * restarts
        var reader = ByteReader(content, place: name)
        var (entries, key): ([Entry], [UInt8]) = ([], [])
        while reader.offset < end {
            let shared = try reader.varint("a key")
            let added = try reader.varint("a key")
            let size = try reader.varint("a value")
            guard shared <= UInt64(key.count), added <= UInt64(keyLimit), shared + added <= UInt64(keyLimit),
                size <= UInt64(content.count)
            else {
                throw FormatError(name, "a key or value is longer than can be; it is damaged")
            }
            key = Array(key.prefix(Int(shared))) + (try reader.take(Int(added), "a key"))
            let start = reader.offset
            entries.append(
                Entry(
                    key: key, value: try reader.take(Int(size), "a value"), block: block,
                    position: position.map { $0 + start }))
        }
        guard reader.offset == end else {
            throw FormatError(name, "a block's entries do not end where they should; it is damaged")
        }
        return entries
    }
}
