package import Bytes

/// Keccak-256 with the original padding, as Ethereum uses it (not SHA3-256).
///
///     var hash = Keccak256()
///     hash.update([0x61, 0x62])
///     hash.update([0x63])
///     hash.finalize()  // 0x4e03657a...
///
/// For bytes that lie together, `keccak256(_:)` is shorter and faster.
package struct Keccak256: Sendable {
    /// Bytes absorbed between two permutations.
    static let rate = 136

    private var state: InlineArray<25, UInt64> = .init(repeating: 0)
    /// Bytes of the current block that are already in `state`.
    private var filled = 0

    package init() {}

    /// Absorbs more of the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var filled = filled
        withUnsafeMutableBytes(of: &state) { state in
            for byte in bytes {
                state[filled] ^= byte
                filled &+= 1
                if filled == Self.rate {
                    keccakPermute(state.baseAddress!.assumingMemoryBound(to: UInt64.self))  // 200 bytes, never empty
                    filled = 0
                }
            }
        }
        self.filled = filled
    }

    /// Absorbs more of the message.
    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// Absorbs the 32 bytes of a hash.
    package mutating func update(_ hash: Hash32) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
            hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
            update(UnsafeRawBufferPointer(scratch))
        }
    }

    /// The hash of all that was absorbed; the value itself stays usable.
    package func finalize() -> Hash32 {
        var last = self
        return last.finish()
    }

    private mutating func finish() -> Hash32 {
        let filled = filled
        return withUnsafeMutableBytes(of: &state) { state in
            state[filled] ^= 0x01
            state[Self.rate - 1] ^= 0x80
            let base = state.baseAddress!  // 200 bytes, never empty
            keccakPermute(base.assumingMemoryBound(to: UInt64.self))
            return Hash32(at: base)
        }
    }
}

/// Keccak-256 of the bytes.
///
/// - Complexity: one permutation (about 0.3 microseconds) for every 136 bytes.
package func keccak256(_ bytes: UnsafeRawBufferPointer) -> Hash32 {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { buffer in
        let state = buffer.baseAddress!  // 25 words were asked for
        state.initialize(repeating: 0, count: 25)
        var rest = bytes.count
        if var input = bytes.baseAddress {
            while rest >= Keccak256.rate {
                absorb(input, words: 17, into: state)
                keccakPermute(state)
                input += Keccak256.rate
                rest &-= Keccak256.rate
            }
            absorb(input, words: rest &>> 3, into: state)
            let whole = rest & ~7
            var index = whole
            var word: UInt64 = 0
            while index < rest {
                let byte = input.load(fromByteOffset: index, as: UInt8.self)
                word |= UInt64(byte) &<< UInt64(8 &* (index &- whole))
                index &+= 1
            }
            state[whole &>> 3] ^= word
        }
        state[rest &>> 3] ^= 1 &<< UInt64(8 &* (rest & 7))
        state[16] ^= 0x8000_0000_0000_0000
        keccakPermute(state)
        return Hash32(at: state)
    }
}

/// XORs `words` little-endian words at `input` into the first lanes.
@inline(__always)
private func absorb(_ input: UnsafeRawPointer, words: Int, into state: UnsafeMutablePointer<UInt64>) {
    var lane = 0
    while lane < words {
        state[lane] ^= UInt64(littleEndian: input.loadUnaligned(fromByteOffset: lane &* 8, as: UInt64.self))
        lane &+= 1
    }
}

/// Keccak-256 of the bytes.
package func keccak256(_ bytes: [UInt8]) -> Hash32 { bytes.withUnsafeBytes { keccak256($0) } }

/// Keccak-256 of the bytes.
package func keccak256(_ bytes: ArraySlice<UInt8>) -> Hash32 { bytes.withUnsafeBytes { keccak256($0) } }

/// Keccak-256 of the text's UTF-8 bytes.
package func keccak256(utf8 text: String) -> Hash32 {
    var text = text
    return text.withUTF8 { keccak256(UnsafeRawBufferPointer($0)) }
}

/// Keccak-256 of the 32 bytes of a hash or storage key.
package func keccak256(_ hash: Hash32) -> Hash32 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { scratch in
        hash.write(to: scratch.baseAddress!)  // 32 bytes were asked for
        return keccak256(UnsafeRawBufferPointer(scratch))
    }
}

/// Keccak-256 of two hashes, one behind the other.
package func keccak256(_ left: Hash32, _ right: Hash32) -> Hash32 {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { scratch in
        let base = scratch.baseAddress!  // 64 bytes were asked for
        left.write(to: base)
        right.write(to: base + 32)
        return keccak256(UnsafeRawBufferPointer(scratch))
    }
}

/// Keccak-256 of the 20 bytes of an address.
package func keccak256(_ address: Address) -> Hash32 {
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { scratch in
        address.write(to: scratch.baseAddress!)  // 20 bytes were asked for
        return keccak256(UnsafeRawBufferPointer(scratch))
    }
}

extension Hash32 {
    /// Keccak-256 of nothing: the code hash of an account without code.
    package static let emptyKeccak = keccak256([])
}
