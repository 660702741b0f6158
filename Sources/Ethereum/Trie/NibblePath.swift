import Bytes

/// A trie path: at most 64 nibbles, left-aligned in 256 bits, so that cutting and comparing are shifts.
struct NibblePath: Hashable, Sendable {
    /// The nibbles from the top; bits behind the last one are zero.
    private(set) var bits: U256
    private(set) var count: Int

    static let empty = NibblePath(bits: .zero, count: 0)

    private init(bits: U256, count: Int) { (self.bits, self.count) = (bits, count) }

    /// The nibbles of a key.
    ///
    /// - Precondition: `key.count <= 32`; `MerkleTrie` checks it.
    init(key: some Collection<UInt8>) {
        precondition(key.count <= 32, "a trie key has at most 32 bytes")
        bits = U256(bigEndian: key) << (256 - 8 * key.count)
        count = 2 * key.count
    }

    init(_ hash: Hash32) { (bits, count) = (U256(hash), 64) }

    init(nibble: Int) { (bits, count) = (U256(l0: 0, l1: 0, l2: 0, l3: UInt64(nibble) << 60), 1) }

    var isEmpty: Bool { count == 0 }

    subscript(index: Int) -> Int {
        let limb =
            switch index >> 4 {
            case 0: bits.l3
            case 1: bits.l2
            case 2: bits.l1
            default: bits.l0
            }
        return Int(truncatingIfNeeded: limb >> UInt64(60 - 4 * (index & 15)) & 15)
    }

    /// How many nibbles both start with.
    func commonPrefix(with other: NibblePath) -> Int {
        let difference = bits ^ other.bits
        return min((256 - difference.bitWidth) >> 2, count, other.count)
    }

    func dropFirst(_ number: Int) -> NibblePath { NibblePath(bits: bits << (4 * number), count: count - number) }

    func prefix(_ number: Int) -> NibblePath {
        number == 0 ? .empty : NibblePath(bits: bits & (U256.max << (256 - 4 * number)), count: number)
    }

    func appending(_ other: NibblePath) -> NibblePath {
        NibblePath(bits: bits | other.bits >> (4 * count), count: count + other.count)
    }
}

// MARK: - Hex-prefix encoding (Yellow Paper, appendix C)

extension NibblePath {
    /// How many bytes the hex-prefix form takes.
    var encodedCount: Int { count / 2 + 1 }

    /// Appends the hex-prefix form; leaves carry a flag.
    func write(isLeaf: Bool, to output: inout TrieWriter) {
        let flag: UInt8 = isLeaf ? 0x20 : 0
        if count.isMultiple(of: 2) {
            output.append(flag)
            for index in 0..<count / 2 { output.append(byte(at: index, of: bits)) }
        } else {
            output.append(flag | 0x10 | UInt8(self[0]))
            let rest = bits << 4
            for index in 0..<count / 2 { output.append(byte(at: index, of: rest)) }
        }
    }

    @inline(__always)
    private func byte(at index: Int, of bits: U256) -> UInt8 {
        let limb =
            switch index >> 3 {
            case 0: bits.l3
            case 1: bits.l2
            case 2: bits.l1
            default: bits.l0
            }
        return UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * (index & 7)))
    }

    /// Reads the hex-prefix form; nil where it is not canonical or too long.
    static func decode(_ encoded: ArraySlice<UInt8>) -> (path: NibblePath, isLeaf: Bool)? {
        guard let first = encoded.first, first < 0x40, encoded.count <= 33 else { return nil }
        let rest = NibblePath(key: encoded.dropFirst())
        let isLeaf = first & 0x20 != 0
        if first & 0x10 == 0 {
            guard first & 0x0F == 0 else { return nil }
            return (rest, isLeaf)
        }
        guard rest.count < 64 else { return nil }
        return (NibblePath(nibble: Int(first & 0x0F)).appending(rest), isLeaf)
    }
}
