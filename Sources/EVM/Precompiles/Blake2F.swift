import Crypto

/// The compression function of BLAKE2b (RFC 7693) with its rounds as a parameter (EIP-152).
///
/// `input` is 213 bytes: rounds, h, m, t, final flag. Nil where the length or the flag is wrong.
func blake2f(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
    guard input.count == 213, input[212] <= 1 else { return nil }
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    var state = (0..<8).map { word(4 + 8 * $0) }
    blake2bCompress(
        rounds: UInt32(bigEndian: input.loadUnaligned(as: UInt32.self)), state: &state,
        block: (0..<16).map { word(68 + 8 * $0) }, offset: (low: word(196), high: word(204)), isFinal: input[212] == 1)
    return state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
}
