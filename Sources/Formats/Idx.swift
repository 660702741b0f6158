import Compression
package import Tensor

/// Yann LeCun's IDX format, in which MNIST comes; plain or gzipped.
package enum Idx {
    /// Reads the array: unsigned bytes stay so; big-endian `int16` becomes int64, `int32` int32, `float32` float32.
    ///
    /// - Parameter limit: the most bytes that the array may have; nil for what a file of this size may hold.
    package static func read(_ bytes: [UInt8], name: String, limit: Int? = nil) throws(FormatError) -> Tensor {
        let limit = limit ?? Deflate.largestContent(of: bytes.count)
        var content = bytes
        if Gzip.recognises(bytes) {
            do { content = try Gzip.decompress(bytes, limit: limit) } catch {
                throw FormatError(name, error.description)
            }
        }
        var reader = ByteReader(content, place: name)
        guard try reader.take(2, "the magic number").allSatisfy({ $0 == 0 }) else {
            throw FormatError(name, "is no IDX array: it does not begin with two zero bytes")
        }
        let code = try reader.integer(UInt8.self, "the element type")
        let axes = Int(try reader.integer(UInt8.self, "the number of axes"))
        var (shape, count) = ([Int](), 1)
        for axis in 0..<axes {
            let extent = Int(try reader.integer(UInt32.self, "extent \(axis)").byteSwapped)
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= limit else { throw FormatError(name, "its extents are too large") }
            (count, shape) = (product, shape + [extent])
        }
        guard let size = [0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4][code] else {
            throw FormatError(name, "has element type \(code), which is not read")
        }
        let data = Array(try reader.take(count * size, "the values (\(count) of \(size) bytes)"))
        guard reader.remaining == 0 else {
            throw FormatError(
                name, "has \(reader.remaining) bytes behind its values; the extents or the file are wrong")
        }
        let words = stride(from: 0, to: size > 1 ? data.count : 0, by: size).map { start in
            data[start..<start + size].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        switch code {
        case 0x08: return Tensor(data, shape: shape)
        case 0x09: return Tensor(data.map { Int8(bitPattern: $0) }, shape: shape)
        case 0x0B: return Tensor(words.map { Int64(Int16(truncatingIfNeeded: $0)) }, shape: shape)
        case 0x0C: return Tensor(words.map { Int32(bitPattern: $0) }, shape: shape)
        default: return Tensor(words.map { Float(bitPattern: $0) }, shape: shape)
        }
    }
}
