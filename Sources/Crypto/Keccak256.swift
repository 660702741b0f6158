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
    /// The beginning of the next block.
    private var block: InlineArray<136, UInt8> = .init(repeating: 0)
    private var filled = 0

    package init() {}

    /// Absorbs more of the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var input = bytes.baseAddress else { return }
        var rest = bytes.count
        var filled = filled
        withUnsafeMutableBytes(of: &state) { state in
            let state = state.baseAddress!.assumingMemoryBound(to: UInt64.self)  // 200 bytes, never empty
            withUnsafeMutableBytes(of: &block) { block in
                let block = block.baseAddress!  // 136 bytes, never empty
                if filled > 0 {
                    let taken = min(rest, Self.rate - filled)
                    (block + filled).copyMemory(from: input, byteCount: taken)
                    (input, rest, filled) = (input + taken, rest - taken, filled + taken)
                    if filled < Self.rate { return }
                    absorb(block, blocks: 1, into: state)
                }
                let whole = rest / Self.rate
                absorb(input, blocks: whole, into: state)
                filled = rest - whole * Self.rate
                block.copyMemory(from: input + whole * Self.rate, byteCount: filled)
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
            let state = state.baseAddress!.assumingMemoryBound(to: UInt64.self)  // 200 bytes, never empty
            return withUnsafeMutableBytes(of: &block) { block in
                let block = block.baseAddress!  // 136 bytes, never empty
                pad(block, from: filled)
                absorb(block, blocks: 1, into: state)
                return Hash32(at: state)
            }
        }
    }
}

/// Keccak-256 of the bytes.
///
/// - Complexity: one permutation (about 0.2 microseconds) for every 136 bytes.
package func keccak256(_ bytes: UnsafeRawBufferPointer) -> Hash32 {
    withUnsafeTemporaryAllocation(byteCount: 200 + Keccak256.rate, alignment: 8) { scratch in
        let base = scratch.baseAddress!  // 336 bytes were asked for
        let state = base.bindMemory(to: UInt64.self, capacity: 25)
        state.update(repeating: 0, count: 25)
        let block = base + 200
        let whole = bytes.count / Keccak256.rate
        let rest = bytes.count &- whole &* Keccak256.rate
        if let input = bytes.baseAddress {
            if whole > 0 { absorb(input, blocks: whole, into: state) }
            block.copyMemory(from: input + whole &* Keccak256.rate, byteCount: rest)
        }
        pad(block, from: rest)
        absorb(block, blocks: 1, into: state)
        return Hash32(at: state)
    }
}

/// XORs blocks of 136 bytes into the lanes, with a permutation after each.
@inline(__always)
private func absorb(_ input: UnsafeRawPointer, blocks: Int, into state: UnsafeMutablePointer<UInt64>) {
    KeccakPermutation.fastest(state, input.assumingMemoryBound(to: UInt8.self), blocks)
}

/// Fills the last block behind `filled < 136` bytes: a one bit, zeros, a one bit.
@inline(__always)
private func pad(_ block: UnsafeMutableRawPointer, from filled: Int) {
    (block + filled).initializeMemory(as: UInt8.self, repeating: 0, count: Keccak256.rate &- filled)
    block.storeBytes(of: 0x01, toByteOffset: filled, as: UInt8.self)
    let last = block.load(fromByteOffset: Keccak256.rate &- 1, as: UInt8.self)
    block.storeBytes(of: last | 0x80, toByteOffset: Keccak256.rate &- 1, as: UInt8.self)
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
