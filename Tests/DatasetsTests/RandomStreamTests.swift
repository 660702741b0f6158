import Bytes
import Datasets
import Testing

@Suite struct RandomStreamTests {
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
