import Compression

/// What the header of a data set says.
struct HDF5Dataset {
    private let type: HDF5Datatype
    private let shape: [Int]?
    private let layout: Layout
    private let filters: [HDF5Filter]
    private let fill: [UInt8]
    private let medium: HDF5Medium
    private let place: String

    private enum Layout {
        case inFile(Range<Int>)
        /// In no bytes yet: every element is the fill value.
        case unwritten
        case chunks(HDF5ChunkIndex, extents: [Int])
    }

    init(_ messages: [HDF5Message], medium: HDF5Medium, place: String) throws(FormatError) {
        (self.medium, self.place) = (medium, place)
        func body(_ kind: UInt16) throws(FormatError) -> FileBytes? {
            guard let message = messages.first(where: { $0.type == kind }) else { return nil }
            guard message.flags & 2 == 0 else {
                throw FormatError(place, "shares its description with others (a committed type), which is not read")
            }
            return message.body
        }
        guard !messages.contains(where: { $0.type == HDF5Message.Kind.externalFiles }) else {
            throw FormatError(place, "keeps its values in other files, which are not opened: copy them into this one")
        }
        guard let space = try body(HDF5Message.Kind.dataspace), let type = try body(HDF5Message.Kind.datatype),
            let layout = try body(HDF5Message.Kind.layout)
        else { throw FormatError(place, "has no shape or type; the file is damaged") }
        self.type = try HDF5Datatype(type, place: place)
        shape = try Self.shape(space, medium, place: place)
        filters =
            try body(HDF5Message.Kind.filters).map { body throws(FormatError) in try HDF5Filter.list(body, place: place)
            } ?? []
        fill =
            try body(HDF5Message.Kind.fill).map { body throws(FormatError) in try Self.fill(body, place: place) } ?? []
        self.layout = try Self.layout(layout, medium, place: place)
    }

    /// The data set as a tensor; nil where it holds no numbers.
    ///
    /// - Parameter part: which part of the weights the file is.
    func tensor(named path: String, part: Int) throws(FormatError) -> StoredTensor? {
        guard case .number(let type) = type, let shape else { return nil }
        let (fill, place) = (fill, place)
        switch layout {
        case .inFile(let range):
            return try StoredTensor(name: path, type: type, shape: shape, part: part, range: range, place: place)
        case .unwritten:
            let count = try Self.bounded(shape, type, in: medium.bytes.count, place: place)
            guard count > 0 else {
                return try StoredTensor(name: path, type: type, shape: shape, part: part, range: 0..<0, place: place)
            }
            return StoredTensor(
                name: path, type: type, shape: shape,
                values: .packed {
                    () throws(FormatError) in
                    Self.filled(count, type.size, fill)
                } write: { _, _ throws(FormatError) in
                    throw FormatError(
                        place,
                        "was never written, so there is no place for new values: write zeros to it with h5py first")
                })
        case .chunks(let index, let extents):
            guard extents.count == shape.count + 1, extents.last == type.size, extents.allSatisfy({ $0 > 0 }) else {
                throw FormatError(
                    place, "has chunks \(extents) that do not fit its shape \(shape); the file is damaged")
            }
            let count = try Self.bounded(shape, type, in: medium.bytes.count, place: place)
            let chunks = HDF5Chunks(
                medium: medium, index: index, shape: shape, extents: Array(extents.dropLast()), size: type.size,
                filters: filters, place: place)
            return StoredTensor(
                name: path, type: type, shape: shape,
                values: .packed { () throws(FormatError) in
                    var values = Self.filled(count, type.size, fill)
                    try chunks.read(into: &values)
                    return values
                } write: { contents, data throws(FormatError) in
                    try chunks.write(data, over: Self.filled(count, type.size, fill), into: &contents[part])
                })
        }
    }

    /// The elements of a shape, which may not be many more than the file can hold, compressed or not.
    private static func bounded(_ shape: [Int], _ type: StoredType, in size: Int, place: String) throws(FormatError)
        -> Int
    {
        let count = try StoredTensor.count(shape, type, place: place)
        guard count * type.size <= Deflate.largestContent(of: size) else {
            throw FormatError(place, "has the shape \(shape), far more than the file's \(size) bytes hold")
        }
        return count
    }

    private static func filled(_ count: Int, _ size: Int, _ fill: [UInt8]) -> [UInt8] {
        guard fill.count == size, fill.contains(where: { $0 != 0 }) else {
            return [UInt8](repeating: 0, count: count * size)
        }
        var values: [UInt8] = []
        values.reserveCapacity(count * size)
        for _ in 0..<count { values += fill }
        return values
    }

    // MARK: Messages

    /// Extents; nil for a null data space, which has no elements and no shape.
    private static func shape(
        _ body: FileBytes, _ medium: HDF5Medium, place: String
    ) throws(FormatError) -> [Int]? {
        var reader = ByteReader(body, place: place)
        let version = try reader.integer(UInt8.self, "the shape")
        let rank = Int(try reader.integer(UInt8.self, "the shape"))
        try reader.skip(1, "the shape")
        guard version == 1 || version == 2, rank <= 32 else {
            throw FormatError(place, "its shape is not understood; the file is damaged")
        }
        if version == 2, try reader.integer(UInt8.self, "the shape") == 2 { return nil }
        if version == 1 { try reader.skip(5, "the shape") }
        var shape: [Int] = []
        for _ in 0..<rank {
            guard let extent = try medium.length(&reader, "the shape") else {
                throw FormatError(place, "its shape is not limited")
            }
            shape.append(extent)
        }
        return shape
    }

    /// The bytes of one element that stand for those never written.
    private static func fill(_ body: FileBytes, place: String) throws(FormatError) -> [UInt8] {
        var reader = ByteReader(body, place: place)
        let version = try reader.integer(UInt8.self, "the fill value")
        if version < 3 {
            try reader.skip(2, "the fill value")
            guard try reader.integer(UInt8.self, "the fill value") != 0 else { return [] }
        } else if try reader.integer(UInt8.self, "the fill value") & 0x20 == 0 {
            return []
        }
        guard reader.remaining >= 4 else { return [] }
        return Array(try reader.take(Int(try reader.integer(UInt32.self, "the fill value")), "the fill value"))
    }

    private static func layout(_ body: FileBytes, _ medium: HDF5Medium, place: String) throws(FormatError) -> Layout {
        var reader = ByteReader(body, place: place)
        let version = try reader.integer(UInt8.self, "the layout")
        guard version == 3 || version == 4 else {
            throw FormatError(
                place, "has a layout of version \(version); 3 and 4 are read: write the file with h5py's defaults")
        }
        let kind = try reader.integer(UInt8.self, "the layout")
        switch (kind, version) {
        case (0, _):
            let size = Int(try reader.integer(UInt16.self, "the layout"))
            // The message lies in the file: so do its bytes.
            let start = medium.bytes.position(of: body) + reader.offset
            try reader.skip(size, "the values")
            return .inFile(start..<start + size)
        case (1, _):
            let address = try medium.address(&reader, "the layout")
            let size = try medium.length(&reader, "the layout") ?? 0
            guard let address else { return .unwritten }
            var values = medium.reader(at: address)
            try values.skip(size, "the values of '\(place)'")
            return .inFile(address..<address + size)
        case (2, 3):
            let rank = Int(try reader.integer(UInt8.self, "the layout"))
            let tree = try medium.address(&reader, "the layout")
            var extents: [Int] = []
            for _ in 0..<rank { extents.append(Int(try reader.integer(UInt32.self, "the layout"))) }
            return tree.map { .chunks(.tree($0), extents: extents) } ?? .unwritten
        case (2, 4):
            let flags = try reader.integer(UInt8.self, "the layout")
            let rank = Int(try reader.integer(UInt8.self, "the layout"))
            let size = Int(try reader.integer(UInt8.self, "the layout"))
            guard flags & 1 == 0, (1...8).contains(size) else {
                throw FormatError(place, "has chunks at its edges that went through no filter, which is not read")
            }
            var extents: [Int] = []
            for _ in 0..<rank { extents.append(try HDF5FractalHeap.number(&reader, size)) }
            return try HDF5ChunkIndex(&reader, flags: flags, medium, place: place).map {
                .chunks($0, extents: extents)
            } ?? .unwritten
        default:
            throw FormatError(
                place,
                "is put together of other data sets (virtual), which is not read: copy it into one")
        }
    }
}

/// What the elements of a data set are.
enum HDF5Datatype {
    case number(StoredType)
    /// Text, references, records: no weights.
    case other

    init(_ body: FileBytes, place: String) throws(FormatError) {
        var reader = ByteReader(body, place: place)
        let code = try reader.integer(UInt8.self, "the type") & 0xF
        let bits = try reader.integer(UInt8.self, "the type")
        try reader.skip(2, "the type")
        let size = Int(try reader.integer(UInt32.self, "the type"))
        let isBig = bits & 1 != 0
        switch (code, size) {
        case (0, 1), (0, 2), (0, 4), (0, 8):
            guard let kind = StoredType.Kind(rawValue: (bits & 8 != 0 ? "i" : "u") + "\(size)") else { fallthrough }
            self = .number(StoredType(kind, isBigEndian: isBig))
        case (0, _): throw FormatError(place, "has integers of \(size) bytes, which are not read")
        case (1, _):
            try reader.skip(5, "the type")
            let exponent = try reader.integer(UInt8.self, "the type")
            guard
                let kind = [
                    [2, 5]: .float16, [2, 8]: .bfloat16, [4, 8]: .float32, [8, 11]: StoredType.Kind.float64,
                ][[size, Int(exponent)]]
            else {
                throw FormatError(
                    place, "has numbers of \(size) bytes with an exponent of \(exponent) bits, which are not read")
            }
            self = .number(StoredType(kind, isBigEndian: isBig))
        // ml_dtypes' bfloat16, as Keras stores it, is two bytes without a meaning to HDF5.
        case (5, 2): self = .number(StoredType(.bfloat16))
        // h5py's bool is an enumeration of two names over int8.
        case (8, 1): self = .number(StoredType(bits == 2 ? .bool : .int8))
        default: self = .other
        }
    }
}
