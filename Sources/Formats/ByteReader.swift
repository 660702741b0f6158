/// Reads little-endian numbers from bytes of unknown honesty; every step is checked.
struct ByteReader {
    let bytes: FileBytes
    var offset: Int
    /// What errors name.
    let place: String

    init(_ bytes: FileBytes, at offset: Int = 0, place: String) {
        (self.bytes, self.offset, self.place) = (bytes, offset, place)
    }

    init(_ bytes: [UInt8], at offset: Int = 0, place: String) {
        self.init(FileBytes(bytes), at: offset, place: place)
    }

    var remaining: Int { bytes.count - offset }

    /// The next `count` bytes.
    mutating func take(_ count: Int, _ what: @autoclosure () -> String) throws(FormatError) -> FileBytes {
        guard count >= 0, offset >= 0, count <= remaining else {
            throw FormatError(place, "ends inside \(what()); it is truncated or damaged")
        }
        defer { offset += count }
        return bytes.part(offset..<offset + count)
    }

    mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws(FormatError) {
        _ = try take(count, what())
    }

    mutating func integer<Value: FixedWidthInteger>(
        _ type: Value.Type, _ what: @autoclosure () -> String
    ) throws(FormatError) -> Value {
        try take(Value.bitWidth / 8, what()).withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    }

    /// A count or offset that must fit into the file.
    mutating func length<Value: FixedWidthInteger>(
        _ type: Value.Type, _ what: @autoclosure () -> String
    ) throws(FormatError) -> Int {
        let value = try integer(type, what())
        guard let length = Int(exactly: value) else { throw FormatError(place, "\(what()) is \(value): too large") }
        return length
    }

    /// A string of UTF-8 bytes; what is none is refused.
    mutating func text(_ count: Int, _ what: @autoclosure () -> String) throws(FormatError) -> String {
        guard let text = String(validating: try take(count, what()), as: UTF8.self) else {
            throw FormatError(place, "\(what()) is no UTF-8 text; the file is damaged")
        }
        return text
    }
}

extension Array where Element == UInt8 {
    /// Appends the integer in little-endian order.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Puts the integer at an offset, in little-endian order.
    ///
    /// - Precondition: it lies within the array.
    mutating func put(littleEndian value: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    /// The lowest `bytes` bytes of the integer.
    ///
    /// - Precondition: they lie within the array.
    mutating func put(littleEndian value: UInt64, at offset: Int, bytes: Int) {
        Swift.withUnsafeBytes(of: value.littleEndian) {
            replaceSubrange(offset..<offset + bytes, with: UnsafeRawBufferPointer(rebasing: $0[..<bytes]))
        }
    }
}
