import Compression

extension ZipArchive {
    /// The archive with other contents for some entries, packed as the old ones were; the rest of the bytes is kept, and moves where sizes change.
    ///
    /// - Parameter contents: by the entries' positions in the directory.
    /// - Throws: for archives of more than 4 GiB.
    func rewritten(_ contents: [Int: [UInt8]]) throws(FormatError) -> [UInt8] {
        var out: [UInt8] = []
        var taken = 0
        var moved = entries.map(\.headerOffset)
        var sizes: [Int: Sizes] = [:]
        for position in entries.indices.sorted(by: { entries[$0].headerOffset < entries[$1].headerOffset }) {
            let entry = entries[position]
            let range = try packedRange(of: entry)
            guard entry.headerOffset >= taken, range.upperBound <= directoryOffset else {
                throw FormatError(place(of: entry), "overlaps another entry, so the archive is not written again")
            }
            out += bytes[taken..<entry.headerOffset]
            moved[position] = out.count
            let header = Array(bytes[entry.headerOffset..<range.lowerBound])
            taken = range.upperBound
            guard let content = contents[position] else {
                out += header
                out += bytes[range]
                continue
            }
            let packed = entry.isStored ? content : Deflate.compress(content, format: .raw, level: 6)
            let new = Sizes(crc: crc32(content), packed: UInt64(packed.count), whole: UInt64(content.count))
            sizes[position] = new
            out += try mended(header, of: entry, new)
            out += packed
            if entry.flags & 8 != 0 { out += try descriptor(of: entry, behind: &taken, new) }
            guard taken <= directoryOffset, new.whole < 0xFFFF_FFFF else {
                throw FormatError(place(of: entry), "ends in the archive's directory, or is too large to be written")
            }
        }
        let (start, directory) = (out.count, out.count + directoryOffset - taken)
        out += bytes[taken...]
        guard directoryOffset <= endOffset else { throw FormatError(place, "its directory is not where it belongs") }
        guard out.count < 0xFFFF_FFFF, !isLarge else {
            throw FormatError(place, "has more than 4 GiB, so what is packed in it is not overwritten")
        }
        for position in entries.indices {
            let record = entries[position].recordOffset - taken + start
            out.put(littleEndian: UInt32(moved[position]), at: record + 42)
            guard let new = sizes[position] else { continue }
            out.put(littleEndian: new.crc, at: record + 16)
            out.put(littleEndian: UInt32(new.packed), at: record + 20)
            out.put(littleEndian: UInt32(new.whole), at: record + 24)
        }
        out.put(littleEndian: UInt32(directory), at: endOffset - taken + start + 16)
        return out
    }

    /// What headers say of an entry's content.
    private struct Sizes {
        let crc: UInt32
        let packed: UInt64
        let whole: UInt64
    }

    /// The local header with new sizes; those of ZIP64 stand in an extra field.
    private func mended(_ header: [UInt8], of entry: Entry, _ new: Sizes) throws(FormatError) -> [UInt8] {
        // Bit 3: the header has zeros, the numbers follow the data.
        guard entry.flags & 8 == 0 else { return header }
        var header = header
        header.put(littleEndian: new.crc, at: 14)
        guard try hasLargeSizes(header, of: entry) else {
            header.put(littleEndian: UInt32(truncatingIfNeeded: new.packed), at: 18)
            header.put(littleEndian: UInt32(truncatingIfNeeded: new.whole), at: 22)
            return header
        }
        guard let place = try largeSizes(header, of: entry) else {
            throw FormatError(self.place(of: entry), "its header lacks its sizes; the file is damaged")
        }
        header.put(littleEndian: new.whole, at: place)
        header.put(littleEndian: new.packed, at: place + 8)
        return header
    }

    private func hasLargeSizes(_ header: [UInt8], of entry: Entry) throws(FormatError) -> Bool {
        var reader = ByteReader(header, at: 18, place: place(of: entry))
        return try reader.integer(UInt32.self, "the entry's header") == 0xFFFF_FFFF
    }

    /// Where the extra field of ZIP64 has the two sizes.
    private func largeSizes(_ header: [UInt8], of entry: Entry) throws(FormatError) -> Int? {
        var reader = ByteReader(header, at: 26, place: place(of: entry))
        let name = try reader.length(UInt16.self, "the entry's header")
        try reader.skip(2 + name, "the entry's header")
        while reader.remaining >= 4 {
            let tag = try reader.integer(UInt16.self, "an extra field")
            let size = try reader.length(UInt16.self, "an extra field")
            if tag == 1, size >= 16 { return reader.remaining >= 16 ? reader.offset : nil }
            try reader.skip(size, "an extra field")
        }
        return nil
    }

    /// The record behind the data that has its checksum and sizes, with or without a signature, in 4 or 8 bytes each.
    private func descriptor(
        of entry: Entry, behind taken: inout Int, _ new: Sizes
    ) throws(FormatError) -> [UInt8] {
        var reader = ByteReader(bytes, at: taken, place: place(of: entry))
        var out: [UInt8] = []
        var crc = try reader.integer(UInt32.self, "the data descriptor")
        if crc == 0x0807_4B50 {
            out.append(littleEndian: crc)
            crc = try reader.integer(UInt32.self, "the data descriptor")
        }
        out.append(littleEndian: new.crc)
        let packed = try reader.length(UInt32.self, "the data descriptor")
        let whole = try reader.length(UInt32.self, "the data descriptor")
        if packed == entry.packedSize, whole == entry.size {
            out.append(littleEndian: UInt32(truncatingIfNeeded: new.packed))
            out.append(littleEndian: UInt32(truncatingIfNeeded: new.whole))
        } else {
            try reader.skip(8, "the data descriptor")
            out.append(littleEndian: new.packed)
            out.append(littleEndian: new.whole)
        }
        taken = reader.offset
        return out
    }
}
