package import Tensor

/// One array in NumPy's `.npy` format (versions 1 to 3).
///
/// Read: little-endian `f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1` in C order, Fortran order rearranged; `f8` and `f2` become float32,
/// `i2 u2 u4 u8` become int64, since programs have no such types. Objects (pickles) are refused: they can run code.
package enum Npy {
    /// Reads an array.
    ///
    /// - Parameter name: what errors call it.
    package static func read(_ bytes: [UInt8], name: String) throws(FormatError) -> Tensor {
        var reader = ByteReader(bytes, place: name)
        guard try reader.take(6, "the magic number").elementsEqual([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) else {
            throw FormatError(name, "is no .npy array")
        }
        let version = try reader.integer(UInt16.self, "the version") & 0xFF
        let length =
            version == 1
            ? try reader.length(UInt16.self, "the header") : try reader.length(UInt32.self, "the header")
        let text = String(decoding: try reader.take(length, "the header"), as: UTF8.self)
        let header = try NpyHeader(text, place: name)
        var count = 1
        for extent in header.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= 1 << 40 else {
                throw FormatError(name, "its shape \(header.shape) is too large")
            }
            count = product
        }
        let data = try reader.take(count * header.size, "the values (\(count) of \(header.size) bytes)")
        let tensor = try decode(Array(data), kind: header.kind, shape: header.shape, place: name)
        return header.isFortranOrder ? rearranged(tensor, fortranShape: header.shape) : tensor
    }

    /// The bytes of an array, version 1, C order.
    package static func write(_ tensor: Tensor) -> [UInt8] {
        let shape =
            tensor.shape.count == 1 ? "\(tensor.shape[0])," : tensor.shape.map(String.init).joined(separator: ", ")
        var header = "{'descr': '\(descriptor(of: tensor.type))', 'fortran_order': False, 'shape': (\(shape)), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
        bytes.append(littleEndian: UInt16(header.utf8.count))
        bytes += header.utf8
        if tensor.type == .bfloat16 {
            // NumPy has no bfloat16: it is written as the float32 it stands for.
            tensor.withUnsafeBytes { halves in
                for index in stride(from: 0, to: halves.count, by: 2) {
                    bytes += [0, 0, halves[index], halves[index + 1]]
                }
            }
            return bytes
        }
        tensor.withUnsafeBytes { bytes += $0 }
        return bytes
    }

    private static func descriptor(of type: ElementType) -> String {
        switch type {
        case .float32, .bfloat16: "<f4"
        case .int32: "<i4"
        case .int64: "<i8"
        case .bool: "|b1"
        case .int8: "|i1"
        case .uint8: "|u1"
        }
    }

    /// Values from little-endian bytes; `kind` is NumPy's type character and size.
    static func decode(
        _ data: [UInt8], kind: String, shape: [Int], place: String
    ) throws(FormatError) -> Tensor {
        switch kind {
        case "f4": return raw(data, .float32, shape)
        case "i4": return raw(data, .int32, shape)
        case "i8": return raw(data, .int64, shape)
        case "i1": return raw(data, .int8, shape)
        case "u1": return raw(data, .uint8, shape)
        case "b1": return raw(data.map { $0 == 0 ? 0 : 1 }, .bool, shape)
        case "f8": return Tensor(map(data, UInt64.self) { Float(Double(bitPattern: $0)) }, shape: shape)
        case "f2": return Tensor(map(data, UInt16.self, float(half:)), shape: shape)
        case "i2": return Tensor(map(data, UInt16.self) { Int64(Int16(bitPattern: $0)) }, shape: shape)
        case "u2": return Tensor(map(data, UInt16.self) { Int64($0) }, shape: shape)
        case "u4": return Tensor(map(data, UInt32.self) { Int64($0) }, shape: shape)
        case "u8":
            let values = map(data, UInt64.self) { $0 }
            guard values.allSatisfy({ $0 <= UInt64(Int64.max) }) else {
                throw FormatError(place, "holds unsigned values above 2^63-1; convert it to int64 first")
            }
            return Tensor(values.map { Int64($0) }, shape: shape)
        default:
            throw FormatError(place, "has element type '\(kind)', which is not read; save it as float32 or int64")
        }
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

    /// Column-major values put into row-major order.
    private static func rearranged(_ tensor: Tensor, fortranShape shape: [Int]) -> Tensor {
        guard shape.count > 1 else { return tensor }
        let (size, count) = (tensor.type.size, tensor.count)
        var result = Tensor(shape: shape, type: tensor.type)
        result.withUnsafeMutableBytes { target in
            tensor.withUnsafeBytes { source in
                for index in 0..<count {
                    var (rest, place) = (index, 0)
                    for axis in shape.indices.reversed() {
                        let later = shape[..<axis].reduce(1, *)
                        place += rest % shape[axis] * later
                        rest /= shape[axis]
                    }
                    for byte in 0..<size { target[index * size + byte] = source[place * size + byte] }
                }
            }
        }
        return result
    }
}

/// The float32 that a binary16 stands for; exact.
func float(half bits: UInt16) -> Float {
    let (sign, exponent, fraction) = (UInt32(bits >> 15) << 31, UInt32(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
    switch exponent {
    case 0:
        let magnitude = Float(fraction) * 0x1p-24
        return Float(bitPattern: magnitude.bitPattern | sign)
    case 31: return fraction == 0 ? Float(bitPattern: sign | 0x7F80_0000) : Float(bitPattern: 0x7FC0_0000)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
}
