import Graph
import Tensor
import Testing

/// Convolutions, their gradients and pooling against their recipes, bit for bit.
@Suite struct WindowTests {
    private static let windows = [
        Window(kernel: [3, 3]), Window(kernel: [3, 3], stride: [2, 2], before: [1, 1], after: [1, 1]),
        Window(kernel: [1, 1]),
        Window(kernel: [2, 3], stride: [1, 2], dilation: [2, 1], before: [1, 0], after: [0, 2]),
        Window(kernel: [5, 4], before: [2, 2], after: [2, 1]),
    ]

    @Test func convolutionsAndGradients() throws {
        var random = RandomTensors(10)
        for window in Self.windows {
            for (inChannels, outChannels, groups) in [(3, 4, 1), (4, 6, 2), (4, 4, 4)] {
                let image = [2, inChannels, 7, 8]
                let weights = [outChannels, inChannels / groups] + window.kernel
                let out = [2, outChannels, window.outputSize(0, of: 7), window.outputSize(1, of: 8)]
                var builder = ProgramBuilder()
                let x = try builder.input("x", TensorType(.float32, image))
                let w = try builder.input("w", TensorType(.float32, weights))
                let g = try builder.input("g", TensorType(.float32, out))
                builder.output("y", try builder.append(.convolve(window, groups: groups), [x, w]))
                builder.output(
                    "dx", try builder.append(.convolveInputGradient(window, groups: groups, shape: image), [g, w]))
                builder.output(
                    "dw", try builder.append(.convolveWeightGradient(window, groups: groups, shape: weights), [x, g]))
                let sources = [
                    "x": random.floats(image, edges: true), "w": random.floats(weights), "g": random.floats(out),
                ]
                #expect(try difference(builder.finish(), sources) == nil, "\(window) groups \(groups)")
            }
        }
    }

    @Test func poolings() throws {
        var random = RandomTensors(11)
        let windows = [
            Window(kernel: [2, 2], stride: [2, 2]),
            Window(kernel: [3, 3], stride: [2, 2], before: [1, 1], after: [1, 1]),
            Window(kernel: [2, 3], dilation: [2, 2], before: [1, 1], after: [1, 2]),
        ]
        for window in windows {
            let image = [2, 3, 7, 8]
            let out = [2, 3, window.outputSize(0, of: 7), window.outputSize(1, of: 8)]
            var builder = ProgramBuilder()
            let x = try builder.input("x", TensorType(.float32, image))
            let g = try builder.input("g", TensorType(.float32, out))
            builder.output("max", try builder.append(.maxPool(window), [x]))
            builder.output("dmax", try builder.append(.maxPoolGradient(window), [x, g]))
            builder.output("sum", try builder.append(.sumPool(window), [x]))
            builder.output("dsum", try builder.append(.sumPoolGradient(window, shape: image), [g]))
            let sources = ["x": random.floats(image, edges: true), "g": random.floats(out)]
            #expect(try difference(builder.finish(), sources) == nil, "\(window)")
        }
    }

    @Test func aWindowInThePaddingIsRefused() throws {
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [1, 1, 4, 4]))
        let window = Window(kernel: [2, 2], before: [2, 0])
        let error = #expect(throws: ProgramError.self) { try builder.append(.maxPool(window), [x], name: "pool") }
        #expect(error?.node == "pool")
    }
}
