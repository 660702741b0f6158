import Tensor

// Pooling: windows without gaps go to the kernels, the rest is spelled out here.
extension Session {
    func pooling(_ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        switch node.operation {
        case .maxPool(let window): return maxPool(window, node, types[0].shape, index)
        case .maxPoolGradient(let window): return maxPoolGradient(window, node, types, index)
        case .sumPool(let window): return sumPool(window, node, types[0].shape, index)
        case .sumPoolGradient(let window, let shape): return sumPoolGradient(window, node, types[0].shape, shape, index)
        default: preconditionFailure("not a pooling: \(node.name)")
        }
    }

    private static func geometry(_ window: Window, _ shape: [Int]) -> Pooling {
        var geometry = Pooling(
            batch: shape[0], channels: shape[1], height: shape[2], width: shape[3], kernelHeight: window.kernel[0],
            kernelWidth: window.kernel[1])
        (geometry.strideY, geometry.strideX) = (window.stride[0], window.stride[1])
        (geometry.padTop, geometry.padLeft) = (window.before[0], window.before[1])
        // Only as much padding at the end as the last window reaches into.
        func after(_ axis: Int) -> Int {
            let last = (window.outputSize(axis, of: shape[2 + axis]) - 1) * window.stride[axis]
            return max(0, last + window.kernel[axis] - window.before[axis] - shape[2 + axis])
        }
        (geometry.padBottom, geometry.padRight) = (after(0), after(1))
        return geometry
    }

    private func maxPool(_ window: Window, _ node: Node, _ shape: [Int], _ index: Int) -> Step {
        let image = node.operands[0]
        let (x, y) = (floats(image), floats(Value(index)))
        let hasGradient = plan.program.nodes.contains {
            $0.operation == .maxPoolGradient(window) && $0.operands[0] == image
        }
        var places: UnsafeMutablePointer<Int32>?
        if hasGradient {
            places = room(bytes: node.type.count * 4).bindMemory(to: Int32.self, capacity: node.type.count)
            winners[PoolKey(image: image.index, window: window)] = places
        }
        return pooled(window, x, y, shape, node.type.shape, places)
    }

    private func pooled(
        _ window: Window, _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ shape: [Int],
        _ output: [Int], _ places: UnsafeMutablePointer<Int32>?
    ) -> Step {
        let kernels = kernels
        if window.dilation == [1, 1] {
            let geometry = Self.geometry(window, shape)
            return { () throws(ProgramError) in kernels.maxPool(geometry, x, into: y, winners: places) }
        }
        return { () throws(ProgramError) in
            Self.eachWindow(window, shape, output) { plane, out, taps in
                let data = x + plane
                var best = -1
                for tap in taps where tap >= 0 {
                    if best >= 0, data[best].isNaN { break }
                    let isGreater =
                        best < 0 || data[tap].isNaN
                        || ScalarArithmetic.key(data[tap]) > ScalarArithmetic.key(data[best])
                    if isGreater { best = tap }
                }
                y[out] = data[best].isNaN ? ScalarArithmetic.canonicalNaN : data[best]
                places?[out] = Int32(truncatingIfNeeded: best)
            }
        }
    }

    private func maxPoolGradient(_ window: Window, _ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        let image = node.operands[0]
        let (g, out) = (floats(node.operands[1]), floats(Value(index)))
        let (planes, plane) = (types[0].shape[0] * types[0].shape[1], types[0].shape[2] * types[0].shape[3])
        let outputs = types[1].shape[2] * types[1].shape[3]
        var places = winners[PoolKey(image: image.index, window: window)]
        var prepare: Step?
        if places == nil {
            let count = types[1].count
            let fresh = room(bytes: count * 4).bindMemory(to: Int32.self, capacity: count)
            let values = room(bytes: count * 4).bindMemory(to: Float.self, capacity: count)
            prepare = pooled(window, floats(image), values, types[0].shape, types[1].shape, fresh)
            places = fresh
        }
        guard let places else { preconditionFailure("winners were just assigned") }
        let first = prepare
        return { () throws(ProgramError) in
            try first?()
            for p in 0..<planes {
                let target = out + p * plane
                target.update(repeating: 0, count: plane)
                for i in p * outputs..<(p + 1) * outputs {
                    let at = Int(places[i])
                    let sum = target[at] + g[i]
                    target[at] = sum.isNaN ? ScalarArithmetic.canonicalNaN : sum
                }
            }
        }
    }

    private func sumPool(_ window: Window, _ node: Node, _ shape: [Int], _ index: Int) -> Step {
        let kernels = kernels
        let (x, y) = (floats(node.operands[0]), floats(Value(index)))
        let taps = window.kernel[0] * window.kernel[1]
        let values = room(bytes: taps * 4).bindMemory(to: Float.self, capacity: taps)
        let output = node.type.shape
        return { () throws(ProgramError) in
            Self.eachWindow(window, shape, output) { plane, out, taps in
                for (place, tap) in taps.enumerated() { values[place] = tap >= 0 ? x[plane + tap] : 0 }
                kernels.sum(values, into: y + out, outer: 1, n: taps.count)
            }
        }
    }

    private func sumPoolGradient(
        _ window: Window, _ node: Node, _ output: [Int], _ shape: [Int], _ index: Int
    ) -> Step {
        let (g, target) = (floats(node.operands[0]), floats(Value(index)))
        let count = node.type.count
        return { () throws(ProgramError) in
            target.update(repeating: 0, count: count)
            Self.eachWindow(window, shape, output) { plane, out, taps in
                for tap in taps where tap >= 0 {
                    let sum = target[plane + tap] + g[out]
                    target[plane + tap] = sum.isNaN ? ScalarArithmetic.canonicalNaN : sum
                }
            }
        }
    }

    /// Calls `body` for every output with the offset of its plane, its position and the positions in the plane that its window
    /// covers (-1 in the padding), by ascending output position.
    private static func eachWindow(
        _ window: Window, _ shape: [Int], _ output: [Int], _ body: (Int, Int, UnsafeMutableBufferPointer<Int>) -> Void
    ) {
        let count = window.kernel[0] * window.kernel[1]
        withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { taps in
            var out = 0
            for plane in 0..<shape[0] * shape[1] {
                for oy in 0..<output[2] {
                    for ox in 0..<output[3] {
                        for place in 0..<count {
                            let y =
                                oy * window.stride[0] - window.before[0] + place / window.kernel[1] * window.dilation[0]
                            let x =
                                ox * window.stride[1] - window.before[1] + place % window.kernel[1] * window.dilation[1]
                            let inside = y >= 0 && y < shape[2] && x >= 0 && x < shape[3]
                            taps[place] = inside ? y * shape[3] + x : -1
                        }
                        body(plane * shape[2] * shape[3], out, taps)
                        out += 1
                    }
                }
            }
        }
    }
}
