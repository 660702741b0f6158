/// A field of a protocol buffer: its number and what follows.
enum ProtoField {
    case varint(UInt64)
    case fixed32(UInt32, offset: Int)
    case fixed64
    case bytes(FileBytes)

    /// All fields of a message, in order.
    static func all(_ message: FileBytes, place: String) throws(FormatError) -> [(number: UInt64, value: ProtoField)] {
        var reader = ByteReader(message, place: place)
        var fields: [(number: UInt64, value: ProtoField)] = []
        while reader.remaining > 0 {
            let tag = try reader.varint("a field")
            switch tag & 7 {
            case 0: fields.append((tag >> 3, .varint(try reader.varint("a field"))))
            case 1:
                try reader.skip(8, "a field")
                fields.append((tag >> 3, .fixed64))
            case 2:
                let size = try reader.varint("a field")
                guard size <= UInt64(message.count) else {
                    throw FormatError(place, "a field is longer than its message; it is damaged")
                }
                fields.append((tag >> 3, .bytes(try reader.take(Int(size), "a field"))))
            case 5:
                let offset = reader.offset
                fields.append((tag >> 3, .fixed32(try reader.integer(UInt32.self, "a field"), offset: offset)))
            default: throw FormatError(place, "has a field of an unknown kind; it is damaged")
            }
        }
        return fields
    }
}

/// What the index says of one tensor (`BundleEntryProto` in tensor_bundle.proto).
struct BundleEntry {
    /// TensorFlow's `DataType`.
    private(set) var type: UInt64 = 0
    private(set) var shape: [Int] = []
    private(set) var shard = 0
    private(set) var offset = 0
    private(set) var size = 0
    /// Masked; and where in the entry it stands.
    private(set) var checksum: (value: UInt32, offset: Int)?
    /// The parts that it is cut into, which stand under keys of their own.
    private(set) var slices: [BundleSlice] = []

    /// Element types by number; text, resources, quantised and complex ones are no weights.
    static let kinds: [UInt64: StoredType.Kind] = [
        1: .float32, 2: .float64, 3: .int32, 4: .uint8, 5: .int16, 6: .int8, 9: .int64, 10: .bool, 14: .bfloat16,
        17: .uint16, 19: .float16, 22: .uint32, 23: .uint64,
    ]

    init(_ message: FileBytes, place: String) throws(FormatError) {
        for (number, value) in try ProtoField.all(message, place: place) {
            switch (number, value) {
            case (1, .varint(let type)): self.type = type
            case (2, .bytes(let shape)): self.shape = try Self.shape(shape, place: place)
            case (3, .varint(let shard)): self.shard = try Self.count(shard, place)
            case (4, .varint(let offset)): self.offset = try Self.count(offset, place)
            case (5, .varint(let size)): self.size = try Self.count(size, place)
            case (6, .fixed32(let value, let offset)): checksum = (value, offset)
            case (7, .bytes(let slice)): slices.append(try BundleSlice(slice, place: place))
            default: continue
            }
        }
    }

    /// `TensorShapeProto`: dimensions in field 2, the size of each in its field 1.
    private static func shape(_ message: FileBytes, place: String) throws(FormatError) -> [Int] {
        var shape: [Int] = []
        for case (2, .bytes(let dimension)) in try ProtoField.all(message, place: place) {
            var extent = 0
            for case (1, .varint(let size)) in try ProtoField.all(dimension, place: place) {
                extent = try count(size, place)
            }
            shape.append(extent)
        }
        return shape
    }

    private static func count(_ value: UInt64, _ place: String) throws(FormatError) -> Int {
        guard let count = Int(exactly: value) else {
            throw FormatError(place, "has a size or place of \(value): too large")
        }
        return count
    }
}
