import Tensor

/// A TensorProto: its name, and the elements as a type that programs have.
///
/// float16, bfloat16 and double become float32; small integers int32, unsigned 32 and 64 bits int64. Texts, which are names of
/// classes, become their positions.
struct ONNXTensor {
    /// Numbers of `TensorProto.DataType`.
    enum DataType: Int {
        case float = 1
        case uint8 = 2
        case int8 = 3
        case uint16 = 4
        case int16 = 5
        case int32 = 6
        case int64 = 7
        case string = 8
        case bool = 9
        case float16 = 10
        case double = 11
        case uint32 = 12
        case uint64 = 13
        case bfloat16 = 16
        case uint4 = 21
        case int4 = 22

        /// The element type that stands for it here.
        var element: ElementType {
            switch self {
            case .float, .float16, .double, .bfloat16: .float32
            case .uint4, .int4, .uint8, .int8, .uint16, .int16, .int32: .int32
            case .int64, .uint32, .uint64, .string: .int64
            case .bool: .bool
            }
        }

        /// The type that a program's element type is in a file.
        init(standing element: ElementType) {
            switch element {
            case .int32: self = .int32
            case .int64: self = .int64
            case .bool: self = .bool
            default: self = .float
            }
        }

        /// The bytes that `count` elements take; two of four bits share one.
        func size(_ count: Int) -> Int {
            switch self {
            case .uint4, .int4: (count + 1) / 2
            case .uint8, .int8, .bool, .string: count
            case .uint16, .int16, .float16, .bfloat16: 2 * count
            case .float, .int32, .uint32: 4 * count
            case .int64, .double, .uint64: 8 * count
            }
        }

        /// The range of an integer that is narrower than the type that stands for it.
        var range: ClosedRange<Int>? {
            switch self {
            case .uint4: 0...15
            case .int4: -8...7
            case .uint8: 0...255
            case .int8: -128...127
            case .uint16: 0...65535
            case .int16: -32768...32767
            case .uint32: 0...0xffff_ffff
            default: nil
            }
        }
    }

    let name: String
    let tensor: Tensor
    let dataType: DataType
    /// The texts whose positions the elements are, when it holds texts.
    let texts: [String]

    /// The greatest number of elements that a file may state.
    private static let countLimit = 1 << 31

    /// - Parameter external: gives the bytes of a file beside the model; nil when there are none.
    init(_ proto: ProtoMessage, external: ExternalData) throws(ONNXError) {
        let name = proto.text(8) ?? ""
        func refusal(_ message: String) -> ONNXError { ONNXError("tensor '\(name)': \(message)") }
        guard let type = DataType(rawValue: proto.integer(2) ?? 0) else {
            throw refusal("has the element type \(proto.integer(2) ?? 0), which is not supported")
        }
        let shape = try proto.integers(1)
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow, product <= Self.countLimit else {
                throw refusal("states the impossible shape \(shape)")
            }
            count = product
        }
        let element = type.element
        self.name = name
        dataType = type
        if type == .string {
            texts = proto.blocks(6).map { String(decoding: $0, as: UTF8.self) }
            guard texts.count == count else {
                throw refusal("has \(texts.count) texts, its shape \(shape) needs \(count)")
            }
            tensor = Tensor((0..<count).map(Int64.init), shape: shape)
            return
        }
        texts = []
        if proto.integer(14) == 1 {
            let reference = try ExternalData.reference(in: proto, tensor: name, count: type.size(count))
            let bytes = try external.bytes(of: reference, tensor: name)
            tensor = Self.decode(bytes[...], type, element, shape, count)
        } else if let raw = proto.block(9) {
            guard raw.count == type.size(count) else {
                throw refusal("has \(raw.count) bytes, its shape \(shape) needs \(type.size(count))")
            }
            tensor = Self.decode(raw, type, element, shape, count)
        } else {
            tensor = try Self.lists(proto, type, element, shape, count, refusal)
        }
    }

    private static func lists(
        _ proto: ProtoMessage, _ type: DataType, _ element: ElementType, _ shape: [Int], _ count: Int,
        _ refusal: (String) -> ONNXError
    ) throws(ONNXError) -> Tensor {
        func checked<T>(_ values: [T]) throws(ONNXError) -> [T] {
            guard values.count == count else {
                throw refusal("has \(values.count) elements, its shape \(shape) needs \(count)")
            }
            return values
        }
        switch type {
        case .float: return Tensor(try checked(try proto.floats(4)).map(canonical), shape: shape)
        case .double: return Tensor(try checked(try proto.doubles(10)).map { canonical(Float($0)) }, shape: shape)
        case .int64: return Tensor(try checked(try proto.integers(7)).map(Int64.init), shape: shape)
        case .uint32, .uint64: return Tensor(try checked(try proto.integers(11)).map(Int64.init), shape: shape)
        case .float16:
            return Tensor(
                try checked(try proto.integers(5)).map { HalfPrecision.float(UInt16(truncatingIfNeeded: $0)) },
                shape: shape)
        case .bfloat16:
            return Tensor(
                try checked(try proto.integers(5)).map {
                    canonical(Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16))
                },
                shape: shape)
        case .bool: return Tensor(try checked(try proto.integers(5)).map { $0 != 0 }, shape: shape)
        case .uint4, .int4:
            let bytes = try proto.integers(5).map { UInt8(truncatingIfNeeded: $0) }
            guard bytes.count == type.size(count) else {
                throw refusal("has \(bytes.count) pairs of elements, its shape \(shape) needs \(type.size(count))")
            }
            return decode(bytes[...], type, element, shape, count)
        default: return Tensor(try checked(try proto.integers(5)).map { Int32(truncatingIfNeeded: $0) }, shape: shape)
        }
    }

    static func decode(
        _ raw: ArraySlice<UInt8>, _ type: DataType, _ element: ElementType, _ shape: [Int], _ count: Int
    ) -> Tensor {
        func load<T: FixedWidthInteger>(_: T.Type, _ index: Int) -> T {
            raw.withUnsafeBytes {
                T(littleEndian: $0.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self))
            }
        }
        let range = 0..<count
        switch type {
        case .float: return Tensor(range.map { canonical(Float(bitPattern: load(UInt32.self, $0))) }, shape: shape)
        case .double:
            return Tensor(range.map { canonical(Float(Double(bitPattern: load(UInt64.self, $0)))) }, shape: shape)
        case .float16: return Tensor(range.map { HalfPrecision.float(load(UInt16.self, $0)) }, shape: shape)
        case .bfloat16:
            return Tensor(range.map { canonical(Float(bitPattern: UInt32(load(UInt16.self, $0)) << 16)) }, shape: shape)
        case .int64, .uint64: return Tensor(range.map { load(Int64.self, $0) }, shape: shape)
        case .uint32: return Tensor(range.map { Int64(load(UInt32.self, $0)) }, shape: shape)
        case .int32: return Tensor(range.map { load(Int32.self, $0) }, shape: shape)
        case .int16: return Tensor(range.map { Int32(load(Int16.self, $0)) }, shape: shape)
        case .uint16: return Tensor(range.map { Int32(load(UInt16.self, $0)) }, shape: shape)
        case .int8: return Tensor(range.map { Int32(load(Int8.self, $0)) }, shape: shape)
        case .uint8, .string: return Tensor(range.map { Int32(load(UInt8.self, $0)) }, shape: shape)
        case .uint4, .int4:
            return Tensor(
                range.map { index -> Int32 in
                    let bits = Int32(load(UInt8.self, index / 2) >> UInt8(4 * (index % 2))) & 15
                    return type == .int4 && bits > 7 ? bits - 16 : bits
                }, shape: shape)
        case .bool: return Tensor(range.map { load(UInt8.self, $0) != 0 }, shape: shape)
        }
    }

    /// Every NaN in a tensor is the one NaN.
    private static func canonical(_ value: Float) -> Float { value.isNaN ? Float(bitPattern: 0x7fc0_0000) : value }
}
