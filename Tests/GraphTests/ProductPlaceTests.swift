import Graph
import Tensor
import Testing

/// Products that read cut, turned and permuted operands where they lie and write to where their result is wanted, against the replay.
@Suite struct ProductPlaceTests {
    /// Also with the swap that the operation itself has, so that two undo each other.
    @Test(arguments: [(1, 5), (20, 7), (33, 300)])
    func turnedOperands(_ rows: Int, _ links: Int) throws {
        var random = RandomTensors(1)
        let inputs = [
            ("a", random.floats([links, rows], edges: true)), ("b", random.floats([9, links], edges: true)),
        ]
        for flags in 0..<4 {
            let (turnsA, turnsB) = (flags & 1 == 0, flags & 2 == 0)
            try expectReplay(inputs, steps: ["matmul"]) { builder, x in
                let a = turnsA ? try builder.permute(x[0], [1, 0]) : x[0]
                let b = turnsB ? try builder.permute(x[1], [1, 0]) : x[1]
                return [try builder.matmul(a, b, transposeA: !turnsA, transposeB: !turnsB)]
            }
        }
    }

    @Test func cutOperands() throws {
        var random = RandomTensors(2)
        let inputs = [("a", random.floats([12, 40])), ("b", random.floats([40, 30]))]
        try expectReplay(inputs, steps: ["matmul"]) { builder, x in
            let a = try builder.slice(x[0], axis: 1, from: 3, count: 20)
            let b = try builder.slice(try builder.slice(x[1], axis: 0, from: 5, count: 20), axis: 1, from: 7, count: 19)
            return [try builder.matmul(a, b)]
        }
        // Every second column is no run of neighbours: it is copied.
        try expectReplay(inputs, steps: ["slice", "matmul"]) { builder, x in
            let a = try builder.slice(x[0], start: [0, 0], step: [1, 2], shape: [12, 20])
            return [try builder.matmul(a, try builder.slice(x[1], axis: 0, from: 5, count: 20))]
        }
        // Backwards neither.
        try expectReplay(inputs, steps: ["slice", "matmul"]) { builder, x in
            let a = try builder.slice(x[0], start: [11, 0], step: [-1, 1], shape: [12, 40])
            return [try builder.matmul(a, x[1])]
        }
    }

    @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    func permutedResults(_ order: [Int]) throws {
        var random = RandomTensors(3)
        let inputs = [("a", random.floats([5, 18, 7], edges: true)), ("b", random.floats([5, 7, 11]))]
        // The last axis of the result must be one of the product's own two, or else it is copied.
        let steps = order[2] == 0 ? ["matmul", "permute"] : ["matmul"]
        try expectReplay(inputs, steps: order == [0, 1, 2] ? nil : steps) { builder, x in
            let turned = try builder.permute(try builder.matmul(x[0], x[1]), order)
            return [turned]
        }
        try expectReplay(inputs) { builder, x in
            let product = try builder.matmul(x[0], x[1])
            let turned = try builder.permute(product, order)
            return [product, try builder.map(.exp, turned), try builder.softmax(turned)]
        }
    }

    /// What is computed of permuted heads is stored in the order of the heads, whichever way products read it.
    @Test func elementwiseBeforeProducts() throws {
        var random = RandomTensors(5)
        let inputs = [
            ("q", random.floats([2, 9, 3, 5])), ("k", random.floats([2, 8, 3, 5])), ("s", random.floats([5])),
        ]
        try expectReplay(inputs, steps: ["multiply", "exp", "matmul"]) { builder, x in
            let q = try builder.multiply(try builder.permute(x[0], [0, 2, 1, 3]), builder.scalar(0.3))
            let k = try builder.map(.exp, try builder.permute(x[1], [0, 2, 3, 1]))
            return [try builder.matmul(q, k)]
        }
        try expectReplay(inputs) { builder, x in
            let q = try builder.multiply(try builder.permute(x[0], [0, 2, 1, 3]), x[2])
            let k = try builder.map(.exp, try builder.permute(x[1], [0, 2, 3, 1]))
            return [try builder.matmul(q, k), try builder.matmul(k, q, transposeA: true, transposeB: true), q]
        }
    }

    /// The bias that runs inside a product's call is a whole vector even when it was cut or stretched.
    @Test func cutAndStretchedBiases() throws {
        var random = RandomTensors(6)
        let inputs = [
            ("a", random.floats([4, 6])), ("b", random.floats([6, 5])), ("v", random.floats([9])),
            ("s", random.floats([1])),
        ]
        try expectReplay(inputs) { builder, x in
            let product = try builder.matmul(x[0], x[1])
            let cut = try builder.map(
                .relu, try builder.add(product, try builder.slice(x[2], axis: 0, from: 2, count: 5)))
            let wide = try builder.append(.broadcast([5]), [x[3]])
            let again = try builder.matmul(try builder.map(.exp, x[0]), x[1])
            return [cut, try builder.add(again, wide)]
        }
    }

    /// The gradient of turned weights is turned back, and moves the weights.
    @Test func gradientsOfTurnedWeights() throws {
        var random = RandomTensors(4)
        var builder = ProgramBuilder()
        let x = try builder.input("x", TensorType(.float32, [6, 10]))
        let w = try builder.parameter("w", TensorType(.float32, [4, 10]))
        let y = try builder.matmul(x, try builder.permute(w, [1, 0]))
        let loss = try builder.meanSquaredError(try builder.map(.tanh, y), target: builder.scalar(0))
        let gradient = try builder.gradients(of: loss, for: [w])[0]
        builder.output("loss", loss)
        builder.output("gradient", gradient)
        let sources = ["x": random.floats([6, 10]), "w": random.floats([4, 10])]
        #expect(try difference(builder.finish(), sources, on: everyKernels) == nil)
    }
}
