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
        let hidden: Int
        let activations: [String]
    }

    private static func run(gates: Int) -> Lowering.Operator {
        { lowering in
            guard lowering.int("layout", 0) == 0, !lowering.has("clip"), lowering.int("input_forget", 0) == 0 else {
                throw lowering.refusal("layout, clip and input_forget are not supported")
            }
            guard !lowering.hasInput(7) else { throw lowering.refusal("peepholes are not supported") }
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            guard shape.count == 3 else { throw lowering.refusal("needs an input of three axes") }
            let (steps, batch) = (shape[0], shape[1])
            guard steps >= 1, steps <= 4096 else { throw lowering.refusal("\(steps) steps: 1...4096 are supported") }
            if lowering.hasInput(4) {
                guard let lengths = try? lowering.integers(4), lengths.allSatisfy({ $0 == steps }) else {
                    throw lowering.refusal("sequences of different length are not supported")
                }
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
                let direction = try prepare(lowering, number, gates: gates, steps: steps, batch: batch, names)
                var h = try state(lowering, 5, number, [batch, direction.hidden])
                var c = try state(lowering, 6, number, [batch, direction.hidden])
                var outputs = [Value](repeating: h, count: steps)
                for step in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
                    let row = try lowering.builder.slice(direction.projected, axis: 0, from: step, count: 1)
                    let projected = try lowering.builder.reshape(row, [batch, gates * direction.hidden])
                    (h, c) = try advance(lowering, gates, direction, projected, h, c)
                    outputs[step] = h
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
            lowering.set(0, try joined(all, 1))
            lowering.set(1, try joined(lastH, 0))
            if gates == 4 { lowering.set(2, try joined(lastC, 0)) }
        }
    }

    private static func state(_ lowering: Lowering, _ index: Int, _ direction: Int, _ shape: [Int]) throws -> Value {
        guard let given = try lowering.optional(index) else {
            return lowering.builder.constant(Tensor(shape: shape, type: .float32))
        }
        return try lowering.builder.reshape(
            try lowering.builder.slice(given, axis: 0, from: direction, count: 1), shape)
    }

    private static func prepare(
        _ lowering: Lowering, _ number: Int, gates: Int, steps: Int, batch: Int, _ activations: [String]
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
        let x = try lowering.input(0)
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
        return Direction(
            projected: projected, weights: recurrent, bias: recurrentBias, hidden: hidden, activations: activations)
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
        func apply(_ number: Int, _ value: Value) throws -> Value {
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
            let (i, o, f) = (
                try apply(0, try gate(sum, 0)), try apply(0, try gate(sum, 1)), try apply(0, try gate(sum, 2))
            )
            let cell = try apply(1, try gate(sum, 3))
            let next = try lowering.builder.add(
                try lowering.builder.multiply(f, c), try lowering.builder.multiply(i, cell))
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
