import Testing

import Tensor

/// Sums, extremes, row operations, pooling and moves against the scalar reference, bit for bit.
struct ReductionTests {
    private static let shapes: [(outer: Int, n: Int, inner: Int)] = [
        (1, 0, 1), (1, 1, 1), (5, 15, 1), (3, 16, 1), (4, 17, 1), (2, 4096, 1), (2, 4097, 1), (1, 20_000, 1),
        (1, 70_000, 1), (1, 1, 7), (2, 5, 3), (1, 16, 16), (2, 33, 17), (1, 4099, 5), (1, 9000, 40), (3, 20, 130),
        (1, 40, 20_000),
        (2, 70, 300), (1, 4200, 257),
    ]

    @Test(arguments: everyKernels)
    func folds(_ kernels: Kernels) {
        var numbers = Numbers(seed: 31)
        for (outer, n, inner) in Self.shapes {
            for wild in [false, true] {
                var x = numbers.array(outer * n * inner, wild: wild)
                if wild && n > 0 {
                    // Leave NaNs out of most columns, or nothing but NaN would be compared.
                    for i in x.indices where i % 3 != 0 && (x[i].isNaN || x[i].isInfinite) { x[i] = -0.0 }
                }
                func along(_ fold: ([Float]) -> Float) -> [Float] {
                    Reference.along(x, outer: outer, n: n, inner: inner, fold)
                }
                let count = outer * inner
                let sum = output(count) { kernels.sum(x, into: $0, outer: outer, n: n, inner: inner) }
                #expect(difference(sum, along { Reference.sum($0) }) == nil, "sum \(outer) \(n) \(inner)")
                guard n > 0 else { continue }
                let mean = output(count) { kernels.mean(x, into: $0, outer: outer, n: n, inner: inner) }
                #expect(difference(mean, along { Reference.mean($0) }) == nil, "mean \(outer) \(n) \(inner)")
                let large = output(count) { kernels.maximum(x, into: $0, outer: outer, n: n, inner: inner) }
                #expect(difference(large, along { Reference.maximum($0) }) == nil, "max \(outer) \(n) \(inner)")
                let small = output(count) { kernels.minimum(x, into: $0, outer: outer, n: n, inner: inner) }
                #expect(difference(small, along { Reference.minimum($0) }) == nil, "min \(outer) \(n) \(inner)")
                var positions = [Int64](repeating: -1, count: count)
                kernels.argmax(x, into: &positions, outer: outer, n: n, inner: inner)
                #expect(positions.map { Float($0) } == along { Float(Reference.argmax($0)) })
                kernels.argmin(x, into: &positions, outer: outer, n: n, inner: inner)
                #expect(positions.map { Float($0) } == along { Float(Reference.argmin($0)) })
            }
        }
    }

    @Test func theFirstOfEqualsWinsAndNaNBeforeAll() {
        #expect(Reference.argmax([1, 3, 3, 2]) == 1)
        #expect(Reference.argmax([-0.0, 0.0]) == 1)
        #expect(Reference.argmin([0.0, -0.0, -0.0]) == 1)
        #expect(Reference.argmax([1, .nan, 5, .nan]) == 1)
        #expect(Reference.maximum([-0.0, 0.0] as [Float]).sign == .plus)
    }

    @Test(arguments: everyKernels)
    func rows(_ kernels: Kernels) {
        var numbers = Numbers(seed: 32)
        for (rows, cols) in [(1, 1), (3, 10), (7, 33), (2, 4100), (40, 1000), (2, 9000)] {
            for masked in [false, true] {
                var x = numbers.array(rows * cols)
                if masked { for i in x.indices where i % 5 == 2 || i / cols == 1 { x[i] = -.infinity } }
                let g = numbers.array(rows * cols)
                let gamma = numbers.array(cols)
                let beta = numbers.array(cols)
                let targets = (0..<rows).map { _ in Int32(numbers.below(cols)) }
                func row(_ values: [Float], _ r: Int) -> [Float] { Array(values[(r * cols)..<((r + 1) * cols)]) }
                func each(_ body: (Int) -> [Float]) -> [Float] { (0..<rows).flatMap(body) }
                let y = output(x.count) { kernels.softmax(x, into: $0, rows: rows, cols: cols) }
                #expect(difference(y, each { Reference.softmax(row(x, $0)) }) == nil, "\(rows) \(cols)")
                let log = output(x.count) { kernels.logSoftmax(x, into: $0, rows: rows, cols: cols) }
                #expect(difference(log, each { Reference.logSoftmax(row(x, $0)) }) == nil, "\(rows) \(cols)")
                let dx = output(x.count) {
                    kernels.softmaxGradient(y: y, gradient: g, into: $0, rows: rows, cols: cols)
                }
                let expected = each { Reference.softmaxGradient(y: row(y, $0), gradient: row(g, $0)) }
                #expect(difference(dx, expected) == nil, "\(rows) \(cols)")
                var (mean, inverse): ([Float], [Float]) = ([], [])
                let normal = output(x.count) { y in
                    mean = output(rows) { mean in
                        inverse = output(rows) { inverse in
                            kernels.layerNorm(
                                x, gamma: gamma, beta: beta, epsilon: 1e-5, into: y, mean: mean, inverse: inverse,
                                rows: rows, cols: cols)
                        }
                    }
                }
                let norms = (0..<rows).map {
                    Reference.layerNorm(row(x, $0), gamma: gamma, beta: beta, epsilon: 1e-5)
                }
                #expect(difference(normal, norms.flatMap(\.y)) == nil)
                #expect(difference(mean, norms.map(\.mean)) == nil)
                #expect(difference(inverse, norms.map(\.inverse)) == nil)
                var loss: [Float] = []
                let gradient = output(x.count) { gradient in
                    loss = output(rows) {
                        kernels.crossEntropy(x, targets: targets, loss: $0, gradient: gradient, rows: rows, cols: cols)
                    }
                }
                let entropy = (0..<rows).map {
                    Reference.crossEntropy(row(x, $0), target: Int(targets[$0]), rows: rows)
                }
                #expect(difference(loss, entropy.map(\.loss)) == nil)
                #expect(difference(gradient, entropy.flatMap(\.gradient)) == nil)
                let alone = output(rows) {
                    kernels.crossEntropy(x, targets: targets, loss: $0, gradient: nil, rows: rows, cols: cols)
                }
                #expect(difference(alone, loss) == nil)
            }
        }
    }

    @Test(arguments: everyKernels)
    func pooling(_ kernels: Kernels) {
        var numbers = Numbers(seed: 33)
        for ceiling in [false, true] {
            for (height, width, kernel, stride, pad) in [
                (4, 4, 2, 2, 0), (7, 9, 3, 2, 1), (5, 5, 5, 5, 0), (28, 28, 2, 2, 0), (6, 6, 3, 1, 1), (8, 7, 6, 3, 2),
            ] {
                var s = Pooling(
                    batch: 2, channels: 3, height: height, width: width, kernelHeight: kernel, kernelWidth: kernel)
                (s.strideY, s.strideX, s.ceiling) = (stride, stride, ceiling)
                (s.padTop, s.padLeft, s.padBottom, s.padRight) = (pad, pad, pad, pad)
                for wild in [false, true] {
                    let x = numbers.array(s.inputCount, wild: wild)
                    let g = numbers.array(s.outputCount, wild: wild)
                    let expected = Reference.maxPool(s, x)
                    var winners = [Int32](repeating: -1, count: s.outputCount)
                    let y = output(s.outputCount) { kernels.maxPool(s, x, into: $0, winners: &winners) }
                    #expect(difference(y, expected.y) == nil)
                    #expect(winners == expected.winners)
                    let back = output(s.inputCount) {
                        kernels.maxPoolGradient(s, outputGradient: g, winners: winners, into: $0)
                    }
                    let backExpected = Reference.maxPoolGradient(s, outputGradient: g, winners: winners)
                    #expect(difference(back, backExpected) == nil)
                    for counted in [false, true] {
                        s.countIncludesPadding = counted
                        let mean = output(s.outputCount) { kernels.averagePool(s, x, into: $0) }
                        #expect(difference(mean, Reference.averagePool(s, x)) == nil)
                        let share = output(s.inputCount) { kernels.averagePoolGradient(s, outputGradient: g, into: $0) }
                        #expect(difference(share, Reference.averagePoolGradient(s, outputGradient: g)) == nil)
                    }
                }
            }
        }
    }

    @Test(arguments: everyKernels)
    func moves(_ kernels: Kernels) {
        var numbers = Numbers(seed: 34)
        let (rows, width, count) = (11, 37, 50)
        let table = numbers.array(rows * width)
        let indices = (0..<count).map { _ in Int64(numbers.below(rows)) }
        let g = numbers.array(count * width)
        let rowsOut = output(count * width) {
            kernels.gather(table, indices: indices, into: $0, count: count, width: width)
        }
        #expect(
            difference(rowsOut, indices.flatMap { Array(table[(Int($0) * width)..<((Int($0) + 1) * width)]) }) == nil)
        let sums = output(rows * width) {
            kernels.scatterAdd(g, indices: indices, into: $0, count: count, width: width, rows: rows)
        }
        #expect(difference(sums, Reference.scatterAdd(g, indices: indices, width: width, rows: rows)) == nil)
        for (r, c, batch) in [(1, 1, 1), (5, 3, 2), (33, 70, 1), (16, 16, 3)] {
            let x = numbers.array(r * c * batch)
            let y = output(x.count) { kernels.transpose(x, into: $0, rows: r, cols: c, batch: batch) }
            let expected = x.indices.map { i in
                x[i / (r * c) * r * c + i % r * c + i % (r * c) / r]
            }
            #expect(difference(y, expected) == nil)
        }
    }
}
