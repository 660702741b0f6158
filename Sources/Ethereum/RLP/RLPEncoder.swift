package import Bytes

/// Writes RLP (Yellow Paper, appendix B) into one growing buffer.
///
///     var encoder = RLPEncoder()
///     encoder.list { item in
///         item.append(transaction.nonce)
///         item.append(transaction.data)
///     }
///     encoder.bytes
///
/// A list is written in place and its header put before it afterwards, so nesting allocates nothing.
package struct RLPEncoder: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 128) { bytes.reserveCapacity(capacity) }

    /// Appends a byte string.
    package mutating func append(_ item: UnsafeRawBufferPointer) {
        if item.count == 1, item[0] < 0x80 {
            bytes.append(item[0])
        } else {
            appendHeader(0x80, item.count)
            bytes.append(contentsOf: item)
        }
    }

    package mutating func append(_ item: [UInt8]) { item.withUnsafeBytes { append($0) } }
    package mutating func append(_ item: ArraySlice<UInt8>) { item.withUnsafeBytes { append($0) } }

    /// Appends an integer: its big-endian bytes without leading zeros.
    package mutating func append(_ value: UInt64) {
        if value == 0 {
            bytes.append(0x80)
        } else if value < 0x80 {
            bytes.append(UInt8(value))
        } else {
            let count = 8 - value.leadingZeroBitCount / 8
            bytes.append(0x80 + UInt8(count))
            appendBigEndian(value, count)
        }
    }

    package mutating func append(_ value: U256) {
        if let small = value.asUInt64 {
            append(small)
        } else {
            let count = (value.bitWidth + 7) / 8
            bytes.append(0x80 + UInt8(count))
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
                value.hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
                bytes.append(contentsOf: scratch[(32 - count)...])
            }
        }
    }

    /// Appends the 32 bytes.
    package mutating func append(_ hash: Hash32) {
        withUnsafeTemporaryAllocation(byteCount: 33, alignment: 8) { scratch in
            scratch[0] = 0xA0
            hash.write(to: scratch.baseAddress! + 1)  // 33 bytes were asked for
            bytes.append(contentsOf: scratch)
        }
    }

    /// Appends the 20 bytes.
    package mutating func append(_ address: Address) {
        withUnsafeTemporaryAllocation(byteCount: 21, alignment: 8) { scratch in
            scratch[0] = 0x94
            address.write(to: scratch.baseAddress! + 1)  // 21 bytes were asked for
            bytes.append(contentsOf: scratch)
        }
    }

    /// Appends the 20 bytes, or the empty string for nil (the creation of a contract).
    package mutating func append(_ address: Address?) {
        if let address { append(address) } else { bytes.append(0x80) }
    }

    /// Appends an item that is RLP already.
    package mutating func append(encoded item: some Collection<UInt8>) { bytes.append(contentsOf: item) }

    /// Appends one byte as it is (the type in front of an EIP-2718 envelope).
    package mutating func append(raw byte: UInt8) { bytes.append(byte) }

    /// Appends a list of what `body` appends.
    ///
    /// - Complexity: the payload is moved once, by the length of its header.
    package mutating func list<E: Error>(_ body: (inout RLPEncoder) throws(E) -> Void) throws(E) {
        let start = bytes.count
        try body(&self)
        let count = bytes.count - start
        if count < 56 {
            bytes.insert(0xC0 + UInt8(count), at: start)
        } else {
            let width = 8 - UInt64(count).leadingZeroBitCount / 8
            bytes.append(contentsOf: repeatElement(0, count: width + 1))
            bytes.withUnsafeMutableBytes { buffer in
                let base = buffer.baseAddress! + start  // the buffer holds at least the list just written
                (base + width + 1).copyMemory(from: UnsafeRawPointer(base), byteCount: count)
                base.storeBytes(of: 0xF7 + UInt8(width), as: UInt8.self)
                for index in 0..<width {
                    let byte = UInt8(truncatingIfNeeded: count >> (8 * (width - 1 - index)))
                    base.storeBytes(of: byte, toByteOffset: 1 + index, as: UInt8.self)
                }
            }
        }
    }

    /// Appends a list of byte strings, each in its fixed form.
    package mutating func list(_ hashes: [Hash32]) {
        list { encoder in
            for hash in hashes { encoder.append(hash) }
        }
    }

    /// Bytes that RLP puts before a list or string (of more than one byte) of this many bytes.
    package static func headerSize(_ count: Int) -> Int {
        count < 56 ? 1 : 1 + 8 - UInt64(count).leadingZeroBitCount / 8
    }

    private mutating func appendHeader(_ base: UInt8, _ count: Int) {
        if count < 56 {
            bytes.append(base + UInt8(count))
        } else {
            let width = 8 - UInt64(count).leadingZeroBitCount / 8
            bytes.append(base + 55 + UInt8(width))
            appendBigEndian(UInt64(count), width)
        }
    }

    private mutating func appendBigEndian(_ value: UInt64, _ count: Int) {
        var shift = 8 * (count - 1)
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
            shift -= 8
        }
    }
}
