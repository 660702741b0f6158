import Testing

import Tensor

/// Convolutions and their gradients against the scalar reference, bit for bit.
struct ConvolutionTests {
    private static let cases: [Convolution] = {
        func make(
            _ batch: Int, _ channels: Int, _ height: Int, _ width: Int, _ out: Int, _ ky: Int, _ kx: Int,
            stride: (Int, Int) = (1, 1), pad: (Int, Int, Int, Int) = (0, 0, 0, 0), dilation: (Int, Int) = (1, 1),
            groups: Int = 1
        ) -> Convolution {
            var s = Convolution(
                batch: batch, inChannels: channels, height: height, width: width, outChannels: out, kernelHeight: ky,
                kernelWidth: kx)
            (s.strideY, s.strideX) = stride
            (s.padTop, s.padLeft, s.padBottom, s.padRight) = pad
            (s.dilationY, s.dilationX) = dilation
            s.groups = groups
            return s
        }
        return [
            make(1, 1, 1, 1, 1, 1, 1),
            make(2, 3, 5, 7, 4, 3, 3, pad: (1, 1, 1, 1)),
            make(3, 1, 28, 28, 6, 5, 5, pad: (2, 2, 2, 2)),
            make(5, 6, 14, 14, 16, 5, 5),
            make(2, 8, 9, 9, 20, 1, 1),
            make(2, 8, 9, 8, 5, 1, 1, stride: (2, 2)),
            make(1, 3, 17, 19, 8, 7, 7, stride: (2, 2), pad: (3, 3, 3, 3)),
            make(2, 4, 10, 11, 6, 3, 3, stride: (2, 1), pad: (1, 0, 0, 2)),
            make(2, 4, 12, 12, 6, 3, 2, dilation: (2, 3)),
            make(2, 4, 13, 12, 6, 3, 3, stride: (3, 2), pad: (2, 1, 2, 0), dilation: (2, 1)),
            make(2, 6, 8, 8, 9, 3, 3, pad: (1, 1, 1, 1), groups: 3),
            make(1, 16, 20, 20, 16, 3, 3, pad: (1, 1, 1, 1), groups: 16),
            make(1, 40, 6, 6, 3, 3, 3, pad: (1, 1, 1, 1)),
            make(1, 3, 6, 6, 300, 2, 2),
            make(1, 4, 1, 40, 5, 1, 5, pad: (0, 2, 0, 2)),
            make(1, 2, 40, 40, 2, 3, 3, pad: (1, 1, 1, 1)),
            make(5, 30, 7, 7, 33, 3, 3, pad: (1, 1, 1, 1)),
            make(3, 26, 5, 20, 40, 3, 3, stride: (2, 2), pad: (1, 1, 1, 1)),
            make(2, 25, 3, 3, 270, 2, 2),
            make(2, 2, 4, 4, 3, 4, 4, stride: (4, 4)),
            make(1, 2, 4, 4, 3, 2, 2, stride: (3, 3), pad: (4, 4, 4, 4)),
            make(2, 3, 30, 31, 24, 3, 3, pad: (1, 1, 1, 1)),
            make(1, 20, 9, 33, 70, 3, 3, stride: (2, 2), pad: (0, 1, 1, 0), dilation: (1, 2)),
            make(3, 32, 4, 4, 32, 3, 3, pad: (1, 1, 1, 1), groups: 2),
            make(7, 5, 2, 1, 16, 2, 1, pad: (1, 0, 0, 0)),
            make(2, 16, 8, 7, 48, 1, 1, stride: (2, 2)),
            make(1, 6, 20, 6, 13, 5, 3, stride: (1, 3), pad: (2, 2, 2, 2)),
            make(1, 70, 5, 6, 20, 3, 3, pad: (1, 1, 1, 1)),
            make(2, 64, 3, 4, 260, 3, 3, stride: (2, 1), pad: (1, 1, 1, 1)),
            make(3, 16, 16, 16, 16, 3, 3, pad: (1, 1, 1, 1)),
            make(1, 14, 33, 32, 14, 3, 3, stride: (2, 2), pad: (1, 1, 1, 1), groups: 14),
            make(2, 5, 12, 13, 20, 3, 3, pad: (2, 2, 2, 2), dilation: (2, 2)),
            make(1, 3, 9, 11, 4, 2, 2, stride: (3, 3)),
            make(2, 35, 7, 9, 13, 1, 1, stride: (3, 3), pad: (1, 1, 1, 1)),
        ]
    }()

    @Test func forward() {
        var numbers = Numbers(seed: 11)
        for s in Self.cases {
            for wild in [false, true] {
                let x = numbers.array(s.inputCount, wild: wild)
                let w = numbers.array(s.weightCount, wild: wild)
                let bias = numbers.array(s.outChannels)
                let plain = Reference.convolve(s, input: x, weights: w)
                onEveryKernels(give: plain, "\(s) wild \(wild)") { $0.convolve(s, input: x, weights: w, into: $1) }
                let area = s.outHeight * s.outWidth
                let active = plain.indices.map {
                    Reference.relu(Reference.add(plain[$0], bias[$0 / area % s.outChannels]))
                }
                onEveryKernels(give: active, "\(s) with bias and relu") {
                    $0.convolve(s, input: x, weights: w, bias: bias, activation: .relu, into: $1)
                }
                onEveryKernels(give: active, "\(s) with arranged weights") {
                    let packed = $0.pack(s, weights: w)
                    $0.convolve(s, input: x, weights: packed, bias: bias, activation: .relu, into: $1)
                }
            }
        }
    }

    @Test func weightGradient() {
        var numbers = Numbers(seed: 12)
        for s in Self.cases {
            for wild in [false, true] {
                let x = numbers.array(s.inputCount, wild: wild)
                let g = numbers.array(s.outputCount, wild: wild)
                let expected = Reference.convolveWeightGradient(s, input: x, outputGradient: g)
                onEveryKernels(give: expected, "\(s) wild \(wild)") {
                    $0.convolveWeightGradient(s, input: x, outputGradient: g, into: $1)
                }
            }
        }
    }

    @Test func inputGradient() {
        var numbers = Numbers(seed: 13)
        for s in Self.cases {
            for (wildG, wildW) in [(false, false), (true, false), (false, true)] {
                let g = numbers.array(s.outputCount, wild: wildG)
                let w = numbers.array(s.weightCount, wild: wildW)
                let expected = Reference.convolveInputGradient(s, outputGradient: g, weights: w)
                onEveryKernels(give: expected, "\(s) wild \(wildG) \(wildW)") {
                    $0.convolveInputGradient(s, outputGradient: g, weights: w, into: $1)
                }
            }
        }
    }

    /// Small shapes of every kind: strides, dilations, odd paddings, groups, depthwise, more channels than a vector has lanes.
    @Test func randomShapes() {
        var numbers = Numbers(seed: 14)
        for _ in 0..<120 {
            let groups = [1, 1, 1, 2, 3][numbers.below(5)]
            let depthwise = numbers.below(4) == 0
            let channels = depthwise ? 1 + numbers.below(40) : groups * (1 + numbers.below(20))
            var s = Convolution(
                batch: 1 + numbers.below(4), inChannels: channels, height: 1 + numbers.below(17),
                width: 1 + numbers.below(37), outChannels: depthwise ? channels : groups * (1 + numbers.below(40)),
                kernelHeight: 1 + numbers.below(5), kernelWidth: 1 + numbers.below(5))
            s.groups = depthwise ? channels : groups
            (s.strideY, s.strideX) = (1 + numbers.below(3), 1 + numbers.below(3))
            (s.dilationY, s.dilationX) = (1 + numbers.below(2), 1 + numbers.below(2))
            (s.padTop, s.padLeft) = (numbers.below(4), numbers.below(4))
            (s.padBottom, s.padRight) = (numbers.below(4), numbers.below(4))
            guard s.outputCount > 0 else { continue }
            let (x, w, g) = (
                numbers.array(s.inputCount, wild: true), numbers.array(s.weightCount),
                numbers.array(s.outputCount, wild: true)
            )
            onEveryKernels(give: Reference.convolve(s, input: x, weights: w), "\(s)") {
                $0.convolve(s, input: x, weights: w, into: $1)
            }
            onEveryKernels(give: Reference.convolveWeightGradient(s, input: x, outputGradient: g), "\(s) weights") {
                $0.convolveWeightGradient(s, input: x, outputGradient: g, into: $1)
            }
            onEveryKernels(give: Reference.convolveInputGradient(s, outputGradient: g, weights: w), "\(s) input") {
                $0.convolveInputGradient(s, outputGradient: g, weights: w, into: $1)
            }
        }
    }
}
