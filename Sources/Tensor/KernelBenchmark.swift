/// How fast the kernels are, case by case: `cairn bench kernels` prints it, and bench/kernels.py puts the same cases beside
/// numpy and PyTorch.
///
///     let results = KernelBenchmark.run(KernelBenchmark.cases, kernels: .shared, seconds: 0.2)
///
/// Each case is timed in batches of about a millisecond; the quickest batch counts, because on a shared machine every
/// slower one was disturbed.
package struct KernelBenchmark {
    /// One thing to time; the name is the same in bench/kernels.py.
    package struct Case: Sendable {
        package let name: String
        /// Floating-point operations of one run, a fused multiply-add being two.
        package let operations: Int
        let prepare: @Sendable (Kernels) -> () -> Void
    }

    package struct Result: Sendable {
        package let name: String
        package let seconds: Double
        package let operations: Int

        /// Thousand million operations a second.
        package var gigaflops: Double { Double(operations) / seconds * 1e-9 }
    }

    package static func run(_ cases: [Case], kernels: Kernels, seconds: Double = 0.2) -> [Result] {
        cases.map {
            Result(name: $0.name, seconds: quickest($0.prepare(kernels), within: seconds), operations: $0.operations)
        }
    }

    /// The least time of one run, over batches that last `seconds` together.
    private static func quickest(_ body: () -> Void, within seconds: Double) -> Double {
        let clock = ContinuousClock()
        body()
        let once = clock.measure(body).seconds
        let batch = max(1, min(10_000, Int(0.001 / max(once, 1e-9))))
        var best = Double.infinity
        var spent = 0.0
        while spent < seconds {
            let time = clock.measure { for _ in 0..<batch { body() } }.seconds
            best = min(best, time / Double(batch))
            spent += time
        }
        return best
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension KernelBenchmark {
    package static let cases: [Case] = products + convolutions + rows

    private static let products: [Case] = {
        var sizes = [64, 128, 256, 512, 1024, 2048].map { ($0, $0, $0, "nn") }
        // A 64-128-64-10 network on a batch of 32: forward, gradients of weights, gradients of inputs.
        sizes += [(32, 128, 64, "nn"), (32, 64, 128, "nn"), (32, 10, 64, "nn")]
        sizes += [
            (64, 128, 32, "tn"), (128, 64, 32, "tn"), (64, 10, 32, "tn"), (32, 64, 10, "nt"), (32, 128, 64, "nt"),
        ]
        // One row, and a GPT of width 128 on 1024 positions.
        sizes += [(1, 128, 64, "nn"), (1, 10, 64, "nn"), (1, 1024, 1024, "nn"), (1024, 128, 128, "nn")]
        sizes += [(1024, 512, 128, "nn"), (1024, 128, 512, "nn"), (128, 512, 1024, "tn"), (1024, 512, 128, "nt")]
        return sizes.map { m, n, k, kind in
            Case(name: "matmul \(m)x\(n)x\(k) \(kind)", operations: 2 * m * n * k) { kernels in
                let (a, b, c) = (buffer(m * k), buffer(k * n), buffer(m * n))
                return {
                    kernels.matmul(
                        a.floats, b.floats, into: c.floats, m: m, n: n, k: k, transposeA: kind == "tn",
                        transposeB: kind == "nt")
                }
            }
        }
    }()

    private static let convolutions: [Case] = {
        // LeNet and ResNet-18 in training, ResNet-18 answering one image, MobileNet's depthwise layers.
        let sizes = [
            (64, 1, 28, 6, 5, 1, 2, 1), (64, 6, 14, 16, 5, 1, 0, 1), (64, 32, 14, 64, 3, 1, 1, 1),
            (8, 64, 56, 64, 3, 1, 1, 1), (8, 64, 56, 128, 3, 2, 1, 1), (8, 128, 28, 128, 3, 1, 1, 1),
            (8, 256, 14, 256, 3, 1, 1, 1), (8, 512, 7, 512, 3, 1, 1, 1), (1, 3, 224, 64, 7, 2, 3, 1),
            (32, 8, 32, 8, 3, 1, 1, 1), (32, 16, 16, 16, 3, 1, 1, 1), (32, 32, 8, 32, 3, 1, 1, 1),
            (32, 64, 4, 64, 3, 1, 1, 1), (8, 256, 14, 64, 1, 1, 0, 1), (8, 512, 7, 512, 1, 1, 0, 1),
            (1, 64, 56, 64, 3, 1, 1, 1), (1, 64, 56, 128, 3, 2, 1, 1), (1, 64, 56, 128, 1, 2, 0, 1),
            (1, 128, 28, 128, 3, 1, 1, 1), (1, 256, 14, 256, 3, 1, 1, 1), (1, 512, 7, 512, 3, 1, 1, 1),
            (8, 32, 112, 32, 3, 1, 1, 32), (8, 32, 112, 32, 3, 2, 1, 32), (8, 128, 32, 128, 3, 1, 1, 128),
            (8, 128, 32, 128, 3, 2, 1, 128), (1, 512, 14, 512, 3, 1, 1, 512),
        ]
        return sizes.flatMap { batch, channels, size, out, kernel, stride, pad, groups -> [Case] in
            var s = Convolution(
                batch: batch, inChannels: channels, height: size, width: size, outChannels: out, kernelHeight: kernel,
                kernelWidth: kernel)
            (s.strideY, s.strideX) = (stride, stride)
            (s.padTop, s.padLeft, s.padBottom, s.padRight) = (pad, pad, pad, pad)
            s.groups = groups
            let name =
                "\(batch)x\(channels)x\(size)x\(size) to \(out) kernel \(kernel) stride \(stride) pad \(pad)"
                + (groups > 1 ? " groups \(groups)" : "")
            let shape = s
            return ["forward", "weights", "input"].map { part in
                Case(name: "conv \(part) \(name)", operations: 2 * shape.multiplyAdds) { kernels in
                    let (x, w, y) = (buffer(shape.inputCount), buffer(shape.weightCount), buffer(shape.outputCount))
                    return switch part {
                    case "forward":
                        { kernels.convolve(shape, input: x.floats, weights: w.floats, into: y.floats) }
                    case "weights":
                        {
                            kernels.convolveWeightGradient(
                                shape, input: x.floats, outputGradient: y.floats, into: w.floats)
                        }
                    default:
                        {
                            kernels.convolveInputGradient(
                                shape, outputGradient: y.floats, weights: w.floats, into: x.floats)
                        }
                    }
                }
            }
        }
    }()

    private static let rows: [Case] = {
        let count = 1 << 18
        var cases = UnaryOperation.allCases.map { operation in
            Case(name: "\(operation) 262144", operations: count) { kernels in
                let (x, y) = (buffer(count), buffer(count))
                return { kernels.unary(operation, x.floats, into: y.floats, count: count) }
            }
        }
        cases.append(
            Case(name: "softmax 1024x256", operations: count) { kernels in
                let (x, y) = (buffer(count), buffer(count))
                return { kernels.softmax(x.floats, into: y.floats, rows: 1024, cols: 256) }
            })
        cases.append(
            Case(name: "layernorm 1024x256", operations: count) { kernels in
                let (x, y, gamma, beta) = (buffer(count), buffer(count), buffer(256), buffer(256))
                return {
                    kernels.layerNorm(
                        x.floats, gamma: gamma.floats, beta: beta.floats, epsilon: 1e-5, into: y.floats, rows: 1024,
                        cols: 256)
                }
            })
        cases.append(
            Case(name: "sum 262144", operations: count) { kernels in
                let (x, y) = (buffer(count), buffer(1))
                return { kernels.sum(x.floats, into: y.floats, outer: 1, n: count) }
            })
        cases.append(
            Case(name: "sum columns 1024x256", operations: count) { kernels in
                let (x, y) = (buffer(count), buffer(256))
                return { kernels.sum(x.floats, into: y.floats, outer: 1, n: 1024, inner: 256) }
            })
        cases.append(
            Case(name: "adam 262144", operations: count) { kernels in
                let (p, m, v, g) = (buffer(count), buffer(count), buffer(count), buffer(count))
                return {
                    kernels.adam(
                        p: p.floats, m: m.floats, v: v.floats, g: g.floats, count: count, rate: 1e-3, beta1: 0.9,
                        beta2: 0.999, epsilon: 1e-8, beta1Power: 0.5, beta2Power: 0.9)
                }
            })
        return cases
    }()

    /// Small positive numbers, the same every time.
    private static func buffer(_ count: Int) -> TensorStorage {
        let storage = TensorStorage(byteCount: count * 4)
        for i in 0..<count { storage.floats[i] = Float((i &* 7919) % 1021 + 1) * 0x1p-12 }
        return storage
    }
}

extension TensorStorage {
    fileprivate var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
}
