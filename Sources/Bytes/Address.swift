/// A 20-byte Ethereum account address.
@frozen @usableFromInline
package struct Address: Hashable, Sendable {
    /// The bytes 0-7, 8-15 and 16-19, each read as a big-endian integer.
    @usableFromInline package var w0, w1: UInt64
    @usableFromInline package var w2: UInt32

    @inlinable
    package init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt32) { (self.w0, self.w1, self.w2) = (w0, w1, w2) }

    /// The zero address.
    @inlinable
    package static var zero: Address { Address(0, 0, 0) }

    /// The address whose last eight bytes are `number`; precompiles are named so.
    @inlinable
    package init(number: UInt64) { self.init(0, number >> 32, UInt32(truncatingIfNeeded: number)) }

    /// Copies exactly 20 bytes.
    ///
    /// - Precondition: `bytes.count == 20`; use `init(checking:)` for bytes from outside.
    @inlinable
    package init(_ bytes: some Collection<UInt8>) {
        precondition(bytes.count == 20, "Address takes 20 bytes")
        var (w0, w1, w2): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            if index < 8 {
                w0 = w0 << 8 | UInt64(byte)
            } else if index < 16 {
                w1 = w1 << 8 | UInt64(byte)
            } else {
                w2 = w2 << 8 | UInt64(byte)
            }
        }
        self.init(w0, w1, UInt32(w2))
    }

    /// Copies 20 bytes, or is nil for any other count.
    package init?(checking bytes: some Collection<UInt8>) {
        guard bytes.count == 20 else { return nil }
        self.init(bytes)
    }

    /// Reads 40 hexadecimal digits, with or without `0x`; the case of letters is not checked.
    package init(hex text: some StringProtocol) throws(HexError) {
        let bytes = try [UInt8](hex: text)
        guard bytes.count == 20 else { throw .wrongLength(expected: 20, actual: bytes.count) }
        self.init(bytes)
    }

    /// The low 20 bytes of a word, as the EVM takes them.
    @inlinable
    package init(truncating word: U256) {
        self.init(word.l2 << 32 | word.l1 >> 32, word.l1 << 32 | word.l0 >> 32, UInt32(truncatingIfNeeded: word.l0))
    }

    /// The 20 bytes.
    @inlinable
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
            write(to: UnsafeMutableRawPointer(buffer.baseAddress!))  // capacity 20 was asked for
            count = 20
        }
    }

    /// Writes the 20 bytes at `pointer`.
    @inlinable
    package func write(to pointer: UnsafeMutableRawPointer) {
        pointer.storeBytes(of: w0.bigEndian, toByteOffset: 0, as: UInt64.self)
        pointer.storeBytes(of: w1.bigEndian, toByteOffset: 8, as: UInt64.self)
        pointer.storeBytes(of: w2.bigEndian, toByteOffset: 16, as: UInt32.self)
    }

    @inlinable
    package var isZero: Bool { w0 | w1 == 0 && w2 == 0 }
    package var hex: String { bytes.hex }
    package var hex0x: String { bytes.hex0x }
}

extension Address: Comparable {
    @inlinable @inline(__always)
    package static func == (a: Address, b: Address) -> Bool {
        (a.w0 ^ b.w0) | (a.w1 ^ b.w1) | UInt64(a.w2 ^ b.w2) == 0
    }

    @inlinable
    package static func < (a: Address, b: Address) -> Bool { (a.w0, a.w1, a.w2) < (b.w0, b.w1, b.w2) }
}

extension Address: CustomStringConvertible {
    @usableFromInline
    package var description: String { hex0x }
}
