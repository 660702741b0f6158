import Tensor

// Matrix products, convolutions, pooling and reductions: the kernels do the work.
extension Session {
    /// A product or convolution with the bias and the activation that follow it.
    func contraction(_ contraction: Contraction, _ index: Int) -> Step {
        self.contraction(
            contraction.head, bias: contraction.bias.map { UnsafePointer(floats(Value($0))) }, contraction.activation,
            into: floats(Value(index)))
    }

    func contraction(
        _ head: Int, bias: UnsafePointer<Float>?, _ activation: Activation, into out: UnsafeMutablePointer<Float>
    ) -> Step {
        let node = plan.program.nodes[head]
        let types = node.operands.map { plan.program.type($0) }
        if plan.arranged.contains(head) { return arranged(head, node, types, bias, activation, out) }
        if case .matmul = node.operation { return product(head, bias: bias, activation, into: out) }
        return convolution(node, types, bias, activation, out)
    }

    /// The same with a constant second operand, arranged here once.
    private func arranged(
        _ head: Int, _ node: Node, _ types: [TensorType], _ bias: UnsafePointer<Float>?, _ activation: Activation,
        _ out: UnsafeMutablePointer<Float>
    ) -> Step {
        let (input, kernels) = (floats(node.operands[0]), kernels)
        switch node.operation {
        case .convolve(let window, let groups):
            let geometry = Self.geometry(window, groups, image: types[0].shape, weights: types[1].shape)
            let weights =
                arrangements[head] ?? constantFloats(node.operands[1]) { kernels.pack(geometry, weights: $0) }
            arrangements[head] = weights
            return { () throws(ProgramError) in
                kernels.convolve(
                    geometry, input: input, weights: weights, bias: bias, activation: activation, into: out)
            }
        case .matmul(let transposeA, let transposeB):
            let rank = node.type.rank
            let (m, n) = (node.type.shape[rank - 2], node.type.shape[rank - 1])
            let k = types[0].shape[transposeA ? rank - 2 : rank - 1]
            let weights =
                arrangements[head]
                ?? constantFloats(node.operands[1]) { kernels.pack(b: $0, n: n, k: k, transposeB: transposeB) }
            arrangements[head] = weights
            return { () throws(ProgramError) in
                kernels.matmul(input, weights, into: out, m: m, bias: bias, activation: activation)
            }
        default: preconditionFailure("nothing is arranged for \(node.name)")
        }
    }

    /// The elements of a constant, which may have no place of its own.
    private func constantFloats<R>(_ value: Value, _ body: (UnsafePointer<Float>) -> R) -> R {
        guard case .constant(let tensor) = plan.program.node(value).operation, tensor.count > 0 else {
            return body(UnsafePointer(floats(value)))
        }
        return tensor.withUnsafeBytes { bytes in
            // Not empty: checked above.
            body(bytes.bindMemory(to: Float.self).baseAddress!)
        }
    }

    private func convolution(
        _ node: Node, _ types: [TensorType], _ bias: UnsafePointer<Float>?, _ activation: Activation,
        _ out: UnsafeMutablePointer<Float>
    ) -> Step {
        let (first, second) = (floats(node.operands[0]), floats(node.operands[1]))
        let kernels = kernels
        switch node.operation {
        case .convolve(let window, let groups):
            let geometry = Self.geometry(window, groups, image: types[0].shape, weights: types[1].shape)
            return { () throws(ProgramError) in
                kernels.convolve(geometry, input: first, weights: second, bias: bias, activation: activation, into: out)
            }
        case .convolveInputGradient(let window, let groups, let shape):
            let geometry = Self.geometry(window, groups, image: shape, weights: types[1].shape)
            return { () throws(ProgramError) in
                kernels.convolveInputGradient(geometry, outputGradient: first, weights: second, into: out)
            }
        case .convolveWeightGradient(let window, let groups, let shape):
            let geometry = Self.geometry(window, groups, image: types[0].shape, weights: shape)
            return { () throws(ProgramError) in
                kernels.convolveWeightGradient(geometry, input: first, outputGradient: second, into: out)
            }
        default: preconditionFailure("not a convolution: \(node.name)")
        }
    }

    private static func geometry(_ window: Window, _ groups: Int, image: [Int], weights: [Int]) -> Convolution {
        var geometry = Convolution(
            batch: image[0], inChannels: image[1], height: image[2], width: image[3], outChannels: weights[0],
            kernelHeight: window.kernel[0], kernelWidth: window.kernel[1])
        (geometry.strideY, geometry.strideX) = (window.stride[0], window.stride[1])
        (geometry.padTop, geometry.padLeft) = (window.before[0], window.before[1])
        (geometry.padBottom, geometry.padRight) = (window.after[0], window.after[1])
        (geometry.dilationY, geometry.dilationX) = (window.dilation[0], window.dilation[1])
        geometry.groups = groups
        return geometry
    }

    func reduce(_ kind: Reduction, _ axes: [Int], _ node: Node, _ type: TensorType, _ index: Int) -> Step {
        let kernels = kernels
        let isFast = type.element == .float32 && kind != .product
        let neighbours = zip(axes, axes.dropFirst()).allSatisfy { lower, upper in
            type.shape[(lower + 1)..<upper].allSatisfy { $0 == 1 }
        }
        guard isFast, let first = axes.first, let last = axes.last else {
            return generalReduce(node, type, index)
        }
        var x = floats(node.operands[0])
        var prepare: StridedCopy?
        var (outer, count, inner) = (1, 1, 1)
        if neighbours {
            outer = type.shape[..<first].reduce(1, *)
            count = type.shape[first...last].reduce(1, *)
            inner = type.shape[(last + 1)...].reduce(1, *)
        } else {
            // Bring the reduced axes to the end, keeping their order.
            let kept = type.shape.indices.filter { !axes.contains($0) }
            let order = kept + axes
            let shape = order.map { type.shape[$0] }
            let strides = type.strides
            let room = room(bytes: type.byteCount)
            prepare = StridedCopy(
                from: UnsafeMutableRawPointer(x), order.map { strides[$0] }, to: room, TensorType.strides(of: shape),
                shape: shape, elementSize: 4)
            x = room.bindMemory(to: Float.self, capacity: max(1, type.count))
            outer = kept.reduce(1) { $0 * type.shape[$1] }
            count = axes.reduce(1) { $0 * type.shape[$1] }
        }
        let (source, size, o, i) = (x, count, outer, inner)
        let copy = prepare
        let target = pointer(index)
        let y = target.assumingMemoryBound(to: Float.self)
        switch kind {
        case .sum:
            return { () throws(ProgramError) in
                copy?.run()
                kernels.sum(source, into: y, outer: o, n: size, inner: i)
            }
        case .maximum:
            return { () throws(ProgramError) in
                copy?.run()
                kernels.maximum(source, into: y, outer: o, n: size, inner: i)
            }
        case .minimum:
            return { () throws(ProgramError) in
                copy?.run()
                kernels.minimum(source, into: y, outer: o, n: size, inner: i)
            }
        case .firstMaximum:
            let places = target.assumingMemoryBound(to: Int64.self)
            return { () throws(ProgramError) in kernels.argmax(source, into: places, outer: o, n: size, inner: i) }
        case .firstMinimum:
            let places = target.assumingMemoryBound(to: Int64.self)
            return { () throws(ProgramError) in kernels.argmin(source, into: places, outer: o, n: size, inner: i) }
        case .product: preconditionFailure("handled above")
        }
    }

    /// Products and integers: replayed from the recipes.
    private func generalReduce(_ node: Node, _ type: TensorType, _ index: Int) -> Step {
        let (source, target) = (pointer(node.operands[0].index), pointer(index))
        return { () throws(ProgramError) in
            let read: Recipe.Reader = { Self.load(source, $1, type.element) }
            for position in 0..<node.type.count {
                let recipe = try Recipe.of(
                    node.operation, operands: [type], result: node.type, position: position, read: read)
                let bits = ReferenceExecutor.replay(
                    recipe, types: [type.element], result: node.type.element, read: read)
                Self.store(bits, target, position, node.type.element)
            }
        }
    }
}
