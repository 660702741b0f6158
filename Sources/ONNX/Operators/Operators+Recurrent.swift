import Graph
import Tensor

extension Operators {
    static let recurrent: [String: Lowering.Operator] = [
        "LSTM": run(gates: 4), "GRU": run(gates: 3), "RNN": run(gates: 1),
    ]

    /// What one direction of a recurrent layer needs.
    private struct Direction {
        /// Products of all inputs with the input weights, biases added: `[steps, batch, gates * hidden]`.
        let projected: Value
        /// Recurrent weights, `[hidden, gates * hidden]` by transposition.
        let weights: Value
        /// Recurrent bias `[gates * hidden]`, used apart by GRU only.
        let bias: Value?
        /// Weights from the cell to the gates input, output, forget: `[1, 3 * hidden]`, LSTM only.
        let peepholes: Value?
        let hidden: Int
        let activations: [String]
    }

    private static func run(gates: Int) -> Lowering.Operator {
        { lowering in
            guard lowering.int("input_forget", 0) == 0, !lowering.has("activation_alpha"),
                !lowering.has("activation_beta")
            else { throw lowering.refusal("input_forget and numbers of activations are not supported") }
            var x = try lowering.input(0)
            guard lowering.shape(x).count == 3 else { throw lowering.refusal("needs an input of three axes") }
            // Layout 1 has the batch first, in states too.
            let isBatchFirst = lowering.int("layout", 0) == 1
            if isBatchFirst { x = try lowering.builder.permute(x, [1, 0, 2]) }
            let shape = lowering.shape(x)
            let (steps, batch) = (shape[0], shape[1])
            guard steps >= 1, steps <= 4096 else { throw lowering.refusal("\(steps) steps: 1...4096 are supported") }
            var lengths: Value?
            if let given = try lowering.optional(4) {
                let isWhole = try lowering.known(given) != nil && lowering.integers(4).allSatisfy { $0 == steps }
                lengths =
                    isWhole
                    ? nil : try lowering.builder.reshape(try lowering.builder.cast(given, to: .int64), [batch, 1])
            }
            let directions = lowering.text("direction", "forward")
            let reversed = directions == "bidirectional" ? [false, true] : [directions == "reverse"]
            let standard = gates == 4 ? ["Sigmoid", "Tanh", "Tanh"] : gates == 3 ? ["Sigmoid", "Tanh"] : ["Tanh"]
            let stated = lowering.texts("activations") ?? standard + (reversed.count == 2 ? standard : [])
            guard stated.count == standard.count * reversed.count else {
                throw lowering.refusal("the activations \(stated) do not fit")
            }
            var (all, lastH, lastC): ([Value], [Value], [Value]) = ([], [], [])
            for (number, isReversed) in reversed.enumerated() {
                let names = Array(stated[number * standard.count..<(number + 1) * standard.count])
                let direction = try prepare(lowering, x, number, gates: gates, names)
                var h = try state(lowering, 5, number, [batch, direction.hidden], isBatchFirst)
                var c = try state(lowering, 6, number, [batch, direction.hidden], isBatchFirst)
                var outputs = [Value](repeating: h, count: steps)
                for step in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
                    let row = try lowering.builder.slice(direction.projected, axis: 0, from: step, count: 1)
                    let projected = try lowering.builder.reshape(row, [batch, gates * direction.hidden])
                    let (nextH, nextC) = try advance(lowering, gates, direction, projected, h, c)
                    outputs[step] = nextH
                    guard let lengths else {
                        (h, c) = (nextH, nextC)
                        continue
                    }
                    // Beyond its length a sequence keeps its state and gives zeros.
                    let isInside = try lowering.builder.map(.less, try lowering.whole(step, like: lengths), lengths)
                    h = try lowering.builder.select(isInside, nextH, h)
                    c = try lowering.builder.select(isInside, nextC, c)
                    outputs[step] = try lowering.builder.select(isInside, nextH, lowering.builder.scalar(0))
                }
                var stacked: [Value] = []
                for output in outputs {
                    stacked.append(try lowering.builder.reshape(output, [1, 1, batch, direction.hidden]))
                }
                all.append(
                    stacked.count == 1 ? stacked[0] : try lowering.builder.append(.concatenate(axis: 0), stacked))
                lastH.append(try lowering.builder.reshape(h, [1, batch, direction.hidden]))
                lastC.append(try lowering.builder.reshape(c, [1, batch, direction.hidden]))
            }
            func joined(_ values: [Value], _ axis: Int) throws -> Value {
                values.count == 1 ? values[0] : try lowering.builder.append(.concatenate(axis: axis), values)
            }
            let outputs = try joined(all, 1)
            lowering.set(0, isBatchFirst ? try lowering.builder.permute(outputs, [2, 0, 1, 3]) : outputs)
            for (index, states) in [(1, lastH), (2, lastC)] where index == 1 || gates == 4 {
                let last = try joined(states, 0)
                lowering.set(index, isBatchFirst ? try lowering.builder.permute(last, [1, 0, 2]) : last)
            }
        }
    }

    private static func state(
        _ lowering: Lowering, _ index: Int, _ direction: Int, _ shape: [Int], _ isBatchFirst: Bool
    ) throws -> Value {
        guard var given = try lowering.optional(index) else {
            return lowering.builder.constant(Tensor(shape: shape, type: .float32))
        }
        if isBatchFirst { given = try lowering.builder.permute(given, [1, 0, 2]) }
        return try lowering.builder.reshape(
            try lowering.builder.slice(given, axis: 0, from: direction, count: 1), shape)
    }

    private static func prepare(
        _ lowering: Lowering, _ x: Value, _ number: Int, gates: Int, _ activations: [String]
    ) throws -> Direction {
        let (w, r) = (try lowering.input(1), try lowering.input(2))
        let (shapeW, shapeR) = (lowering.shape(w), lowering.shape(r))
        guard shapeW.count == 3, shapeR.count == 3, number < shapeW[0], shapeW[1] % gates == 0, shapeR[1] == shapeW[1],
            shapeR[2] * gates == shapeR[1]
        else { throw lowering.refusal("the weights \(shapeW) and \(shapeR) do not fit") }
        let hidden = shapeR[2]
        let input = try lowering.builder.reshape(
            try lowering.builder.slice(w, axis: 0, from: number, count: 1), Array(shapeW[1...]))
        let recurrent = try lowering.builder.reshape(
            try lowering.builder.slice(r, axis: 0, from: number, count: 1), Array(shapeR[1...]))
        var projected = try lowering.builder.matmul(x, input, transposeB: true)
        var recurrentBias: Value?
        if let bias = try lowering.optional(3) {
            let row = try lowering.builder.reshape(
                try lowering.builder.slice(bias, axis: 0, from: number, count: 1), [2 * gates * hidden])
            let first = try lowering.builder.slice(row, axis: 0, from: 0, count: gates * hidden)
            let second = try lowering.builder.slice(row, axis: 0, from: gates * hidden, count: gates * hidden)
            projected = try lowering.builder.add(projected, first)
            if gates == 3 {
                recurrentBias = second
            } else {
                projected = try lowering.builder.add(projected, second)
            }
        }
        var peepholes: Value?
        if gates == 4, let given = try lowering.optional(7) {
            peepholes = try lowering.builder.reshape(
                try lowering.builder.slice(given, axis: 0, from: number, count: 1), [1, 3 * hidden])
        }
        return Direction(
            projected: projected, weights: recurrent, bias: recurrentBias, peepholes: peepholes, hidden: hidden,
            activations: activations)
    }

    private static func advance(
        _ lowering: Lowering, _ gates: Int, _ layer: Direction, _ projected: Value, _ h: Value, _ c: Value
    ) throws -> (Value, Value) {
        let size = layer.hidden
        var inner = try lowering.builder.matmul(h, layer.weights, transposeB: true)
        if let bias = layer.bias { inner = try lowering.builder.add(inner, bias) }
        func gate(_ value: Value, _ number: Int) throws -> Value {
            try lowering.builder.slice(value, axis: 1, from: number * size, count: size)
        }
        /// The cell's share of a gate.
        func peeped(_ sum: Value, _ number: Int, _ cell: Value) throws -> Value {
            let own = try gate(sum, number)
            guard let weights = layer.peepholes else { return own }
            return try lowering.builder.map(.fusedMultiplyAdd, try gate(weights, number), cell, own)
        }
        func apply(_ number: Int, _ given: Value) throws -> Value {
            var value = given
            if lowering.has("clip") {
                let bound = lowering.float("clip", 0)
                value = try lowering.builder.map(.maximum, value, lowering.builder.scalar(-bound))
                value = try lowering.builder.map(.minimum, value, lowering.builder.scalar(bound))
            }
            switch layer.activations[number].lowercased() {
            case "sigmoid": return try lowering.builder.map(.sigmoid, value)
            case "tanh": return try lowering.builder.map(.tanh, value)
            case "relu": return try lowering.builder.map(.relu, value)
            default: throw lowering.refusal("the activation '\(layer.activations[number])' is not supported")
            }
        }
        if gates == 1 {
            return (try apply(0, try lowering.builder.add(projected, inner)), c)
        }
        if gates == 4 {
            // Order of the gates: input, output, forget, cell.
            let sum = try lowering.builder.add(projected, inner)
            let (i, f) = (try apply(0, try peeped(sum, 0, c)), try apply(0, try peeped(sum, 2, c)))
            let cell = try apply(1, try gate(sum, 3))
            let next = try lowering.builder.add(
                try lowering.builder.multiply(f, c), try lowering.builder.multiply(i, cell))
            let o = try apply(0, try peeped(sum, 1, next))
            return (try lowering.builder.multiply(o, try apply(2, next)), next)
        }
        // Order of the gates: update, reset, hidden.
        let z = try apply(0, try lowering.builder.add(try gate(projected, 0), try gate(inner, 0)))
        let r = try apply(0, try lowering.builder.add(try gate(projected, 1), try gate(inner, 1)))
        let candidate: Value
        if lowering.int("linear_before_reset", 0) == 1 {
            candidate = try lowering.builder.add(
                try gate(projected, 2), try lowering.builder.multiply(r, try gate(inner, 2)))
        } else {
            let weights = try lowering.builder.slice(layer.weights, axis: 0, from: 2 * size, count: size)
            var reset = try lowering.builder.matmul(try lowering.builder.multiply(r, h), weights, transposeB: true)
            if let bias = layer.bias {
                reset = try lowering.builder.add(
                    reset, try lowering.builder.slice(bias, axis: 0, from: 2 * size, count: size))
            }
            candidate = try lowering.builder.add(try gate(projected, 2), reset)
        }
        let next = try apply(1, candidate)
        // (1 - z) * next + z * h
        let fresh = try lowering.builder.multiply(try lowering.builder.subtract(lowering.builder.scalar(1), z), next)
        return (try lowering.builder.add(fresh, try lowering.builder.multiply(z, h)), c)
    }
}
