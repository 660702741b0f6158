/// 32 bytes of hash or storage key, kept as four big-endian words so that it copies and compares fast.
@frozen @usableFromInline
package struct Hash32: Hashable, Sendable {
    /// The bytes 0-7, 8-15, 16-23 and 24-31, each read as a big-endian integer.
    @usableFromInline package var w0, w1, w2, w3: UInt64

    @inlinable
    package init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        (self.w0, self.w1, self.w2, self.w3) = (w0, w1, w2, w3)
    }

    /// All zero bytes.
    @inlinable
    package static var zero: Hash32 { Hash32(0, 0, 0, 0) }

    /// Copies exactly 32 bytes.
    ///
    /// - Precondition: `bytes.count == 32`; use `init(checking:)` for bytes from outside.
    @inlinable
    package init(_ bytes: some Collection<UInt8>) {
        precondition(bytes.count == 32, "Hash32 takes 32 bytes")
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var index = 0
        for byte in bytes {
            switch index >> 3 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
            index += 1
        }
        self.init(words.0, words.1, words.2, words.3)
    }

    /// Copies 32 bytes, or is nil for any other count.
    package init?(checking bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.init(bytes)
    }

    /// Reads 64 hexadecimal digits, with or without `0x`.
    package init(hex text: some StringProtocol) throws(HexError) {
        let bytes = try [UInt8](hex: text)
        guard bytes.count == 32 else { throw .wrongLength(expected: 32, actual: bytes.count) }
        self.init(bytes)
    }

    /// The 32 bytes.
    @inlinable
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            write(to: UnsafeMutableRawPointer(buffer.baseAddress!))  // capacity 32 was asked for
            count = 32
        }
    }

    /// Writes the 32 bytes at `pointer`.
    @inlinable
    package func write(to pointer: UnsafeMutableRawPointer) {
        pointer.storeBytes(of: w0.bigEndian, toByteOffset: 0, as: UInt64.self)
        pointer.storeBytes(of: w1.bigEndian, toByteOffset: 8, as: UInt64.self)
        pointer.storeBytes(of: w2.bigEndian, toByteOffset: 16, as: UInt64.self)
        pointer.storeBytes(of: w3.bigEndian, toByteOffset: 24, as: UInt64.self)
    }

    /// Reads 32 bytes at `pointer`.
    @inlinable
    package init(at pointer: UnsafeRawPointer) {
        self.init(
            UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
            UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
    }

    @inlinable
    package var isZero: Bool { w0 | w1 | w2 | w3 == 0 }
    package var hex: String { bytes.hex }
    package var hex0x: String { bytes.hex0x }
}

extension Hash32: Comparable {
    @inlinable @inline(__always)
    package static func == (a: Hash32, b: Hash32) -> Bool {
        (a.w0 ^ b.w0) | (a.w1 ^ b.w1) | (a.w2 ^ b.w2) | (a.w3 ^ b.w3) == 0
    }

    @inlinable
    package static func < (a: Hash32, b: Hash32) -> Bool {
        (a.w0, a.w1, a.w2, a.w3) < (b.w0, b.w1, b.w2, b.w3)
    }
}

extension Hash32: CustomStringConvertible {
    @usableFromInline
    package var description: String { hex0x }
}
