import Graph
import Tensor
import Testing

/// The fast executor against the replay of every element's recipe, bit for bit, with special values.
@Suite struct SessionTests {
    /// Builds a program with one output per case and compares.
    private func check(
        _ inputs: [(String, Tensor)], threads: Int = 1, _ body: (inout ProgramBuilder, [Value]) throws -> [Value]
    ) throws {
        var builder = ProgramBuilder()
        var values: [Value] = []
        for (name, tensor) in inputs { values.append(try builder.input(name, TensorType(tensor.type, tensor.shape))) }
        for (number, result) in try body(&builder, values).enumerated() { builder.output("y\(number)", result) }
        let found = try difference(builder.finish(), Dictionary(uniqueKeysWithValues: inputs), threads: threads)
        #expect(found == nil)
    }

    @Test func scalarFunctionsOfFloats() throws {
        var random = RandomTensors(1)
        for shape in [[7], [3, 5], [2, 3, 700], [1, 1]] {
            let tensors = (0..<3).map { ("x\($0)", random.floats(shape, edges: true)) }
            try check(tensors) { builder, x in
                var results: [Value] = []
                for function in ScalarFunction.allCases {
                    let types = [ElementType](repeating: .float32, count: function.arity)
                    guard function.result(types) != nil else { continue }
                    results.append(try builder.map(function, Array(x.prefix(function.arity))))
                }
                let less = try builder.map(.less, x[0], x[1])
                let more = try builder.map(.lessOrEqual, x[1], x[2])
                for function in [ScalarFunction.and, .or, .xor] {
                    results.append(try builder.map(function, less, more))
                }
                results.append(try builder.map(.not, less))
                results.append(try builder.select(less, x[1], x[2]))
                results.append(try builder.cast(less, to: .float32))
                return results
            }
        }
    }

    @Test func stretchedOperands() throws {
        var random = RandomTensors(2)
        let inputs = [
            ("a", random.floats([4, 1, 6], edges: true)), ("b", random.floats([1, 5, 6])),
            ("c", random.floats([4, 5, 1])),
            ("d", random.floats([6])), ("e", random.floats([])), ("f", random.floats([4, 5, 6], edges: true)),
        ]
        try check(inputs) { builder, x in
            var results: [Value] = []
            for function in [ScalarFunction.add, .subtract, .multiply, .divide, .maximum, .less, .gate] {
                for (left, right) in [(0, 1), (1, 2), (5, 3), (5, 4), (4, 5), (3, 2), (2, 5)] {
                    results.append(try builder.map(function, x[left], x[right]))
                }
            }
            results.append(try builder.map(.fusedMultiplyAdd, x[4], x[5], x[3]))
            results.append(try builder.map(.fusedMultiplyAdd, x[0], x[1], x[2]))
            let hit = try builder.map(.less, x[0], x[4])
            results.append(try builder.select(hit, x[4], x[5]))
            return results
        }
    }

    @Test func chainsAreFusedWithoutChangingABit() throws {
        var random = RandomTensors(3)
        for shape in [[3, 10], [2, 1500], [64, 64]] {
            let inputs = [("x", random.floats(shape, edges: true)), ("b", random.floats([shape[1]]))]
            try check(inputs, threads: 2) { builder, x in
                var value = x[0]
                for function in [ScalarFunction.tanh, .exp, .negate, .sigmoid, .absolute, .squareRoot, .gelu] {
                    value = try builder.map(.fusedMultiplyAdd, try builder.map(function, value), x[1], x[0])
                }
                let gate = try builder.map(.less, value, x[1])
                return [try builder.select(gate, try builder.multiply(value, value), x[0]), value]
            }
        }
    }

    @Test func movement() throws {
        var random = RandomTensors(4)
        let inputs = [("x", random.floats([3, 4, 5, 2])), ("i", random.indices([3, 4, 5, 2], below: 1000))]
        try check(inputs) { builder, x in
            var results: [Value] = []
            for value in x {
                results.append(try builder.permute(value, [3, 1, 0, 2]))
                results.append(try builder.permute(value, [0, 2, 1, 3]))
                results.append(try builder.reshape(try builder.permute(value, [1, 0, 2, 3]), [12, 10]))
                results.append(
                    try builder.slice(value, start: [2, 0, 4, 1], step: [-1, 2, -2, 1], shape: [3, 2, 3, 1]))
                results.append(try builder.append(.pad(before: [0, 1, 0, 2], after: [1, 0, 0, 1]), [value]))
                let part = try builder.slice(value, axis: 2, from: 1, count: 3)
                results.append(try builder.append(.concatenate(axis: 2), [part, value, part]))
                results.append(
                    try builder.broadcast(try builder.slice(value, axis: 1, from: 2, count: 1), [3, 6, 5, 2]))
            }
            return results
        }
    }

    @Test func indexedMovement() throws {
        var random = RandomTensors(5)
        let inputs = [
            ("x", random.floats([3, 7, 4])), ("i", random.indices([2, 3], below: 7)),
            ("j", random.indices([5], below: 3)),
            ("k", random.indices([3, 2, 4], below: 7)), ("u", random.floats([3, 5, 4])),
            ("r", random.indices([2, 2, 3], below: 7)),
        ]
        try check(inputs) { builder, x in
            [
                try builder.append(.gather(axis: 1), [x[0], x[1]]), try builder.append(.gather(axis: 0), [x[0], x[2]]),
                try builder.append(.scatterAdd(axis: 1, size: 3), [x[4], x[2]]),
                try builder.append(.pick(axis: 1), [x[0], x[3]]), try builder.append(.pick(axis: 1), [x[0], x[5]]),
            ]
        }
    }

    @Test func reductions() throws {
        var random = RandomTensors(6)
        for shape in [[3, 40, 5], [2, 4100], [4500, 2], [1, 1, 3]] {
            let inputs = [
                ("x", random.floats(shape)), ("e", random.floats(shape, edges: true)),
                ("i", random.indices(shape, below: 50)),
            ]
            try check(inputs) { builder, x in
                var results: [Value] = []
                for value in x {
                    for kind in [Reduction.sum, .maximum, .minimum, .product] {
                        for axes in [[0], [1], [0, 1], Array(shape.indices), [0, shape.count - 1]]
                        where Set(axes).count == axes.count {
                            results.append(try builder.reduce(kind, value, axes: axes))
                        }
                    }
                    results.append(try builder.reduce(.firstMaximum, value, axes: [1]))
                    results.append(try builder.reduce(.firstMinimum, value, axes: [0]))
                }
                return results
            }
        }
    }

    @Test func products() throws {
        var random = RandomTensors(7)
        for (m, n, k) in [(3, 5, 7), (1, 10, 300), (33, 17, 513), (4, 4, 0)] {
            let inputs = [
                ("a", random.floats([m, k], edges: m == 3)), ("b", random.floats([k, n])),
                ("at", random.floats([k, m])),
                ("bt", random.floats([n, k])),
            ]
            try check(inputs, threads: 2) { builder, x in
                [
                    try builder.matmul(x[0], x[1]), try builder.matmul(x[2], x[1], transposeA: true),
                    try builder.matmul(x[0], x[3], transposeB: true),
                    try builder.matmul(x[2], x[3], transposeA: true, transposeB: true),
                ]
            }
        }
        let inputs = [
            ("a", random.floats([2, 3, 4, 5])), ("b", random.floats([2, 1, 5, 6])), ("c", random.floats([5, 2])),
            ("d", random.floats([1, 3, 6, 5])),
        ]
        try check(inputs) { builder, x in
            [
                try builder.matmul(x[0], x[1]), try builder.matmul(x[0], x[2]),
                try builder.matmul(x[0], x[3], transposeB: true),
                try builder.matmul(x[2], x[0], transposeA: true, transposeB: true),
            ]
        }
    }

    @Test func integersAndBooleans() throws {
        var random = RandomTensors(8)
        let edges: [Int64] = [0, 1, -1, .max, .min, Int64(Int32.max), Int64(Int32.min), 7, -3]
        func wide(_ shape: [Int]) -> Tensor {
            Tensor((0..<shape.reduce(1, *)).map { _ in edges[random.below(edges.count)] }, shape: shape)
        }
        func narrow(_ shape: [Int]) -> Tensor {
            let values = (0..<shape.reduce(1, *)).map { _ in Int32(truncatingIfNeeded: edges[random.below(edges.count)])
            }
            return Tensor(values, shape: shape)
        }
        let inputs = [
            ("a", wide([3, 1, 5])), ("b", wide([1, 4, 5])), ("c", narrow([3, 1, 5])), ("d", narrow([4, 1])),
            ("p", random.booleans([3, 4, 1])), ("q", random.booleans([1, 5])),
            ("f", random.floats([3, 4, 5], edges: true)),
        ]
        try check(inputs) { builder, x in
            var results: [Value] = []
            for function in ScalarFunction.allCases {
                for (left, right) in [(0, 1), (1, 0), (2, 3), (3, 2), (4, 5)] {
                    let operands = Array([x[left], x[right]].prefix(function.arity))
                    guard operands.count == function.arity,
                        function.result(operands.map { builder.type($0).element }) != nil
                    else { continue }
                    results.append(try builder.map(function, operands))
                }
            }
            results.append(try builder.select(x[4], x[0], x[1]))
            results.append(try builder.select(x[5], x[2], x[3]))
            results.append(try builder.select(x[4], x[4], x[5]))
            for value in x {
                for type in [ElementType.float32, .int32, .int64, .bool] {
                    results.append(try builder.cast(value, to: type))
                }
            }
            return results
        }
    }
}
