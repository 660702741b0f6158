import Bytes
import Crypto
import Testing

@Suite struct Blake2Tests {
    /// The whole hash built on the compression function equals libcrypto's BLAKE2b-512.
    @Test(arguments: [0, 1, 3, 127, 128, 129, 256, 300])
    func equalsLibcrypto(count: Int) {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var state: [UInt64] = [
            0x6a09_e667_f3bc_c908 ^ 0x0101_0040, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
            0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
        ]
        var start = 0
        repeat {
            let piece = Array(message[start..<min(start + 128, count)])
            let padded = piece + [UInt8](repeating: 0, count: 128 - piece.count)
            let block = stride(from: 0, to: 128, by: 8).map { offset in
                padded[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            start += piece.count
            blake2bCompress(
                rounds: 12, state: &state, block: block, offset: (UInt64(start), 0), isFinal: start == count)
        } while start < count
        let bytes = state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
        #expect(bytes == Digest.blake2b512.hash(message))
    }

    /// EIP-152, test vectors 4 and 7 (0 and 1 rounds).
    @Test(arguments: [
        (
            0,
            "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"
        ),
        (
            1,
            "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421"
        ),
    ])
    func eip152(rounds: Int, expected: String) throws {
        let h = try [UInt8](
            hex: "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
                + "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b")
        var state = stride(from: 0, to: 64, by: 8).map { offset in
            h[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        var block = [UInt64](repeating: 0, count: 16)
        block[0] = 0x0063_6261
        blake2bCompress(rounds: UInt32(rounds), state: &state, block: block, offset: (3, 0), isFinal: true)
        let bytes = state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
        #expect(bytes.hex == expected)
    }
}
