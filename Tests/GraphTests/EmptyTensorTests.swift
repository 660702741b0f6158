import Tensor
import Testing

@testable import Graph

/// Tensors without elements take no memory, and none from others.
@Suite struct EmptyTensorTests {
    /// Halves turned by angles, with an empty rest put behind: what rotary positions come to.
    @Test func anEmptyPartSharesNoPlace() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [2, 4, 3, 8]))
        let cosine = try builder.input("c", TensorType(.float32, [2, 3, 1, 4]))
        let sine = try builder.input("s", TensorType(.float32, [2, 3, 1, 4]))
        let moved = try builder.permute(x, [0, 2, 1, 3])
        let rest = try builder.slice(moved, start: [0, 0, 0, 8], shape: [2, 3, 4, 0])
        let left = try builder.slice(moved, axis: 3, from: 0, count: 4)
        let right = try builder.slice(moved, axis: 3, from: 4, count: 4)
        let real = try builder.subtract(try builder.multiply(cosine, left), try builder.multiply(sine, right))
        let imaginary = try builder.add(try builder.multiply(sine, left), try builder.multiply(cosine, right))
        let turned = try builder.append(.concatenate(axis: 3), [real, imaginary])
        let whole = try builder.append(.concatenate(axis: 3), [turned, rest])
        builder.output("y", try builder.permute(whole, [0, 2, 1, 3]))
        let program = builder.finish()
        func numbers(_ shape: [Int], _ step: Float) -> Tensor {
            Tensor((0..<shape.reduce(1, *)).map { Float($0) * step - 1 }, shape: shape)
        }
        let inputs = [
            "x": numbers([2, 4, 3, 8], 0.0625), "c": numbers([2, 3, 1, 4], 0.125), "s": numbers([2, 3, 1, 4], -0.25),
        ]
        let expected = try ReferenceExecutor.run(program, inputs)
        let got = try program.run(inputs)
        let output = try #require(program.output(named: "y"))
        #expect(got["y"] == expected[output.index])
    }
}
