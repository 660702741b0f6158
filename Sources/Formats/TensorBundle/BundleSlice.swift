/// A part of a tensor that was cut along its axes (`TensorSliceProto`), as partitioned variables are saved.
struct BundleSlice {
    /// Where it begins along each axis, and how long it is there; nil for the whole axis.
    private let extents: [(start: Int, length: Int?)]

    init(_ message: FileBytes, place: String) throws(FormatError) {
        var extents: [(start: Int, length: Int?)] = []
        for case (1, .bytes(let extent)) in try ProtoField.all(message, place: place) {
            var (start, length): (Int, Int?) = (0, nil)
            for case (let number, .varint(let value)) in try ProtoField.all(extent, place: place) {
                guard value < 1 << 44 else { throw FormatError(place, "has a slice at \(value): too large") }
                if number == 1 { start = Int(value) } else if number == 2 { length = Int(value) }
            }
            extents.append((start, length))
        }
        self.extents = extents
    }

    /// The first element along each axis and the sizes in a tensor of `shape`; nil where it does not lie within.
    func range(in shape: [Int]) -> (start: [Int], shape: [Int])? {
        guard extents.count == shape.count else { return nil }
        var sizes: [Int] = []
        for (extent, size) in zip(extents, shape) {
            let length = extent.length ?? size
            guard extent.start <= size, length <= size - extent.start else { return nil }
            sizes.append(length)
        }
        return (extents.map(\.start), sizes)
    }

    /// The key that the slice of a tensor stands under (`EncodeTensorNameSlice`): ordered codes of 0, the name, the number of axes, and
    /// start and length of each, -1 for the whole axis.
    func key(of name: [UInt8]) -> [UInt8] {
        var key = Self.code(0)
        for byte in name {
            key.append(byte)
            // 0 and 255 are escaped, so that no name contains the mark of its end.
            if byte == 0 { key.append(0xFF) } else if byte == 0xFF { key.append(0) }
        }
        key += [0, 1]
        key += Self.code(extents.count)
        for extent in extents { key += Self.signed(extent.start) + Self.signed(extent.length ?? -1) }
        return key
    }

    /// A number from 0 in order-preserving bytes: how many, then the highest first.
    private static func code(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest > 0 {
            bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [UInt8(bytes.count)] + bytes
    }

    /// A number with a sign in order-preserving bytes: seven bits a byte, the leading ones of the first telling how many bytes there are.
    private static func signed(_ value: Int) -> [UInt8] {
        let size = value < 0 ? ~value : value
        if size < 64 { return [0x80 ^ UInt8(truncatingIfNeeded: value)] }
        let count = (Int.bitWidth - size.leadingZeroBitCount) / 7 + 1
        var bytes = (0..<count).reversed().map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
        // Values here stay below 2^44: up to seven bytes, whose marks fit into the first one.
        bytes[0] ^= UInt8(truncatingIfNeeded: 0xFF00 >> count)
        return bytes
    }
}
