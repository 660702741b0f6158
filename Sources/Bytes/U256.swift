/// An unsigned 256-bit integer: four 64-bit limbs, least significant first.
///
/// Arithmetic that can overflow comes in two spellings, as in the standard library: `&+`, `&-`, `&*` wrap
/// modulo 2^256 (what the EVM does); `addingReportingOverflow` and its kin tell.
///
/// `@usableFromInline` is not for show: without it the compiler inlines no `package` member into another module.
@frozen @usableFromInline
package struct U256: Hashable, Sendable {
    @usableFromInline package var l0, l1, l2, l3: UInt64

    @inlinable @inline(__always)
    package init(l0: UInt64, l1: UInt64, l2: UInt64, l3: UInt64) {
        (self.l0, self.l1, self.l2, self.l3) = (l0, l1, l2, l3)
    }

    @inlinable @inline(__always)
    package init(_ value: UInt64) { self.init(l0: value, l1: 0, l2: 0, l3: 0) }

    /// - Precondition: `value >= 0`.
    @inlinable
    package init(_ value: Int) {
        precondition(value >= 0, "U256 holds no negative number")
        self.init(UInt64(value))
    }

    /// The value of two halves.
    @inlinable @inline(__always)
    package init(low: UInt128, high: UInt128) {
        self.init(
            l0: UInt64(truncatingIfNeeded: low), l1: UInt64(truncatingIfNeeded: low &>> 64),
            l2: UInt64(truncatingIfNeeded: high), l3: UInt64(truncatingIfNeeded: high &>> 64))
    }

    /// The low 128 bits.
    @inlinable @inline(__always)
    package var low: UInt128 { UInt128(truncatingIfNeeded: l1) &<< 64 | UInt128(truncatingIfNeeded: l0) }

    /// The high 128 bits.
    @inlinable @inline(__always)
    package var high: UInt128 { UInt128(truncatingIfNeeded: l3) &<< 64 | UInt128(truncatingIfNeeded: l2) }

    @inlinable
    package init(_ value: UInt128) {
        self.init(l0: UInt64(truncatingIfNeeded: value), l1: UInt64(truncatingIfNeeded: value >> 64), l2: 0, l3: 0)
    }

    @inlinable @inline(__always)
    package static var zero: U256 { U256(0 as UInt64) }
    @inlinable @inline(__always)
    package static var one: U256 { U256(1 as UInt64) }
    @inlinable @inline(__always)
    package static var max: U256 { U256(l0: .max, l1: .max, l2: .max, l3: .max) }

    @inlinable @inline(__always)
    package var isZero: Bool { l0 | l1 | l2 | l3 == 0 }

    /// The value, or nil where it needs more than 64 bits.
    @inlinable @inline(__always)
    package var asUInt64: UInt64? { l1 | l2 | l3 == 0 ? l0 : nil }

    /// The value, or nil where it needs more than 63 bits.
    @inlinable
    package var asInt: Int? { asUInt64.flatMap { Int(exactly: $0) } }

    /// How many bits the value needs; 0 for zero.
    @inlinable
    package var bitWidth: Int {
        if l3 != 0 { return 256 - l3.leadingZeroBitCount }
        if l2 != 0 { return 192 - l2.leadingZeroBitCount }
        if l1 != 0 { return 128 - l1.leadingZeroBitCount }
        return 64 - l0.leadingZeroBitCount
    }
}

extension U256: ExpressibleByIntegerLiteral {
    @inlinable @inline(__always)
    package init(integerLiteral value: UInt64) { self.init(value) }
}

extension U256: Comparable {
    @inlinable @inline(__always)
    package static func < (a: U256, b: U256) -> Bool {
        let (high, less) = a.high.subtractingReportingOverflow(b.high)
        return less != (high < (a.low < b.low ? 1 : 0))
    }

    @inlinable @inline(__always)
    package static func == (a: U256, b: U256) -> Bool {
        (a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3) == 0
    }
}

// MARK: - Bytes

extension U256 {
    @inlinable @inline(__always)
    package init(_ hash: Hash32) { self.init(l0: hash.w3, l1: hash.w2, l2: hash.w1, l3: hash.w0) }

    @inlinable @inline(__always)
    package init(_ address: Address) {
        self.init(
            l0: address.w1 << 32 | UInt64(address.w2), l1: address.w0 << 32 | address.w1 >> 32,
            l2: address.w0 >> 32, l3: 0)
    }

    /// Reads at most 32 big-endian bytes.
    ///
    /// - Precondition: `bytes.count <= 32`.
    @inlinable
    package init(bigEndian bytes: some Collection<UInt8>) {
        var rest = bytes.count
        precondition(rest <= 32, "U256 takes at most 32 bytes")
        var (l0, l1, l2, l3): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for byte in bytes {
            rest -= 1
            switch rest >> 3 {
            case 0: l0 = l0 << 8 | UInt64(byte)
            case 1: l1 = l1 << 8 | UInt64(byte)
            case 2: l2 = l2 << 8 | UInt64(byte)
            default: l3 = l3 << 8 | UInt64(byte)
            }
        }
        self.init(l0: l0, l1: l1, l2: l2, l3: l3)
    }

    /// The value as 32 big-endian bytes.
    @inlinable @inline(__always)
    package var hash: Hash32 { Hash32(l3, l2, l1, l0) }

    /// The 32 big-endian bytes.
    package var bytes: [UInt8] { hash.bytes }

    /// The big-endian bytes without leading zeros; empty for zero (the form RLP wants).
    package var minimalBytes: [UInt8] { Array(bytes.drop { $0 == 0 }) }
}
