/// A protocol-buffer message as its fields in file order, unknown ones included, so that writing gives back what was read.
///
/// Nested messages stay bytes until somebody asks; nothing is copied out of the file but slices.
struct ProtoMessage {
    enum Payload {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
    }

    struct Field {
        let number: Int
        var payload: Payload
    }

    var fields: [Field] = []

    /// Fields that one message may have; a file needs one each for nodes and initializers.
    private static let fieldLimit = 1 << 22

    init() {}

    init(_ bytes: ArraySlice<UInt8>) throws(ONNXError) {
        var reader = ProtoReader(bytes)
        while !reader.isAtEnd {
            guard fields.count < Self.fieldLimit else { throw ONNXError("the file has too many fields in one message") }
            let key = try reader.varint()
            let number = Int(truncatingIfNeeded: key >> 3)
            guard number >= 1, key >> 3 < 1 << 29 else { throw ONNXError("the file has a field with a wrong number") }
            switch key & 7 {
            case 0: fields.append(Field(number: number, payload: .varint(try reader.varint())))
            case 1: fields.append(Field(number: number, payload: .fixed64(try reader.fixed(8))))
            case 2: fields.append(Field(number: number, payload: .bytes(try reader.block())))
            case 5:
                let value = UInt32(truncatingIfNeeded: try reader.fixed(4))
                fields.append(Field(number: number, payload: .fixed32(value)))
            default: throw ONNXError("the file has a field of an unknown kind: it is damaged or no ONNX model")
            }
        }
    }

    // MARK: Reading

    /// The last value of a number field.
    func integer(_ number: Int) -> Int? {
        for field in fields.reversed() where field.number == number {
            if case .varint(let value) = field.payload { return Int(truncatingIfNeeded: value) }
        }
        return nil
    }

    func float(_ number: Int) -> Float? {
        for field in fields.reversed() where field.number == number {
            if case .fixed32(let bits) = field.payload { return Float(bitPattern: bits) }
        }
        return nil
    }

    func block(_ number: Int) -> ArraySlice<UInt8>? {
        for field in fields.reversed() where field.number == number {
            if case .bytes(let bytes) = field.payload { return bytes }
        }
        return nil
    }

    func blocks(_ number: Int) -> [ArraySlice<UInt8>] {
        fields.compactMap { field in
            if field.number == number, case .bytes(let bytes) = field.payload { bytes } else { nil }
        }
    }

    func text(_ number: Int) -> String? { block(number).map { String(decoding: $0, as: UTF8.self) } }

    /// A repeated number field, packed or not.
    func integers(_ number: Int) throws(ONNXError) -> [Int] {
        var values: [Int] = []
        for field in fields where field.number == number {
            switch field.payload {
            case .varint(let value): values.append(Int(truncatingIfNeeded: value))
            case .bytes(let bytes):
                var reader = ProtoReader(bytes)
                while !reader.isAtEnd { values.append(Int(truncatingIfNeeded: try reader.varint())) }
            default: throw ONNXError("the file has a number where another kind belongs")
            }
        }
        return values
    }

    /// A repeated field of 32-bit floats, packed or not.
    func floats(_ number: Int) throws(ONNXError) -> [Float] {
        var values: [Float] = []
        for field in fields where field.number == number {
            switch field.payload {
            case .fixed32(let bits): values.append(Float(bitPattern: bits))
            case .bytes(let bytes):
                guard bytes.count % 4 == 0 else { throw ONNXError("a list of floats is cut off") }
                var reader = ProtoReader(bytes)
                values.reserveCapacity(values.count + bytes.count / 4)
                while !reader.isAtEnd {
                    values.append(Float(bitPattern: UInt32(truncatingIfNeeded: try reader.fixed(4))))
                }
            default: throw ONNXError("the file has a float where another kind belongs")
            }
        }
        return values
    }

    /// A repeated field of 64-bit floats, packed or not.
    func doubles(_ number: Int) throws(ONNXError) -> [Double] {
        var values: [Double] = []
        for field in fields where field.number == number {
            switch field.payload {
            case .fixed64(let bits): values.append(Double(bitPattern: bits))
            case .bytes(let bytes):
                guard bytes.count % 8 == 0 else { throw ONNXError("a list of doubles is cut off") }
                var reader = ProtoReader(bytes)
                while !reader.isAtEnd { values.append(Double(bitPattern: try reader.fixed(8))) }
            default: throw ONNXError("the file has a double where another kind belongs")
            }
        }
        return values
    }

    // MARK: Building

    mutating func append(_ number: Int, _ value: Int) {
        fields.append(Field(number: number, payload: .varint(UInt64(bitPattern: Int64(value)))))
    }

    mutating func append(_ number: Int, _ value: Float) {
        fields.append(Field(number: number, payload: .fixed32(value.bitPattern)))
    }

    mutating func append(_ number: Int, _ value: String) { append(number, Array(value.utf8)) }

    mutating func append(_ number: Int, _ value: [UInt8]) {
        fields.append(Field(number: number, payload: .bytes(value[...])))
    }

    mutating func append(_ number: Int, _ message: ProtoMessage) { append(number, message.encoded) }

    /// The message as bytes.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            func key(_ kind: UInt64) { Self.append(varint: UInt64(field.number) << 3 | kind, to: &bytes) }
            switch field.payload {
            case .varint(let value):
                key(0)
                Self.append(varint: value, to: &bytes)
            case .fixed64(let value):
                key(1)
                for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
            case .bytes(let block):
                key(2)
                Self.append(varint: UInt64(block.count), to: &bytes)
                bytes += block
            case .fixed32(let value):
                key(5)
                for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * shift))) }
            }
        }
        return bytes
    }

    private static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
