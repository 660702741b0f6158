package import Tensor

/// How a file stores the elements of a tensor, which may be a type that programs do not have.
package struct StoredType: Sendable, Equatable, CustomStringConvertible {
    /// The raw value is NumPy's code of kind and size (`bf` for bfloat16, which NumPy lacks).
    package enum Kind: String, Sendable, CaseIterable {
        case float16 = "f2"
        case bfloat16 = "bf"
        case float32 = "f4"
        case float64 = "f8"
        case int8 = "i1"
        case int16 = "i2"
        case int32 = "i4"
        case int64 = "i8"
        case uint8 = "u1"
        case uint16 = "u2"
        case uint32 = "u4"
        case uint64 = "u8"
        case bool = "b1"
    }

    package let kind: Kind
    package let isBigEndian: Bool

    package init(_ kind: Kind, isBigEndian: Bool = false) { (self.kind, self.isBigEndian) = (kind, isBigEndian) }

    /// Bytes of one element.
    package var size: Int { kind == .bfloat16 ? 2 : kind.rawValue.last?.wholeNumberValue ?? 1 }

    /// The type that the elements have once read: `float16` and `float64` become float32; `int16` and the wide unsigned ones int64.
    package var element: ElementType {
        switch kind {
        case .float16, .float32, .float64: .float32
        case .bfloat16: .bfloat16
        case .int8: .int8
        case .int32: .int32
        case .uint8: .uint8
        case .bool: .bool
        case .int16, .int64, .uint16, .uint32, .uint64: .int64
        }
    }

    package var description: String { "\(kind)" + (isBigEndian && size > 1 ? " (big-endian)" : "") }
}

extension StoredType {
    /// The tensor that contiguous bytes in row-major order stand for.
    ///
    /// - Precondition: the bytes fill the shape.
    /// - Throws: for unsigned values above 2^63-1.
    func decode(_ bytes: [UInt8], shape: [Int], place: String) throws(FormatError) -> Tensor {
        let data = isBigEndian ? Self.swapped(bytes, size: size) : bytes
        switch kind {
        case .float32, .int32, .int64, .int8, .uint8, .bfloat16: return Self.raw(data, element, shape)
        case .bool: return Self.raw(data.map { $0 == 0 ? 0 : 1 }, .bool, shape)
        case .float64: return Tensor(Self.map(data, UInt64.self) { Float(Double(bitPattern: $0)) }, shape: shape)
        case .float16: return Tensor(Self.map(data, UInt16.self, HalfPrecision.float), shape: shape)
        case .int16: return Tensor(Self.map(data, UInt16.self) { Int64(Int16(bitPattern: $0)) }, shape: shape)
        case .uint16: return Tensor(Self.map(data, UInt16.self) { Int64($0) }, shape: shape)
        case .uint32: return Tensor(Self.map(data, UInt32.self) { Int64($0) }, shape: shape)
        case .uint64:
            let values = Self.map(data, UInt64.self) { $0 }
            guard values.allSatisfy({ $0 <= UInt64(Int64.max) }) else {
                throw FormatError(place, "holds unsigned values above 2^63-1; convert it to int64 first")
            }
            return Tensor(values.map { Int64($0) }, shape: shape)
        }
    }

    /// The bytes of new values in this type. Where a new value equals what the old bytes read as, the old bytes stay: a float64 that
    /// was only read as float32 loses nothing.
    ///
    /// - Parameter old: the bytes that are stored now, contiguous, in row-major order.
    /// - Precondition: both have the same shape.
    /// - Throws: where the types do not go together, or an integer does not fit.
    func encode(_ tensor: Tensor, over old: [UInt8], place: String) throws(FormatError) -> [UInt8] {
        let stored = try decode(old, shape: tensor.shape, place: place)
        let fresh = try converted(tensor, place: place)
        var bytes = isBigEndian ? Self.swapped(old, size: size) : old
        switch kind {
        case .float32, .int32, .int64, .int8, .uint8, .bfloat16: fresh.withUnsafeBytes { bytes = Array($0) }
        case .bool: Self.put(fresh, Bool.self, over: stored, into: &bytes) { $0 ? 1 as UInt8 : 0 }
        case .float16: Self.put(fresh, Float.self, over: stored, into: &bytes) { HalfPrecision.bits(rounding: $0) }
        case .float64: Self.put(fresh, Float.self, over: stored, into: &bytes) { Double($0).bitPattern }
        case .int16: try put(fresh, over: stored, into: &bytes, Int16.self, place)
        case .uint16: try put(fresh, over: stored, into: &bytes, UInt16.self, place)
        case .uint32: try put(fresh, over: stored, into: &bytes, UInt32.self, place)
        case .uint64: try put(fresh, over: stored, into: &bytes, UInt64.self, place)
        }
        return isBigEndian ? Self.swapped(bytes, size: size) : bytes
    }

    /// The tensor in the type that this one is read as.
    private func converted(_ tensor: Tensor, place: String) throws(FormatError) -> Tensor {
        switch (tensor.type, element) {
        case (let a, let b) where a == b: return tensor
        case (.bfloat16, .float32): return tensor.widened
        case (.float32, .bfloat16):
            return Tensor(tensor.values(as: Float.self).map(BFloat16.init(rounding:)), shape: tensor.shape)
        case (.int32, .int64): return Tensor(tensor.values(as: Int32.self).map(Int64.init), shape: tensor.shape)
        case (.int64, .int32):
            let values = tensor.values(as: Int64.self)
            guard values.allSatisfy({ Int32(exactly: $0) != nil }) else {
                throw FormatError(place, "holds int32; a new value does not fit")
            }
            return Tensor(values.map { Int32(truncatingIfNeeded: $0) }, shape: tensor.shape)
        default: throw FormatError(place, "holds \(self); the new values are \(tensor.type.name)")
        }
    }

    private func put<Stored: FixedWidthInteger>(
        _ fresh: Tensor, over stored: Tensor, into bytes: inout [UInt8], _: Stored.Type, _ place: String
    ) throws(FormatError) {
        if let value = fresh.values(as: Int64.self).first(where: { Stored(exactly: $0) == nil }) {
            throw FormatError(place, "holds \(self); the new value \(value) does not fit")
        }
        Self.put(fresh, Int64.self, over: stored, into: &bytes) { Stored(truncatingIfNeeded: $0) }
    }

    private static func put<Value: TensorElement & Equatable, Stored: FixedWidthInteger>(
        _ fresh: Tensor, _: Value.Type, over stored: Tensor, into bytes: inout [UInt8], _ body: (Value) -> Stored
    ) {
        let (new, old) = (fresh.values(as: Value.self), stored.values(as: Value.self))
        for index in new.indices where !sameBits(new[index], old[index]) {
            bytes.put(littleEndian: body(new[index]), at: index * Stored.bitWidth / 8)
        }
    }

    private static func sameBits<Value: BitwiseCopyable>(_ a: Value, _ b: Value) -> Bool {
        withUnsafeBytes(of: a) { x in withUnsafeBytes(of: b) { y in x.elementsEqual(y) } }
    }

    private static func raw(_ data: [UInt8], _ type: ElementType, _ shape: [Int]) -> Tensor {
        var tensor = Tensor(shape: shape, type: type)
        tensor.withUnsafeMutableBytes { $0.copyBytes(from: data) }
        return tensor
    }

    private static func map<Word: FixedWidthInteger, Value>(
        _ data: [UInt8], _: Word.Type, _ body: (Word) -> Value
    ) -> [Value] {
        data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: Word.bitWidth / 8).map {
                body(Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Word.self)))
            }
        }
    }

    private static func swapped(_ bytes: [UInt8], size: Int) -> [UInt8] {
        guard size > 1 else { return bytes }
        var result = bytes
        for start in stride(from: 0, to: bytes.count, by: size) {
            for byte in 0..<size { result[start + byte] = bytes[start + size - 1 - byte] }
        }
        return result
    }
}
