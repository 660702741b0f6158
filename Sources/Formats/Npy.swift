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
        try read(FileBytes(bytes), name: name)
    }

    package static func read(_ bytes: FileBytes, name: String) throws(FormatError) -> Tensor {
        let (header, offset) = try header(of: bytes, name: name)
        let stored = try StoredTensor(
            name: name, type: header.type, shape: header.shape, range: offset..<bytes.count,
            strides: header.isFortranOrder ? fortranStrides(header.shape) : nil, place: name)
        return try header.type.decode(stored.contiguous(in: bytes), shape: header.shape, place: name)
    }

    /// What an array holds, and where its values begin.
    static func header(of bytes: FileBytes, name: String) throws(FormatError) -> (NpyHeader, offset: Int) {
        var reader = ByteReader(bytes, place: name)
        guard try reader.take(6, "the magic number").elementsEqual([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) else {
            throw FormatError(name, "is no .npy array")
        }
        let version = try reader.integer(UInt16.self, "the version") & 0xFF
        let length =
            version == 1
            ? try reader.length(UInt16.self, "the header") : try reader.length(UInt32.self, "the header")
        let text = String(decoding: try reader.take(length, "the header"), as: UTF8.self)
        return (try NpyHeader(text, place: name), reader.offset)
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

    /// Elements between neighbours along each axis in column-major order.
    static func fortranStrides(_ shape: [Int]) -> [Int] {
        var (strides, step) = ([Int](), 1)
        for extent in shape {
            strides.append(step)
            step *= max(extent, 1)
        }
        return strides
    }
}
