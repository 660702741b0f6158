import Tensor

extension Recipe {
    /// Recipes of convolutions, their gradients and pooling.
    static func windowed(
        _ operation: Operation, _ operands: [TensorType], _ result: TensorType, _ at: [Int], _ read: Reader
    ) -> Recipe {
        switch operation {
        case .convolve(let window, let groups):
            return .chain(convolution(window, groups, operands, at))
        case .convolveInputGradient(let window, let groups, _):
            return .addedChains(inputGradient(window, groups, operands, at))
        case .convolveWeightGradient(let window, let groups, let shape):
            return .chain(weightGradient(window, groups, shape, operands, at))
        case .maxPool(let window):
            return .fold(.maximum, pooled(window, operands[0], at).map { .element(operand: 0, position: $0) })
        case .maxPoolGradient(let window):
            return .accumulate(poolGradient(window, operands, at, read))
        case .sumPool(let window): return .sum(summed(window, operands[0], at))
        case .sumPoolGradient(let window, _): return .accumulate(spread(window, operands[0], at))
        default: preconditionFailure("not a windowed operation")
        }
    }

    /// The image row that a window reads: output row `out`, kernel row `k`; nil in the padding.
    private static func source(_ window: Window, _ axis: Int, _ out: Int, _ k: Int, size: Int) -> Int? {
        let place = out * window.stride[axis] - window.before[axis] + k * window.dilation[axis]
        return place >= 0 && place < size ? place : nil
    }

    private static func convolution(_ window: Window, _ groups: Int, _ operands: [TensorType], _ at: [Int]) -> [Link] {
        let (image, weights) = (operands[0], operands[1])
        let group = at[1] / (weights.shape[0] / groups)
        let channels = weights.shape[1]
        var links: [Link] = []
        for channel in 0..<channels {
            for ky in 0..<window.kernel[0] {
                for kx in 0..<window.kernel[1] {
                    let y = source(window, 0, at[2], ky, size: image.shape[2])
                    let x = source(window, 1, at[3], kx, size: image.shape[3])
                    var a = Read.zero
                    if let y, let x { a = element(0, image, [at[0], group * channels + channel, y, x]) }
                    links.append(Link(a: a, b: element(1, weights, [at[1], channel, ky, kx])))
                }
            }
        }
        return links
    }

    /// From +0, for (ky, kx) ascending, the chunked chain over output channels.
    private static func inputGradient(
        _ window: Window, _ groups: Int, _ operands: [TensorType], _ at: [Int]
    ) -> [[Link]] {
        let (gradient, weights) = (operands[0], operands[1])
        let outPerGroup = weights.shape[0] / groups
        let group = at[1] / weights.shape[1]
        var chains: [[Link]] = []
        for ky in 0..<window.kernel[0] {
            for kx in 0..<window.kernel[1] {
                guard let y = output(window, 0, at[2], ky, size: gradient.shape[2]),
                    let x = output(window, 1, at[3], kx, size: gradient.shape[3])
                else { continue }
                chains.append(
                    (0..<outPerGroup).map { channel in
                        let out = group * outPerGroup + channel
                        return Link(
                            a: element(0, gradient, [at[0], out, y, x]),
                            b: element(1, weights, [out, at[1] % weights.shape[1], ky, kx]))
                    })
            }
        }
        return chains
    }

    /// The output place whose window has image place `place` at kernel place `k`, if there is one.
    private static func output(_ window: Window, _ axis: Int, _ place: Int, _ k: Int, size: Int) -> Int? {
        let offset = place + window.before[axis] - k * window.dilation[axis]
        guard offset >= 0, offset % window.stride[axis] == 0, offset / window.stride[axis] < size else { return nil }
        return offset / window.stride[axis]
    }

    /// k = (image, y, x).
    private static func weightGradient(
        _ window: Window, _ groups: Int, _ shape: [Int], _ operands: [TensorType], _ at: [Int]
    ) -> [Link] {
        let (image, gradient) = (operands[0], operands[1])
        let group = at[0] / (shape[0] / groups)
        var links: [Link] = []
        for n in 0..<image.shape[0] {
            for oy in 0..<gradient.shape[2] {
                for ox in 0..<gradient.shape[3] {
                    let y = source(window, 0, oy, at[2], size: image.shape[2])
                    let x = source(window, 1, ox, at[3], size: image.shape[3])
                    var a = Read.zero
                    if let y, let x { a = element(0, image, [n, group * shape[1] + at[1], y, x]) }
                    links.append(Link(a: a, b: element(1, gradient, [n, at[0], oy, ox])))
                }
            }
        }
        return links
    }

    /// The flat positions of the image under a window, in reading order.
    private static func pooled(_ window: Window, _ image: TensorType, _ at: [Int]) -> [Int] {
        var positions: [Int] = []
        for ky in 0..<window.kernel[0] {
            for kx in 0..<window.kernel[1] {
                guard let y = source(window, 0, at[2], ky, size: image.shape[2]),
                    let x = source(window, 1, at[3], kx, size: image.shape[3])
                else { continue }
                positions.append(((at[0] * image.shape[1] + at[1]) * image.shape[2] + y) * image.shape[3] + x)
            }
        }
        return positions
    }

    /// A whole window in reading order, +0 in the padding.
    private static func summed(_ window: Window, _ image: TensorType, _ at: [Int]) -> [Read] {
        (0..<window.kernel[0] * window.kernel[1]).map { place in
            guard let y = source(window, 0, at[2], place / window.kernel[1], size: image.shape[2]),
                let x = source(window, 1, at[3], place % window.kernel[1], size: image.shape[3])
            else { return .zero }
            return element(0, image, [at[0], at[1], y, x])
        }
    }

    /// The gradients of all windows that hold this image place, by ascending output position.
    private static func spread(_ window: Window, _ gradient: TensorType, _ at: [Int]) -> [Read] {
        covering(window, gradient, at).map { element(0, gradient, [at[0], at[1], $0[0], $0[1]]) }
    }

    /// The outputs whose windows hold an image place, ascending.
    private static func covering(_ window: Window, _ gradient: TensorType, _ at: [Int]) -> [[Int]] {
        var places: [[Int]] = []
        for ky in 0..<window.kernel[0] {
            for kx in 0..<window.kernel[1] {
                if let y = output(window, 0, at[2], ky, size: gradient.shape[2]),
                    let x = output(window, 1, at[3], kx, size: gradient.shape[3])
                {
                    places.append([y, x])
                }
            }
        }
        return places.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Gradients of the windows that this image place won, by ascending output position.
    private static func poolGradient(
        _ window: Window, _ operands: [TensorType], _ at: [Int], _ read: Reader
    ) -> [Read] {
        let (image, gradient) = (operands[0], operands[1])
        let own = ((at[0] * image.shape[1] + at[1]) * image.shape[2] + at[2]) * image.shape[3] + at[3]
        var reads: [Read] = []
        for place in covering(window, gradient, at) {
            let out = [at[0], at[1], place[0], place[1]]
            let candidates = pooled(window, image, out)
            let values = candidates.map { Float(bitPattern: UInt32(truncatingIfNeeded: read(0, $0))) }
            if candidates[ScalarArithmetic.firstWinner(values, greatest: true)] == own {
                reads.append(element(1, gradient, out))
            }
        }
        return reads
    }
}
