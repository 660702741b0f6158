import Graph
import Tensor
import Testing

/// Softmax, norms and their gradients as one pass over the rows, against the replay of every element, bit for bit.
@Suite struct RowGroupTests {
    @Test(arguments: [[3, 2], [2, 3, 16], [5, 17], [1, 1, 130], [70, 33], [9, 1025], [2, 5000]])
    func softmaxAndNorms(_ shape: [Int]) throws {
        var random = RandomTensors(UInt64(shape.reduce(0, +)))
        let width = shape[shape.count - 1]
        for edges in [false, true] {
            let inputs = [
                ("x", random.floats(shape, edges: edges)), ("g", random.floats([width], edges: edges)),
                ("b", random.floats([width])),
            ]
            try expectReplay(inputs, steps: ["rows"]) { builder, x in [try builder.softmax(x[0])] }
            try expectReplay(inputs, steps: ["rows"]) { builder, x in [try builder.logSoftmax(x[0])] }
            try expectReplay(inputs, steps: ["rows"]) { builder, x in
                [try builder.layerNorm(x[0], gamma: x[1], beta: x[2], epsilon: 1e-5, axis: shape.count - 1)]
            }
            try expectReplay(inputs, steps: ["rows"]) { builder, x in
                [try builder.layerNorm(x[0], gamma: x[1], beta: nil, epsilon: 1e-5, axis: shape.count - 1)]
            }
            // RMS norm.
            try expectReplay(inputs, steps: ["rows"]) { builder, x in
                let square = try builder.mean(try builder.multiply(x[0], x[0]), axes: [shape.count - 1])
                return [
                    try builder.multiply(
                        try builder.multiply(x[0], try builder.inverseRoot(square, epsilon: 1e-6)), x[1])
                ]
            }
        }
    }

    @Test func rowsOfSeveralAxes() throws {
        var random = RandomTensors(2)
        let inputs = [("x", random.floats([4, 3, 5])), ("g", random.floats([3, 5])), ("b", random.floats([1, 5]))]
        try expectReplay(inputs, steps: ["rows"]) { builder, x in
            [try builder.layerNorm(x[0], gamma: x[1], beta: x[2], epsilon: 1e-5, axis: 1)]
        }
    }

    /// Masks that stretch along any axis, and choose or add.
    @Test func masks() throws {
        var random = RandomTensors(3)
        for shape in [[2, 3, 4, 5], [1, 1, 4, 5], [2, 1, 1, 5], [2, 3, 4, 1], [1, 3, 1, 1], [5], []] {
            let inputs = [
                ("x", random.floats([2, 3, 4, 5])), ("m", random.floats(shape, edges: true)),
                ("c", random.booleans(shape)),
            ]
            try expectReplay(inputs, steps: ["rows"]) { builder, x in
                [try builder.softmax(try builder.add(x[0], x[1]))]
            }
            try expectReplay(inputs, steps: ["rows"]) { builder, x in
                [try builder.softmax(try builder.select(x[2], x[0], builder.scalar(-.infinity)))]
            }
            try expectReplay(inputs) { builder, x in
                [try builder.softmax(try builder.multiply(builder.scalar(3), try builder.map(.gate, x[0], x[1])))]
            }
        }
    }

    /// Rows that are cut, permuted or stretched.
    @Test func viewsOfRows() throws {
        var random = RandomTensors(4)
        let inputs = [("x", random.floats([6, 7, 8])), ("s", random.floats([1, 7, 1]))]
        try expectReplay(inputs) { builder, x in
            let exponentials = try builder.map(.exp, try builder.permute(x[0], [2, 0, 1]))
            let cut = try builder.map(.negate, try builder.slice(x[0], axis: 2, from: 1, count: 5))
            let wide = try builder.append(.broadcast([6, 7, 8]), [x[1]])
            return [
                try builder.softmax(exponentials), try builder.softmax(cut),
                try builder.divide(
                    try builder.map(.exp, wide), try builder.sum(try builder.multiply(wide, x[0]), axes: [2])),
            ]
        }
    }

    /// What is read of the inside elsewhere is stored: by outputs, by later steps, by gradients.
    @Test func whatOthersReadIsThere() throws {
        var random = RandomTensors(5)
        let inputs = [
            ("x", random.floats([6, 33])), ("g", random.floats([33])), ("b", random.floats([33])),
            ("t", random.floats([6, 33])),
        ]
        try expectReplay(inputs) { builder, x in
            let exponentials = try builder.map(
                .exp, try builder.subtract(x[0], try builder.reduce(.maximum, x[0], axes: [1])))
            let sum = try builder.sum(exponentials, axes: [1])
            return [
                exponentials, sum, try builder.divide(exponentials, sum),
                try builder.matmul(exponentials, x[3], transposeB: true),
            ]
        }
        try expectReplay(inputs) { builder, x in
            let normal = try builder.layerNorm(x[0], gamma: x[1], beta: x[2], epsilon: 1e-5, axis: 1)
            let weights = try builder.softmax(try builder.multiply(normal, x[3]))
            let loss = try builder.meanSquaredError(weights, target: x[3])
            return [loss, normal] + (try builder.gradients(of: loss, for: [x[0], x[1], x[2], x[3]]))
        }
    }

    /// A value between two folds that something outside reads on the way back into the group cannot be left out of its turn.
    @Test func readersInBetweenKeepTheirTurn() throws {
        var random = RandomTensors(6)
        let inputs = [("x", random.floats([8, 12])), ("w", random.floats([12, 12]))]
        try expectReplay(inputs) { builder, x in
            let first = try builder.softmax(x[0])
            let product = try builder.matmul(first, x[1])
            return [try builder.softmax(try builder.add(first, product))]
        }
    }

    /// Many rows on two threads.
    @Test func largeGroupsAreShared() throws {
        var random = RandomTensors(7)
        let inputs = [("x", random.floats([300, 65])), ("g", random.floats([65])), ("b", random.floats([65]))]
        try expectReplay(inputs, steps: ["rows"]) { builder, x in
            let y = try builder.add(x[0], x[0])
            return [try builder.layerNorm(y, gamma: x[1], beta: x[2], epsilon: 1e-5, axis: 1), y]
        }
    }

    @Test func crossEntropyAndItsGradient() throws {
        var random = RandomTensors(8)
        let inputs = [("x", random.floats([10, 7], edges: true)), ("t", random.indices([10], below: 7))]
        try expectReplay(inputs) { builder, x in
            let loss = try builder.crossEntropy(x[0], labels: x[1])
            return [loss] + (try builder.gradients(of: loss, for: [x[0]]))
        }
    }
}
