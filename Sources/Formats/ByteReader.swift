/// Reads little-endian numbers from bytes of unknown honesty; every step is checked.
struct ByteReader {
    let bytes: [UInt8]
    var offset: Int
    /// What errors name.
    let place: String

    init(_ bytes: [UInt8], at offset: Int = 0, place: String) {
        (self.bytes, self.offset, self.place) = (bytes, offset, place)
    }

    var remaining: Int { bytes.count - offset }

    /// The next `count` bytes.
    mutating func take(_ count: Int, _ what: String) throws(FormatError) -> ArraySlice<UInt8> {
        guard count >= 0, offset >= 0, count <= remaining else {
            throw FormatError(place, "ends inside \(what); it is truncated or damaged")
        }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ what: String) throws(FormatError) -> Value {
        try take(Value.bitWidth / 8, what).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    /// A count or offset that must fit into the file.
    mutating func length<Value: FixedWidthInteger>(_ type: Value.Type, _ what: String) throws(FormatError) -> Int {
        let value = try integer(type, what)
        guard let length = Int(exactly: value) else { throw FormatError(place, "\(what) is \(value): too large") }
        return length
    }
}

extension Array where Element == UInt8 {
    /// Appends the integer in little-endian order.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
