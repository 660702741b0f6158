import Testing

import Tensor

/// Products on every instruction set and one or two threads against the scalar reference, bit for bit.
struct ProductTests {
    private static let sizes: [(m: Int, n: Int, k: Int)] = [
        (0, 3, 4), (3, 0, 4), (3, 5, 0), (1, 1, 1), (1, 7, 255), (1, 129, 256), (1, 200, 257), (2, 33, 513),
        (3, 31, 64), (4, 16, 300), (5, 17, 1), (6, 48, 100), (13, 32, 256), (14, 64, 40), (15, 65, 259), (29, 20, 600),
        (33, 257, 47), (64, 64, 64), (100, 10, 30), (170, 40, 20), (3, 530, 40), (37, 515, 270), (200, 130, 33),
        (96, 96, 96), (1, 1030, 1100), (1, 4500, 40),
    ]

    @Test func everyTransposition() {
        var numbers = Numbers(seed: 1)
        for (m, n, k) in Self.sizes {
            for wild in [false, true] {
                let a = numbers.array(m * k, wild: wild)
                let b = numbers.array(k * n, wild: wild)
                for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
                    let expected = Reference.matmul(a, b, m: m, n: n, k: k, transposeA: ta, transposeB: tb)
                    onEveryKernels(give: expected, "\(m)x\(n)x\(k) \(ta) \(tb) wild \(wild)") {
                        $0.matmul(a, b, into: $1, m: m, n: n, k: k, transposeA: ta, transposeB: tb)
                    }
                }
            }
        }
    }

    @Test func biasAndActivation() {
        var numbers = Numbers(seed: 2)
        for (m, n, k) in [(1, 10, 64), (5, 33, 300), (20, 40, 0), (40, 70, 257)] {
            for wild in [false, true] {
                let a = numbers.array(m * k, wild: wild)
                let b = numbers.array(k * n, wild: wild)
                let bias = numbers.array(n, wild: wild)
                let plain = Reference.matmul(a, b, m: m, n: n, k: k)
                let biased = plain.indices.map { Reference.add(plain[$0], bias[$0 % n]) }
                for activation in [Activation.none, .relu] {
                    let expected = activation == .relu ? biased.map(Reference.relu) : biased
                    onEveryKernels(give: expected, "\(m)x\(n)x\(k) \(activation)") {
                        $0.matmul(a, b, into: $1, m: m, n: n, k: k, bias: bias, activation: activation)
                    }
                }
            }
        }
    }

    @Test func arrangedWeights() {
        var numbers = Numbers(seed: 6)
        for (m, n, k) in Self.sizes {
            let a = numbers.array(m * k, wild: true)
            let b = numbers.array(k * n, wild: true)
            let bias = numbers.array(n)
            for transposed in [false, true] {
                let plain = Reference.matmul(a, b, m: m, n: n, k: k, transposeB: transposed)
                let expected = plain.indices.map { Reference.relu(Reference.add(plain[$0], bias[$0 % n])) }
                onEveryKernels(give: expected, "\(m)x\(n)x\(k) \(transposed)") {
                    let packed = $0.pack(b: b, n: n, k: k, transposeB: transposed)
                    $0.matmul(a, packed, into: $1, m: m, bias: bias, activation: .relu)
                }
            }
        }
    }

    @Test(arguments: everyKernels)
    func batches(_ kernels: Kernels) {
        var numbers = Numbers(seed: 3)
        let (count, m, n, k) = (5, 17, 40, 300)
        var a = numbers.array(count * m * k)
        var b = numbers.array(count * k * n)
        for strideB in [0, k * n] {
            let found = a.withUnsafeMutableBufferPointer { a in
                b.withUnsafeMutableBufferPointer { b in
                    output(count * m * n) { c in
                        guard let a = a.baseAddress, let b = b.baseAddress else { return }
                        kernels.matmul(
                            Matrices(a, leading: k, offsets: (0..<count).map { $0 * m * k }),
                            Matrices(b, leading: n, offsets: (0..<count).map { $0 * strideB }),
                            into: Matrices(c, leading: n, offsets: (0..<count).map { $0 * m * n }), m: m, n: n, k: k)
                    }
                }
            }
            var expected: [Float] = []
            for i in 0..<count {
                let left = Array(a[(i * m * k)..<((i + 1) * m * k)])
                let right = Array(b[(i * strideB)..<(i * strideB + k * n)])
                expected += Reference.matmul(left, right, m: m, n: n, k: k)
            }
            #expect(difference(found, expected) == nil)
        }
    }

    @Test(arguments: everyKernels)
    func int8(_ kernels: Kernels) {
        var numbers = Numbers(seed: 4)
        for (m, n, k) in [(1, 1, 1), (3, 17, 33), (8, 64, 64), (5, 70, 1000), (1, 10, 0)] {
            let a = (0..<(m * k)).map { _ in Int8(truncatingIfNeeded: numbers.next() >> 8) }
            let b = (0..<(n * k)).map { _ in Int8(truncatingIfNeeded: numbers.next() >> 8) }
            var c = [Int32](repeating: -1, count: m * n)
            kernels.matmulInt8(a, b, into: &c, m: m, n: n, k: k)
            #expect(c == Reference.matmulInt8(a, b, m: m, n: n, k: k))
        }
    }

    @Test(arguments: everyKernels)
    func requantisation(_ kernels: Kernels) {
        var numbers = Numbers(seed: 5)
        let x = [0, 1, -1, 3, 5, .max, .min] + (0..<500).map { _ in Int32(truncatingIfNeeded: numbers.next() >> 40) }
        for (scale, zero) in [(Float(0.5), Int32(0)), (0.001, 3), (1e-5, -128), (.infinity, 1), (.nan, 5)] {
            var y = [Int8](repeating: 0, count: x.count)
            kernels.requantise(x, scale: scale, zeroPoint: zero, into: &y, count: x.count)
            #expect(y == x.map { Reference.requantise($0, scale: scale, zeroPoint: zero) }, "\(scale) \(zero)")
        }
    }
}
