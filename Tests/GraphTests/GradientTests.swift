import Graph
import Tensor
import Testing

/// Gradients against central differences of the loss.
@Suite struct GradientTests {
    /// The loss is a weighted sum of what `body` returns, so that every element matters differently.
    private func check(
        _ shapes: [[Int]], tolerance: Float = 2e-2, seed: UInt64 = 1,
        _ body: (inout ProgramBuilder, [Value]) throws -> Value
    ) throws {
        var random = RandomTensors(seed)
        var builder = ProgramBuilder()
        var parameters: [Value] = []
        var sources: [String: Tensor] = [:]
        for (number, shape) in shapes.enumerated() {
            parameters.append(try builder.parameter("p\(number)", TensorType(.float32, shape)))
            sources["p\(number)"] = random.floats(shape)
        }
        let result = try body(&builder, parameters)
        let weights = builder.constant(random.floats(builder.shape(result)))
        let product = try builder.multiply(result, weights)
        let loss = try builder.sum(product, axes: Array(builder.shape(product).indices), keepsAxes: false)
        builder.output("loss", loss)
        let gradients = try builder.gradients(of: loss, for: parameters)
        for (number, gradient) in gradients.enumerated() { builder.output("g\(number)", gradient) }
        let program = builder.finish()
        #expect(try difference(program, sources) == nil)

        let session = try Session(Plan(program))
        func run() throws -> Float {
            for value in program.parameters {
                try session.write(value, try #require(sources[program.node(value).name]))
            }
            try session.run()
            return session.floats(of: loss)[0]
        }
        _ = try run()
        let found = gradients.map { session.tensor(of: $0).values(as: Float.self) }
        let step: Float = 0x1p-8
        for (number, shape) in shapes.enumerated() {
            let name = "p\(number)"
            let start = try #require(sources[name]).values(as: Float.self)
            for place in 0..<min(6, start.count) {
                let element = place * 37 % start.count
                var moved = start
                moved[element] = start[element] + step
                sources[name] = Tensor(moved, shape: shape)
                let above = try run()
                moved[element] = start[element] - step
                sources[name] = Tensor(moved, shape: shape)
                let below = try run()
                sources[name] = Tensor(start, shape: shape)
                let slope = (above - below) / (2 * step)
                let got = found[number][element]
                #expect(
                    abs(slope - got) <= tolerance * max(1, abs(slope)), "\(name)[\(element)]: \(got), expected \(slope)"
                )
            }
        }
    }

    @Test func scalarFunctions() throws {
        for function in [ScalarFunction.negate, .exp, .tanh, .erf, .relu, .sigmoid, .gelu, .geluTanh, .absolute] {
            try check([[3, 4]], seed: UInt64(function.rawValue)) { try $0.map(function, $1[0]) }
        }
        try check([[3, 4]]) { try $0.map(.log, try $0.add(try $0.multiply($1[0], $1[0]), $0.scalar(0.5))) }
        try check([[3, 4]]) { try $0.map(.squareRoot, try $0.add(try $0.multiply($1[0], $1[0]), $0.scalar(0.5))) }
    }

    @Test func pairsThatStretch() throws {
        for function in [ScalarFunction.add, .subtract, .multiply, .maximum, .minimum] {
            try check([[3, 1, 4], [5, 1]], seed: UInt64(function.rawValue)) { try $0.map(function, $1[0], $1[1]) }
        }
        try check([[3, 4], [4]]) {
            try $0.divide($1[0], try $0.add(try $0.multiply($1[1], $1[1]), $0.scalar(1)))
        }
        try check([[3, 4], [4], [3, 1]]) { try $0.map(.fusedMultiplyAdd, $1[0], $1[1], $1[2]) }
        try check([[3, 4], [3, 4]]) { try $0.select(try $0.map(.less, $1[0], $1[1]), $1[0], $1[1]) }
    }

    @Test func movement() throws {
        try check([[3, 4, 5]]) { try $0.permute($1[0], [2, 0, 1]) }
        try check([[3, 4, 5]]) { try $0.slice($1[0], start: [2, 1, 4], step: [-1, 1, -2], shape: [2, 3, 3]) }
        try check([[3, 4]]) { try $0.append(.pad(before: [1, 0], after: [0, 2]), [$1[0]]) }
        try check([[3, 4], [3, 2]]) { try $0.append(.concatenate(axis: 1), [$1[0], $1[1], $1[0]]) }
        try check([[3, 1]]) { try $0.broadcast($1[0], [2, 3, 4]) }
        let rows = Tensor([2, 0, 2, 1] as [Int64], shape: [2, 2])
        try check([[3, 4]]) { try $0.append(.gather(axis: 0), [$1[0], $0.constant(rows)]) }
        let picks = Tensor([2, 0, 2, 1, 1, 3] as [Int64], shape: [3, 2])
        try check([[3, 4]]) { try $0.append(.pick(axis: 1), [$1[0], $0.constant(picks)]) }
    }

    @Test func reductionsAndProducts() throws {
        for kind in [Reduction.sum, .maximum, .minimum, .product] {
            try check([[3, 4, 2]], seed: UInt64(kind.rawValue)) { try $0.reduce(kind, $1[0], axes: [1]) }
            try check([[3, 4, 2]], seed: UInt64(kind.rawValue)) { try $0.reduce(kind, $1[0], axes: [0, 2]) }
        }
        for (a, b) in [(false, false), (true, false), (false, true), (true, true)] {
            try check([a ? [4, 3] : [3, 4], b ? [5, 4] : [4, 5]]) {
                try $0.matmul($1[0], $1[1], transposeA: a, transposeB: b)
            }
            try check([a ? [2, 4, 3] : [2, 3, 4], b ? [1, 5, 4] : [1, 4, 5]]) {
                try $0.matmul($1[0], $1[1], transposeA: a, transposeB: b)
            }
        }
    }

    @Test func windows() throws {
        let window = Window(kernel: [3, 2], stride: [2, 1], before: [1, 0], after: [1, 1])
        try check([[2, 4, 5, 5], [6, 2, 3, 2]]) { try $0.append(.convolve(window, groups: 2), [$1[0], $1[1]]) }
        try check([[1, 2, 3, 5], [2, 3, 3, 2]]) {
            let shape = [1, 3, 5, 5]
            return try $0.append(.convolveInputGradient(window, groups: 1, shape: shape), [$1[0], $1[1]])
        }
        try check([[1, 2, 5, 5]]) { try $0.append(.maxPool(Window(kernel: [2, 2], stride: [2, 2])), [$1[0]]) }
        try check([[1, 2, 5, 5]]) { try $0.append(.sumPool(window), [$1[0]]) }
    }

    @Test func layersAndLosses() throws {
        try check([[3, 5]]) { try $0.softmax($1[0]) }
        try check([[3, 5]]) { try $0.logSoftmax($1[0]) }
        try check([[3, 8], [8], [8]]) { try $0.layerNorm($1[0], gamma: $1[1], beta: $1[2], epsilon: 1e-3, axis: 1) }
        let labels = Tensor([1, 0, 4] as [Int32], shape: [3])
        try check([[3, 5]]) { try $0.crossEntropy($1[0], labels: $0.constant(labels)) }
        try check([[3, 5], [3, 5]]) { try $0.meanSquaredError($1[0], target: $1[1]) }
        try check([[3, 5], [3, 5]]) { try $0.huber($1[0], target: $1[1], delta: 0.7) }
        try check([[3, 5]]) { builder, p in
            let target = builder.constant(Tensor([Float](repeating: 0.25, count: 15), shape: [3, 5]))
            return try builder.binaryCrossEntropy(logits: p[0], target: target)
        }
    }

    @Test func anOperationWithoutDerivativeIsNamed() throws {
        var builder = ProgramBuilder()
        let x = try builder.parameter("x", TensorType(.float32, [1, 1]))
        let forest = TreeEnsemble(
            features: 1, targets: 1, aggregate: .sum, base: [0], roots: [], nodes: [], weights: [])
        let y = try builder.append(.trees(forest), [x], name: "forest")
        let error = #expect(throws: ProgramError.self) { try builder.gradients(of: y, for: [x]) }
        #expect(error == ProgramError(node: "forest", "trees has no derivative"))
    }
}
