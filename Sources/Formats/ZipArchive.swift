import Compression

/// A ZIP archive (PKWARE APPNOTE 6.3): entries stored or deflated, ZIP64 sizes included.
///
/// Nothing is written to disk, so names with `..` do no harm here. Every size is checked before memory is taken.
package struct ZipArchive: Sendable {
    /// One file of the archive.
    package struct Entry: Sendable, Equatable {
        package let name: String
        /// Bytes after decompression.
        package let size: Int
        let packedSize: Int
        let method: UInt16
        let crc: UInt32
        let headerOffset: Int
        /// Where the record in the central directory begins.
        let recordOffset: Int
        let flags: UInt16
        package var isStored: Bool { method == 0 }
    }

    /// In the order of the central directory.
    package let entries: [Entry]
    let bytes: FileBytes
    let place: String
    /// Where the first record of the directory is, and the record behind the last one.
    let directoryOffset: Int
    let endOffset: Int
    /// Whether ZIP64 says where the directory is.
    let isLarge: Bool

    /// Reads the directory of an archive.
    ///
    /// - Throws: `FormatError` for anything that is no well-formed archive; encrypted and split ones included.
    package init(_ bytes: FileBytes, name place: String) throws(FormatError) {
        (self.bytes, self.place) = (bytes, place)
        let directory = try Self.directory(bytes, place: place)
        (directoryOffset, endOffset, isLarge) = (directory.reader.offset, directory.end, directory.isLarge)
        var reader = directory.reader
        var (entries, packed) = ([Entry](), 0)
        while reader.remaining >= 4, try reader.integer(UInt32.self, "the directory") == 0x0201_4B50 {
            let entry = try Self.entry(&reader)
            // A few bytes can be shown as many entries, each to be unpacked.
            guard entry.packedSize <= bytes.count - packed else {
                throw FormatError(place, "its entries overlap, or lie outside the file; it is damaged or a trap")
            }
            packed += entry.packedSize
            entries.append(entry)
        }
        self.entries = entries
    }

    package init(_ bytes: [UInt8], name: String) throws(FormatError) {
        try self.init(FileBytes(bytes), name: name)
    }

    /// The content of an entry.
    ///
    /// - Parameter limit: the most bytes it may have.
    package func content(of entry: Entry, limit: Int) throws(FormatError) -> FileBytes {
        let place = self.place(of: entry)
        guard entry.size <= limit else {
            throw FormatError(place, "holds \(entry.size) bytes; at most \(limit) are read")
        }
        let packed = bytes.part(try packedRange(of: entry))
        let content: FileBytes
        switch entry.method {
        case 0: content = packed
        case 8:
            do { content = FileBytes(try Deflate.decompress(packed, format: .raw, limit: entry.size)) } catch {
                throw FormatError(place, error.description)
            }
        default: throw FormatError(place, "is packed with method \(entry.method); only stored and deflated are read")
        }
        guard content.count == entry.size, crc32(content) == entry.crc else {
            throw FormatError(place, "its checksum is wrong; the file is damaged")
        }
        return content
    }

    /// Where the bytes of an entry lie in the archive, as they are packed.
    func packedRange(of entry: Entry) throws(FormatError) -> Range<Int> {
        let place = self.place(of: entry)
        var reader = ByteReader(bytes, at: entry.headerOffset, place: place)
        guard try reader.integer(UInt32.self, "the entry's header") == 0x0403_4B50 else {
            throw FormatError(place, "its header is not where the directory says")
        }
        try reader.skip(22, "the entry's header")
        let nameLength = try reader.length(UInt16.self, "the entry's header")
        let extraLength = try reader.length(UInt16.self, "the entry's header")
        try reader.skip(nameLength + extraLength, "the entry's header")
        let start = reader.offset
        try reader.skip(entry.packedSize, "the entry's data")
        return start..<reader.offset
    }

    func place(of entry: Entry) -> String { "\(place), entry '\(entry.name)'" }

    /// A reader at the first record of the central directory, and where the end record is.
    private static func directory(
        _ bytes: FileBytes, place: String
    ) throws(FormatError) -> (reader: ByteReader, end: Int, isLarge: Bool) {
        let signature: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
        var start = bytes.count - 22
        let lowest = max(0, start - 65_535)
        while start >= lowest, !bytes[start..<start + 4].elementsEqual(signature) { start -= 1 }
        guard start >= lowest, start >= 0 else { throw FormatError(place, "is no ZIP archive, or is truncated") }
        var end = ByteReader(bytes, at: start + 16, place: place)
        var offset = try end.length(UInt32.self, "the end record")
        let isLarge = offset == 0xFFFF_FFFF
        if isLarge {
            var locator = ByteReader(bytes, at: start - 20, place: place)
            guard try locator.integer(UInt32.self, "the ZIP64 locator") == 0x0706_4B50 else {
                throw FormatError(place, "has no ZIP64 locator")
            }
            _ = try locator.take(4, "the ZIP64 locator")
            var record = ByteReader(bytes, at: try locator.length(UInt64.self, "the ZIP64 locator"), place: place)
            _ = try record.take(48, "the ZIP64 end record")
            offset = try record.length(UInt64.self, "the ZIP64 end record")
        }
        return (ByteReader(bytes, at: offset, place: place), start, isLarge)
    }

    private static func entry(_ reader: inout ByteReader) throws(FormatError) -> Entry {
        let recordOffset = reader.offset - 4
        _ = try reader.take(4, "the directory")
        let flags = try reader.integer(UInt16.self, "the directory")
        let method = try reader.integer(UInt16.self, "the directory")
        _ = try reader.take(4, "the directory")
        let crc = try reader.integer(UInt32.self, "the directory")
        var packedSize = try reader.length(UInt32.self, "the directory")
        var size = try reader.length(UInt32.self, "the directory")
        let nameLength = try reader.length(UInt16.self, "the directory")
        let extraLength = try reader.length(UInt16.self, "the directory")
        let commentLength = try reader.length(UInt16.self, "the directory")
        _ = try reader.take(8, "the directory")
        var headerOffset = try reader.length(UInt32.self, "the directory")
        let name = String(decoding: try reader.take(nameLength, "an entry's name"), as: UTF8.self)
        var extra = ByteReader(try reader.take(extraLength, "an entry's extra field"), place: reader.place)
        _ = try reader.take(commentLength, "an entry's comment")
        guard flags & 1 == 0 else { throw FormatError(reader.place, "entry '\(name)' is encrypted; decrypt it first") }
        while extra.remaining >= 4 {
            let tag = try extra.integer(UInt16.self, "an extra field")
            let body = try extra.take(try extra.length(UInt16.self, "an extra field"), "an extra field")
            guard tag == 1 else { continue }
            var sizes = ByteReader(body, place: reader.place)
            if size == 0xFFFF_FFFF { size = try sizes.length(UInt64.self, "ZIP64 sizes") }
            if packedSize == 0xFFFF_FFFF { packedSize = try sizes.length(UInt64.self, "ZIP64 sizes") }
            if headerOffset == 0xFFFF_FFFF { headerOffset = try sizes.length(UInt64.self, "ZIP64 sizes") }
        }
        return Entry(
            name: name, size: size, packedSize: packedSize, method: method, crc: crc, headerOffset: headerOffset,
            recordOffset: recordOffset, flags: flags)
    }
}

extension ZipArchive {
    /// Puts the right checksum of a stored entry, whose data were overwritten, into all the places that hold it.
    func mendChecksum(of entry: Entry, in content: inout [UInt8]) throws(FormatError) {
        let range = try packedRange(of: entry)
        let crc = crc32(content[range])
        content.put(littleEndian: crc, at: entry.recordOffset + 16)
        // Bit 3: the local header has zeros, and a descriptor follows the data, with or without a signature.
        guard entry.flags & 8 != 0 else { return content.put(littleEndian: crc, at: entry.headerOffset + 14) }
        var reader = ByteReader(bytes, at: range.upperBound, place: place(of: entry))
        if try reader.integer(UInt32.self, "the data descriptor") != 0x0807_4B50 { reader.offset -= 4 }
        let offset = reader.offset
        try reader.skip(4, "the data descriptor")
        content.put(littleEndian: crc, at: offset)
    }

    /// The bytes of an archive with these files, in this order, all dated 1980-01-01 so that equal content gives equal
    /// bytes.
    ///
    /// - Precondition: the whole stays below 4 GiB.
    package static func archive(_ files: [(name: String, content: [UInt8])], deflated: Bool) -> [UInt8] {
        var (out, directory) = ([UInt8](), [UInt8]())
        for file in files {
            let packed = deflated ? Deflate.compress(file.content, format: .raw, level: 6) : file.content
            var common = [UInt8]()
            common.append(littleEndian: 20 as UInt16)
            common.append(littleEndian: 0x0800 as UInt16)  // names are UTF-8
            common.append(littleEndian: (deflated ? 8 : 0) as UInt16)
            common.append(littleEndian: 0x0021_0000 as UInt32)
            common.append(littleEndian: crc32(file.content))
            common.append(littleEndian: UInt32(packed.count))
            common.append(littleEndian: UInt32(file.content.count))
            common.append(littleEndian: UInt16(file.name.utf8.count))
            common.append(littleEndian: 0 as UInt16)
            directory += [0x50, 0x4B, 0x01, 0x02, 20, 0] + common + [UInt8](repeating: 0, count: 10)
            directory.append(littleEndian: UInt32(out.count))
            directory += file.name.utf8
            out += [0x50, 0x4B, 0x03, 0x04] + common + file.name.utf8 + packed
        }
        let start = UInt32(out.count)
        out += directory + [0x50, 0x4B, 0x05, 0x06, 0, 0, 0, 0]
        out.append(littleEndian: UInt16(files.count))
        out.append(littleEndian: UInt16(files.count))
        out.append(littleEndian: UInt32(directory.count))
        out.append(littleEndian: start)
        return out + [0, 0]
    }
}
