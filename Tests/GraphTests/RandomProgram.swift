import Graph
import Tensor

/// A program of random operations on small random tensors: stretched operands, changes of shape, products and convolutions with
/// and without bias and relu, softmax, updates of parameters. Every seed gives one program.
struct RandomProgram {
    private(set) var builder = ProgramBuilder()
    private(set) var sources: [String: Tensor] = [:]
    private var random: RandomTensors
    private var values: [Value] = []

    static func make(_ seed: UInt64) throws -> (program: Program, sources: [String: Tensor]) {
        var maker = RandomProgram(random: RandomTensors(seed))
        for number in 0..<3 {
            _ = try maker.source("x\(number)", [2, 3, 4, 5].map { maker.random.below(3) == 0 ? 1 : $0 })
        }
        for _ in 0..<4 + maker.random.below(16) { try maker.grow() }
        maker.finish()
        try maker.move()
        return (maker.builder.finish(), maker.sources)
    }

    private init(random: RandomTensors) { self.random = random }

    private mutating func source(_ name: String, _ shape: [Int]) throws -> Value {
        let tensor = random.floats(shape, edges: random.below(3) == 0)
        sources[name] = tensor
        let type = TensorType(.float32, shape)
        let value =
            random.below(2) == 0 ? try builder.input(name, type) : try builder.parameter(name, type)
        values.append(value)
        return value
    }

    private mutating func fresh(_ shape: [Int]) throws -> Value { try source("p\(builder.nodes.count)", shape) }

    private mutating func any() -> Value {
        // Late values more often, so that chains grow.
        let back = min(random.below(values.count), random.below(values.count))
        return values[values.count - 1 - back]
    }

    private mutating func grow() throws {
        let x = any()
        let shape = builder.shape(x)
        let count = shape.reduce(1, *)
        switch random.below(15) {
        case 0, 1:
            values.append(try builder.map([.relu, .tanh, .negate, .absolute, .exp, .sigmoid][random.below(6)], x))
        case 2, 3:
            let other = try fresh(shape.map { random.below(3) == 0 ? 1 : $0 })
            let pair = random.below(2) == 0 ? [x, other] : [other, x]
            values.append(
                try builder.map([.add, .subtract, .multiply, .divide, .maximum, .gate][random.below(6)], pair))
        case 4: values.append(try builder.map(.fusedMultiplyAdd, x, try fresh(shape), x))
        case 5: values.append(try builder.reshape(x, random.below(2) == 0 ? [count, 1] : [1, 1, count]))
        case 6: values.append(try builder.permute(x, Array(shape.indices.reversed())))
        case 7:
            let axes = shape.indices.filter { _ in random.below(2) == 0 }
            values.append(try builder.reduce([.sum, .maximum, .minimum][random.below(3)], x, axes: axes))
        case 8: try product(x, shape)
        case 9: try convolution(x, shape)
        case 10: values.append(try builder.softmax(x))
        case 11:
            let width = shape[shape.count - 1]
            let beta = random.below(3) == 0 ? nil : try fresh([width])
            values.append(
                try builder.layerNorm(
                    x, gamma: try fresh([width]), beta: beta, epsilon: 1e-5,
                    axis: shape.count - 1 - random.below(min(2, shape.count))))
        case 12: try rows(x, shape)
        case 13: try attention(x, shape)
        default:
            guard count <= 1 << 12 else { return }
            values.append(try builder.append(.concatenate(axis: 0), [x, x]))
        }
    }

    private mutating func product(_ x: Value, _ shape: [Int]) throws {
        guard shape.count >= 2, shape.reduce(1, *) < 1 << 12 else { return }
        let (k, n) = (shape[shape.count - 1], 1 + random.below(40))
        let isTransposed = random.below(2) == 0
        var y = try builder.matmul(x, try fresh(isTransposed ? [n, k] : [k, n]), transposeB: isTransposed)
        if random.below(4) == 0 { values.append(y) }
        if random.below(3) > 0 { y = try builder.add(y, try fresh(random.below(2) == 0 ? [n] : [1, n])) }
        if random.below(2) > 0 { y = try builder.map(.relu, y) }
        values.append(y)
    }

    /// Folds of rows with elementwise operations before and after, some of which others may read.
    private mutating func rows(_ x: Value, _ shape: [Int]) throws {
        let axes = Array((shape.count - 1 - random.below(min(2, shape.count)))..<shape.count)
        var y =
            random.below(2) == 0 ? x : try builder.multiply(x, try fresh(shape.map { random.below(3) == 0 ? 1 : $0 }))
        for _ in 0..<1 + random.below(3) {
            let fold = try builder.reduce([.sum, .maximum, .minimum][random.below(3)], y, axes: axes)
            if random.below(4) == 0 { values.append(fold) }
            let bent = random.below(2) == 0 ? fold : try builder.map([.exp, .tanh, .relu][random.below(3)], fold)
            y = try builder.map(
                [.add, .subtract, .gate, .divide][random.below(4)], random.below(2) == 0 ? [y, bent] : [bent, y])
            if random.below(3) == 0 { y = try builder.select(try builder.map(.less, y, bent), y, x) }
            if random.below(4) == 0 { values.append(y) }
        }
        values.append(y)
    }

    /// Heads of two matrices made from `x`, cut, permuted and masked in some way.
    private mutating func attention(_ x: Value, _ shape: [Int]) throws {
        guard shape.count == 4, shape.reduce(1, *) < 1 << 9 else { return }
        let order = [[0, 1, 2, 3], [0, 2, 1, 3], [1, 0, 2, 3]][random.below(3)]
        let q = try builder.permute(x, order)
        let (heads, columns) = (builder.shape(q), 1 + random.below(20))
        let sides = [random.below(3) == 0 ? 1 : heads[0], heads[1]]
        var k = try fresh(sides + [columns, heads[3]])
        if random.below(2) == 0 { k = try builder.permute(k, [0, 1, 3, 2]) }
        let isTransposed = builder.shape(k)[3] == heads[3] && builder.shape(k)[2] == columns
        guard heads[3] != columns else { return }
        var y = try builder.matmul(q, k, transposeB: isTransposed)
        if random.below(2) == 0 { y = try builder.multiply(y, builder.scalar(0.5)) }
        if random.below(2) == 0 { y = try builder.add(y, try fresh([1, 1, heads[2], columns])) }
        y = try builder.softmax(y)
        if random.below(4) == 0 { values.append(y) }
        let v = try builder.permute(try fresh([heads[0], columns, heads[1], 3]), [0, 2, 1, 3])
        let z = try builder.matmul(y, v)
        values.append(random.below(2) == 0 ? z : try builder.permute(z, [0, 2, 1, 3]))
    }

    private mutating func convolution(_ x: Value, _ shape: [Int]) throws {
        guard shape.count == 4, shape[2] < 20, shape[3] < 20, shape.reduce(1, *) < 1 << 10 else { return }
        let channels = 1 + random.below(4)
        let side = 1 + random.below(3)
        let window = Window(kernel: [side, side], before: [1, 1], after: [1, 1])
        let weights = try fresh([channels, shape[1], side, side])
        guard shape[2] + 2 >= side, shape[3] + 2 >= side else { return }
        var y = try builder.append(.convolve(window, groups: 1), [x, weights])
        let bias = try fresh([1, channels, 1, 1])
        if random.below(3) > 0 { y = random.below(2) == 0 ? try builder.add(y, bias) : try builder.add(bias, y) }
        if random.below(2) > 0 { y = try builder.map(.relu, y) }
        if random.below(3) > 0 { y = try builder.map(.relu, try builder.add(y, try fresh(builder.shape(y)))) }
        values.append(y)
    }

    /// Three outputs that are computed: one that is a parameter itself, if only in another shape, shows what replaced it.
    private mutating func finish() {
        func isComputed(_ value: Value) -> Bool {
            let node = builder.nodes[value.index]
            if case .reshape = node.operation { return isComputed(node.operands[0]) }
            return !node.operands.isEmpty
        }
        for number in 0..<3 {
            let value = number == 0 ? values[values.count - 1] : any()
            if isComputed(value) { builder.output("y\(number)", value) }
        }
    }

    /// Some parameters move, by a step along something of their shape or to another's value.
    private mutating func move() throws {
        for (index, node) in builder.nodes.enumerated() where random.below(2) == 0 {
            guard case .parameter = node.operation else { continue }
            let parameter = Value(index)
            let rivals = values.filter { builder.type($0) == node.type }
            let other = rivals[random.below(rivals.count)]
            let next = random.below(3) == 0 ? other : try builder.map(.fusedMultiplyAdd, parameter, other, parameter)
            try builder.update(parameter, to: next)
        }
    }
}
