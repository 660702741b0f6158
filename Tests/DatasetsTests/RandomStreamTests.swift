import Bytes
import Datasets
import Testing

@Suite struct RandomStreamTests {
    /// RFC 8439, section 2.3.2.
    @Test func blockOfTheStandard() {
        let key: [UInt32] = [
            0x0302_0100, 0x0706_0504, 0x0b0a_0908, 0x0f0e_0d0c, 0x1312_1110, 0x1716_1514, 0x1b1a_1918, 0x1f1e_1d1c,
        ]
        let block = PRF.block(key: key, counter: 1, nonce: [0x0900_0000, 0x4a00_0000, 0])
        #expect(
            block == [
                0xe4e7_f110, 0x1559_3bd1, 0x1fdd_0f50, 0xc471_20a3, 0xc7f4_d1c7, 0x0368_c033, 0x9aaa_2204, 0x4e6c_d4c3,
                0x4664_82d2, 0x09aa_9f07, 0x05d7_c214, 0xa202_8bd9, 0xd19c_12b5, 0xb94e_16de, 0xe883_d0cb, 0x4e3c_50a2,
            ])
    }

    /// The first blocks of the all-zero key (draft-agl-tls-chacha20poly1305, test vector 1).
    @Test func streamOfTheZeroKey() {
        var prf = PRF(key: .zero)
        #expect(prf.next() == 0xade0_b876)
        for _ in 1..<16 { _ = prf.next() }
        #expect(prf.next() == 0xbee7_079f)
    }

    @Test func purposesAndNumbersSeparateStreams() {
        var streams = [
            RandomStream(key: .zero, purpose: "a"), RandomStream(key: .zero, purpose: "b"),
            RandomStream(key: .zero, purpose: "a", [0]), RandomStream(key: .zero, purpose: "a", [1]),
        ]
        let draws = streams.indices.map { streams[$0].next() }
        #expect(Set(draws).count == draws.count)
    }

    @Test func permutationsAreWholeAndBoundsHold() {
        var stream = RandomStream(key: .zero, purpose: "test")
        #expect(stream.permutation(1000).sorted() == Array(0..<1000))
        for bound in [1, 2, 3, 10, 1 << 31] {
            for _ in 0..<100 { #expect((0..<bound).contains(stream.below(bound))) }
        }
    }

    @Test func distributionsHaveTheirMoments() {
        var stream = RandomStream(key: .zero, purpose: "moments")
        for shape in [Float(0.3), 1, 2.5, 40] {
            let draws = (0..<20_000).map { _ in Double(stream.gamma(shape: shape)) }
            let mean = draws.reduce(0, +) / Double(draws.count)
            let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(draws.count)
            #expect(abs(mean / Double(shape) - 1) < 0.05)
            #expect(abs(variance / Double(shape) - 1) < 0.1)
        }
        let normals = (0..<20_000).map { _ in Double(stream.normal()) }
        #expect(abs(normals.reduce(0, +) / 20_000) < 0.03)
        #expect(abs(normals.reduce(0) { $0 + $1 * $1 } / 20_000 - 1) < 0.05)
        #expect(abs(stream.dirichlet(7, alpha: 0.5).reduce(0, +) - 1) < 1e-5)
    }
}
