/// Parameters and updates as the contracts take them: big-endian two's complement int32 without gaps (decision 1).
package enum Int32Bytes {
    package static func encode(_ values: [Int32]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: values.count * 4) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            for (index, value) in values.enumerated() {
                bytes.storeBytes(of: value.bigEndian, toByteOffset: 4 * index, as: Int32.self)
            }
            count = values.count * 4
        }
    }

    /// The values, or nil where the number of bytes is not a multiple of four.
    package static func decode(_ bytes: [UInt8]) -> [Int32]? {
        guard bytes.count.isMultiple(of: 4) else { return nil }
        return bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
            }
        }
    }
}
