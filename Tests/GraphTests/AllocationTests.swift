import AllocationCount
import Graph
import Tensor
import Testing

/// A run after the first allocates nothing: neither the program's steps nor the copies in and out. What threads share is handed
/// to them in a closure, one for a step.
@Suite struct AllocationTests {
    /// Calls of the allocator that this thread makes in the body.
    private func allocations(_ body: () throws -> Void) rethrows -> Int {
        let before = allocations_of_this_thread()
        try body()
        return allocations_of_this_thread() - before
    }

    @Test(.enabled(if: allocations_are_counted())) func theCounterCounts() {
        var blocks: [UnsafeMutableRawPointer] = []
        blocks.reserveCapacity(10)
        #expect(allocations { for size in 1...10 { blocks.append(.allocate(byteCount: size, alignment: 16)) } } == 10)
        #expect(allocations {} == 0)
        for block in blocks { block.deallocate() }
    }

    /// A convolution, pooling, attention over heads cut out of one projection, a norm, a product, on one thread and two.
    @Test(.enabled(if: allocations_are_counted()), arguments: [1, 2])
    func warmRunsAllocateNothing(_ threads: Int) throws {
        var random = RandomTensors(21)
        var builder = ProgramBuilder()
        let image = try builder.input("image", TensorType(.float32, [1, 3, 32, 32]))
        let window = Window(kernel: [3, 3], before: [1, 1], after: [1, 1])
        let kernels = builder.constant(random.floats([64, 3, 3, 3]))
        let planes = try builder.map(.relu, try builder.append(.convolve(window, groups: 1), [image, kernels]))
        let pooled = try builder.append(.maxPool(Window(kernel: [2, 2], stride: [2, 2])), [planes])
        let rows = try builder.permute(try builder.reshape(pooled, [1, 64, 256]), [0, 2, 1])
        let width = builder.constant(random.floats([64]))
        let normal = try builder.layerNorm(rows, gamma: width, beta: width, epsilon: 1e-5, axis: 2)
        let projected = try builder.matmul(normal, builder.constant(random.floats([64, 192])))
        let parts = try (0..<3).map { part in
            let cut = try builder.slice(projected, axis: 2, from: part * 64, count: 64)
            return try builder.permute(try builder.reshape(cut, [1, 256, 4, 16]), [0, 2, 1, 3])
        }
        let weights = try builder.softmax(try builder.matmul(parts[0], parts[1], transposeB: true))
        let mixed = try builder.permute(try builder.matmul(weights, parts[2]), [0, 2, 1, 3])
        let hidden = try builder.map(.gelu, try builder.reshape(mixed, [256, 64]))
        builder.output("mean", try builder.mean(hidden, axes: [0]))
        builder.output("logits", try builder.matmul(hidden, builder.constant(random.floats([64, 10]))))
        let inference = try InferenceSession(
            Plan(builder.finish()), kernels: Kernels(pool: ThreadPool(threads: threads)))

        let inputs = [(value: image, tensor: random.floats([1, 3, 32, 32]))]
        var outputs: [Tensor] = []
        for _ in 0..<3 { try inference.run(inputs, into: &outputs) }
        let expected = outputs.map { Tensor($0.values(as: Float.self), shape: $0.shape) }
        let counted = try allocations { for _ in 0..<20 { try inference.run(inputs, into: &outputs) } }
        let steps = try inference.withSession { try $0.operationTimes(clock: { 0 }, runs: 1).count }
        #expect(counted <= (threads == 1 ? 0 : 20 * steps))
        #expect(outputs == expected)
    }

    /// Tensors that others hold are not written over; those of another shape are replaced.
    @Test func readingRespectsOtherHolders() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [2]))
        builder.output("y", try builder.map(.negate, x))
        let inference = try InferenceSession(Plan(builder.finish()))
        var outputs = [Tensor(shape: [3])]
        try inference.run([(value: x, tensor: Tensor([1, 2] as [Float]))], into: &outputs)
        let held = outputs
        try inference.run([(value: x, tensor: Tensor([3, 4] as [Float]))], into: &outputs)
        #expect(held == [Tensor([-1, -2] as [Float])])
        #expect(outputs == [Tensor([-3, -4] as [Float])])
    }
}
