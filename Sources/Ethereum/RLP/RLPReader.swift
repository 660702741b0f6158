package import Bytes

/// Reads canonical RLP front to back, one item after another.
///
///     var reader = RLPReader(bytes)
///     var fields = try reader.list()
///     let nonce = try fields.uint64()
///     try fields.end()
///     try reader.end()
///
/// Whatever could be written in two ways is refused, as Ethereum demands.
package struct RLPReader: Sendable {
    private let bytes: [UInt8]
    /// Where the next item starts.
    package private(set) var offset: Int
    private let limit: Int

    package init(_ bytes: [UInt8]) { self.init(bytes, from: 0, to: bytes.count) }

    /// Reads from `start`; the envelope's type byte may stand before it.
    package init(_ bytes: [UInt8], from start: Int) { self.init(bytes, from: start, to: bytes.count) }

    private init(_ bytes: [UInt8], from start: Int, to limit: Int) {
        (self.bytes, self.offset, self.limit) = (bytes, start, limit)
    }

    /// No item is left.
    package var isAtEnd: Bool { offset == limit }

    /// The next item is a list; false at the end.
    package var isAtList: Bool { offset < limit && bytes[offset] >= 0xC0 }

    /// Checks that no item is left.
    package func end() throws(RLPError) {
        guard isAtEnd else { throw .trailing(offset: offset) }
    }

    /// Skips the next item and returns its bytes, header included.
    package mutating func raw() throws(RLPError) -> ArraySlice<UInt8> {
        let start = offset
        let (_, payload) = try header()
        offset = payload.upperBound
        return bytes[start..<offset]
    }

    /// A byte string.
    package mutating func slice() throws(RLPError) -> ArraySlice<UInt8> {
        let (isList, payload) = try header()
        guard !isList else { throw .expectedBytes(offset: offset) }
        offset = payload.upperBound
        return bytes[payload]
    }

    /// A byte string.
    package mutating func array() throws(RLPError) -> [UInt8] { Array(try slice()) }

    /// A list, as a reader of its items; this reader goes on behind it.
    package mutating func list() throws(RLPError) -> RLPReader {
        let (isList, payload) = try header()
        guard isList else { throw .expectedList(offset: offset) }
        offset = payload.upperBound
        return RLPReader(bytes, from: payload.lowerBound, to: payload.upperBound)
    }

    package mutating func uint64() throws(RLPError) -> UInt64 {
        var value: UInt64 = 0
        for byte in try integer(bits: 64) { value = value << 8 | UInt64(byte) }
        return value
    }

    package mutating func u256() throws(RLPError) -> U256 {
        U256(bigEndian: try integer(bits: 256))
    }

    /// Exactly 32 bytes.
    package mutating func hash() throws(RLPError) -> Hash32 { Hash32(try fixed(32)) }

    /// Exactly 20 bytes.
    package mutating func address() throws(RLPError) -> Address { Address(try fixed(20)) }

    /// Exactly 20 bytes, or nil for none.
    package mutating func optionalAddress() throws(RLPError) -> Address? {
        if offset < limit, bytes[offset] == 0x80 {
            offset += 1
            return nil
        }
        return try address()
    }

    /// Exactly `count` bytes.
    package mutating func fixed(_ count: Int) throws(RLPError) -> ArraySlice<UInt8> {
        let start = offset
        let slice = try slice()
        guard slice.count == count else {
            throw .wrongLength(expected: count, actual: slice.count, offset: start)
        }
        return slice
    }

    private mutating func integer(bits: Int) throws(RLPError) -> ArraySlice<UInt8> {
        let start = offset
        let slice = try slice()
        guard slice.first != 0 else { throw .notCanonical("an integer has a leading zero", offset: start) }
        guard slice.count <= bits / 8 else { throw .integerTooLarge(bits: bits, offset: start) }
        return slice
    }

    /// Where the payload of the item at `offset` lies, checked to be within the limit and canonical.
    private func header() throws(RLPError) -> (isList: Bool, payload: Range<Int>) {
        guard offset < limit else { throw .truncated(offset: offset) }
        let first = bytes[offset]
        if first < 0x80 { return (false, offset..<offset + 1) }
        let isList = first >= 0xC0
        let short = Int(first) - (isList ? 0xC0 : 0x80)
        if short < 56 {
            let start = offset + 1
            guard short <= limit - start else { throw .truncated(offset: offset) }
            if !isList, short == 1, bytes[start] < 0x80 {
                throw .notCanonical("a byte below 0x80 stands for itself", offset: offset)
            }
            return (isList, start..<start + short)
        }
        let width = short - 55
        guard width <= limit - offset - 1 else { throw .truncated(offset: offset) }
        var count: UInt64 = 0
        for index in 0..<width { count = count << 8 | UInt64(bytes[offset + 1 + index]) }
        guard bytes[offset + 1] != 0 else { throw .notCanonical("a length has a leading zero", offset: offset) }
        guard count >= 56 else { throw .notCanonical("a length below 56 has a long form", offset: offset) }
        let start = offset + 1 + width
        guard count <= UInt64(limit - start) else { throw .truncated(offset: offset) }
        return (isList, start..<start + Int(count))
    }
}
