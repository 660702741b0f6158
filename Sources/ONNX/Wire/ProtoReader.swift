/// Reads the wire format of protocol buffers from bytes of unknown honesty; every step is checked.
struct ProtoReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    mutating func varint() throws(ONNXError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { throw ONNXError("the file ends inside a number: it is truncated") }
            let byte = bytes[position]
            position += 1
            if shift < 64 { value |= UInt64(byte & 0x7f) << shift }
            if byte < 0x80 { return value }
        }
        throw ONNXError("the file has a number that does not end: it is damaged or no ONNX model")
    }

    mutating func fixed(_ count: Int) throws(ONNXError) -> UInt64 {
        guard bytes.endIndex - position >= count else {
            throw ONNXError("the file ends inside a number: it is truncated")
        }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += count
        return value
    }

    mutating func block() throws(ONNXError) -> ArraySlice<UInt8> {
        let count = try varint()
        guard count <= UInt64(bytes.endIndex - position) else {
            throw ONNXError("the file ends inside a field of \(count) bytes: it is truncated")
        }
        defer { position += Int(count) }
        return bytes[position..<position + Int(count)]
    }
}
