import Bytes

/// Memory in which trie nodes are encoded one after another, without bounds checks: every encoding's size is
/// computed before it is written.
final class TrieScratch {
    private var base: UnsafeMutableRawPointer
    private var capacity = 1024
    /// How many bytes the last encoding has.
    private(set) var count = 0

    init() { base = .allocate(byteCount: capacity, alignment: 8) }

    deinit { base.deallocate() }

    /// The last encoding; valid until the next one begins.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Starts an encoding of exactly `count` bytes.
    func begin(_ count: Int) -> TrieWriter {
        if count > capacity {
            base.deallocate()
            capacity = count * 2
            base = .allocate(byteCount: capacity, alignment: 8)
        }
        self.count = count
        return TrieWriter(cursor: base)
    }
}

/// Writes RLP at a place that has room for it.
struct TrieWriter {
    var cursor: UnsafeMutableRawPointer

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        cursor.storeBytes(of: byte, as: UInt8.self)
        cursor += 1
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { cursor.copyMemory(from: start, byteCount: source.count) }
        }
        cursor += bytes.count
    }

    /// The header and the 32 bytes.
    @inline(__always)
    mutating func append(_ hash: Hash32) {
        append(0xA0)
        hash.write(to: cursor)
        cursor += 32
    }

    /// A byte string with its header.
    mutating func append(item bytes: [UInt8]) {
        if bytes.count != 1 || bytes[0] >= 0x80 { appendHeader(0x80, bytes.count) }
        append(bytes)
    }

    mutating func appendHeader(_ base: UInt8, _ count: Int) {
        if count < 56 {
            append(base + UInt8(count))
            return
        }
        let width = 8 - UInt64(count).leadingZeroBitCount / 8
        append(base + 55 + UInt8(width))
        for index in 0..<width { append(UInt8(truncatingIfNeeded: count >> (8 * (width - 1 - index)))) }
    }

    /// How many bytes a byte string takes with its header.
    static func size(item bytes: [UInt8]) -> Int {
        bytes.count == 1 && bytes[0] < 0x80 ? 1 : headerSize(bytes.count) + bytes.count
    }

    static func headerSize(_ count: Int) -> Int {
        count < 56 ? 1 : 9 - UInt64(count).leadingZeroBitCount / 8
    }
}
