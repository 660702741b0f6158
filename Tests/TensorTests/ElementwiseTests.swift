import Testing

import Tensor

/// Elementwise kernels, reductions, rows and optimisers against the scalar reference, bit for bit.
struct ElementwiseTests {
    private static let counts = [0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 100, 1000, 70_001]

    @Test(arguments: everyKernels)
    func unary(_ kernels: Kernels) {
        var numbers = Numbers(seed: 21)
        for operation in UnaryOperation.allCases {
            for count in Self.counts {
                let x = numbers.array(count, wild: true)
                let found = output(count) { kernels.unary(operation, x, into: $0, count: count) }
                #expect(difference(found, x.map { Reference.apply(operation, $0) }) == nil, "\(operation) \(count)")
            }
        }
    }

    /// Every function at 2^32 / 2^14 evenly spread bit patterns, shifted by a prime so that no low bit is always 0.
    @Test(arguments: everyKernels)
    func functionsAcrossAllBitPatterns(_ kernels: Kernels) {
        let x = (0..<(1 << 14)).map { Float(bitPattern: UInt32($0) &* 262_147) }
        for operation in UnaryOperation.allCases {
            let found = output(x.count) { kernels.unary(operation, x, into: $0, count: x.count) }
            #expect(difference(found, x.map { Reference.apply(operation, $0) }) == nil, "\(operation)")
        }
    }

    @Test(arguments: everyKernels)
    func binary(_ kernels: Kernels) {
        var numbers = Numbers(seed: 22)
        for operation in BinaryOperation.allCases {
            for count in Self.counts where count > 0 {
                let a = numbers.array(count, wild: true)
                let b = numbers.array(count, wild: true)
                for (aStep, bStep) in [(1, 1), (0, 1), (1, 0), (0, 0)] {
                    let found = output(count) {
                        kernels.binary(operation, a, b, into: $0, count: count, aStep: aStep, bStep: bStep)
                    }
                    let expected = (0..<count).map { Reference.apply(operation, a[$0 * aStep], b[$0 * bStep]) }
                    #expect(difference(found, expected) == nil, "\(operation) \(count) \(aStep) \(bStep)")
                }
            }
        }
    }

    @Test(arguments: everyKernels)
    func broadcasts(_ kernels: Kernels) {
        var numbers = Numbers(seed: 23)
        for (rows, cols) in [(1, 1), (3, 5), (7, 33), (300, 2100)] {
            let a = numbers.array(rows * cols)
            let row = numbers.array(cols)
            let column = numbers.array(rows)
            let byRow = output(a.count) { kernels.binaryRows(.add, a, row, into: $0, rows: rows, cols: cols) }
            #expect(difference(byRow, a.indices.map { Reference.add(a[$0], row[$0 % cols]) }) == nil)
            let byColumn = output(a.count) {
                kernels.binaryColumns(.subtract, a, column, into: $0, rows: rows, cols: cols)
            }
            #expect(difference(byColumn, a.indices.map { Reference.subtract(a[$0], column[$0 / cols]) }) == nil)
        }
    }

    @Test(arguments: everyKernels)
    func fusedMultiplyAdd(_ kernels: Kernels) {
        var numbers = Numbers(seed: 24)
        for count in [1, 5, 16, 50, 20_000] {
            let (a, b, c) = (
                numbers.array(count, wild: true), numbers.array(count, wild: true), numbers.array(count, wild: true)
            )
            for (r, s, t) in [(1, 1, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0)] {
                let found = output(count) {
                    kernels.fma(a, b, c, into: $0, count: count, aStep: r, bStep: s, cStep: t)
                }
                let expected = (0..<count).map { Reference.fma(a[$0 * r], b[$0 * s], c[$0 * t]) }
                #expect(difference(found, expected) == nil, "\(count) \(r) \(s) \(t)")
            }
        }
    }

    /// Halves of sums just above and below a rounding boundary, where an emulated fma that rounds twice goes wrong.
    @Test(arguments: everyKernels)
    func fusedMultiplyAddAtRoundingBoundaries(_ kernels: Kernels) {
        var numbers = Numbers(seed: 25)
        var (a, b, c): ([Float], [Float], [Float]) = ([], [], [])
        for _ in 0..<20_000 {
            let x = Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next() >> 9) & 0x007f_ffff | 0x3f80_0000)
            let y = Float(
                sign: .plus, exponent: numbers.below(60) - 50, significand: 1 + Float(numbers.below(4)) * 0x1p-23)
            let z = Float(
                sign: numbers.below(2) == 0 ? .plus : .minus, exponent: numbers.below(4) - 150 + numbers.below(150),
                significand: x)
            a.append(x)
            b.append(y)
            c.append(z)
        }
        let found = output(a.count) { kernels.fma(a, b, c, into: $0, count: a.count) }
        #expect(difference(found, a.indices.map { Reference.fma(a[$0], b[$0], c[$0]) }) == nil)
    }

    @Test(arguments: everyKernels)
    func reluGradient(_ kernels: Kernels) {
        var numbers = Numbers(seed: 26)
        let (y, g) = (numbers.array(1003, wild: true), numbers.array(1003, wild: true))
        let found = output(1003) { kernels.reluGradient(y: y, gradient: g, into: $0, count: 1003) }
        #expect(difference(found, y.indices.map { y[$0] > 0 ? Reference.canonical(g[$0]) : 0 }) == nil)
    }

    @Test(arguments: everyKernels)
    func bfloat16(_ kernels: Kernels) {
        var numbers = Numbers(seed: 27)
        let x = numbers.array(5000, wild: true)
        var narrow = [UInt16](repeating: 0, count: x.count)
        kernels.narrow(x, into: &narrow, count: x.count)
        #expect(narrow == x.map(Reference.narrow))
        let every = (0...UInt16.max).map { $0 }
        let wide = output(every.count) { kernels.widen(every, into: $0, count: every.count) }
        #expect(difference(wide, every.map(Reference.widen)) == nil)
        // Widening and narrowing again gives the same half, but for NaN payloads.
        #expect(every.allSatisfy { Reference.narrow(Reference.widen($0)) == $0 || Reference.widen($0).isNaN })
    }

    @Test(arguments: everyKernels)
    func optimisers(_ kernels: Kernels) {
        var numbers = Numbers(seed: 28)
        for wild in [false, true] {
            let count = 1037
            let (p, g) = (numbers.array(count, wild: wild), numbers.array(count, wild: wild))
            let (m, v) = (numbers.array(count), numbers.array(count).map(\.magnitude))
            var (found, state, second) = (p, m, v)
            kernels.sgd(p: &found, g: g, count: count, rate: 0.1)
            #expect(difference(found, p.indices.map { Reference.sgd(p[$0], g[$0], rate: 0.1) }) == nil)
            for nesterov in [false, true] {
                (found, state) = (p, m)
                kernels.momentum(
                    p: &found, velocity: &state, g: g, count: count, rate: 0.1, momentum: 0.9, nesterov: nesterov)
                let expected = p.indices.map {
                    Reference.momentum(p[$0], m[$0], g[$0], rate: 0.1, momentum: 0.9, nesterov: nesterov)
                }
                #expect(difference(found, expected.map(\.p)) == nil)
                #expect(difference(state, expected.map(\.v)) == nil)
            }
            for decay in [Float(0), 0.01] {
                (found, state, second) = (p, m, v)
                kernels.adam(
                    p: &found, m: &state, v: &second, g: g, count: count, rate: 0.001, beta1: 0.9, beta2: 0.999,
                    epsilon: 1e-8, beta1Power: 0.81, beta2Power: 0.998, weightDecay: decay)
                let expected = p.indices.map {
                    Reference.adam(
                        p[$0], m[$0], v[$0], g[$0], rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                        beta1Power: 0.81, beta2Power: 0.998, weightDecay: decay)
                }
                #expect(difference(found, expected.map(\.p)) == nil)
                #expect(difference(state, expected.map(\.m)) == nil)
                #expect(difference(second, expected.map(\.v)) == nil)
            }
            (found, second) = (p, v)
            kernels.adagrad(p: &found, v: &second, g: g, count: count, rate: 0.01, epsilon: 1e-10)
            let expected = p.indices.map { Reference.adagrad(p[$0], v[$0], g[$0], rate: 0.01, epsilon: 1e-10) }
            #expect(difference(found, expected.map(\.p)) == nil)
            #expect(difference(second, expected.map(\.v)) == nil)
        }
    }
}
