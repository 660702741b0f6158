/// One message of an object's header.
struct HDF5Message {
    let type: UInt16
    let flags: UInt8
    let body: FileBytes

    /// Kinds of messages (section IV.A.2).
    enum Kind {
        static let dataspace: UInt16 = 0x1
        static let linkInfo: UInt16 = 0x2
        static let datatype: UInt16 = 0x3
        static let fill: UInt16 = 0x5
        static let link: UInt16 = 0x6
        static let externalFiles: UInt16 = 0x7
        static let layout: UInt16 = 0x8
        static let filters: UInt16 = 0xB
        static let attribute: UInt16 = 0xC
        static let continuation: UInt16 = 0x10
        static let symbolTable: UInt16 = 0x11
    }
}

extension HDF5Medium {
    /// The most messages of one header; continuations that lead in a circle end here.
    private static let messageLimit = 1 << 16

    /// All messages of the header at an address, of either version, continuations included.
    func messages(at address: Int) throws(FormatError) -> [HDF5Message] {
        var reader = reader(at: address)
        var messages: [HDF5Message] = []
        var blocks: [Range<Int>] = []
        let isNew = try reader.take(4, "an object's header").elementsEqual("OHDR".utf8)
        var hasOrder = false
        if isNew {
            try reader.skip(1, "an object's header")
            let flags = try reader.integer(UInt8.self, "an object's header")
            hasOrder = flags & 4 != 0
            try reader.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0), "an object's header")
            var size = 0
            for (shift, byte) in try reader.take(1 << Int(flags & 3), "an object's header").enumerated() where shift < 8
            {
                size |= shift < 7 ? Int(byte) << (8 * shift) : 0
            }
            blocks.append(reader.offset..<reader.offset + size)
        } else {
            reader.offset = address
            guard try reader.integer(UInt8.self, "an object's header") == 1 else {
                throw damaged("has no object's header at byte \(address)")
            }
            try reader.skip(7, "an object's header")
            let size = Int(try reader.integer(UInt32.self, "an object's header"))
            try reader.skip(4, "an object's header")
            blocks.append(reader.offset..<reader.offset + size)
        }
        var next = 0
        while next < blocks.count {
            let block = blocks[next]
            next += 1
            guard block.upperBound <= bytes.count else { throw damaged("an object's header ends behind the file") }
            reader.offset = block.lowerBound
            // A rest too short for a message is a gap.
            while block.upperBound - reader.offset >= (isNew ? (hasOrder ? 6 : 4) : 8) {
                let message = try message(&reader, isNew: isNew, hasOrder: hasOrder, end: block.upperBound)
                guard messages.count + blocks.count < Self.messageLimit else {
                    throw damaged("an object's header does not end")
                }
                if message.type == HDF5Message.Kind.continuation {
                    blocks.append(try continuation(message, isNew: isNew))
                } else {
                    messages.append(message)
                }
            }
        }
        return messages
    }

    private func message(
        _ reader: inout ByteReader, isNew: Bool, hasOrder: Bool, end: Int
    ) throws(FormatError) -> HDF5Message {
        let what = "a message of an object's header"
        let type = isNew ? UInt16(try reader.integer(UInt8.self, what)) : try reader.integer(UInt16.self, what)
        let size = Int(try reader.integer(UInt16.self, what))
        let flags = try reader.integer(UInt8.self, what)
        try reader.skip(isNew ? (hasOrder ? 2 : 0) : 3, what)
        guard size <= end - reader.offset else { throw damaged("\(what) is longer than the header") }
        return HDF5Message(type: type, flags: flags, body: try reader.take(size, what))
    }

    private func continuation(_ message: HDF5Message, isNew: Bool) throws(FormatError) -> Range<Int> {
        var reader = ByteReader(message.body, place: name)
        guard let start = try address(&reader, "a header's continuation"),
            let size = try length(&reader, "a header's continuation"), size >= (isNew ? 8 : 0), start <= bytes.count,
            size <= bytes.count - start
        else { throw damaged("a header's continuation is not in the file") }
        // New ones have a signature before and a checksum behind.
        return isNew ? start + 4..<start + size - 4 : start..<start + size
    }
}
