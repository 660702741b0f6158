package import Graph
import Tensor

extension Optimiser {
    /// The name of the scalar input that carries the learning rate of a step.
    package static let rateInput = "optimiser/rate"

    /// Appends the operations of one step: every parameter of `parameters` moves along its gradient.
    ///
    /// State (velocity, moments, running products of the betas) becomes further parameters, named `optimiser/...`. They start
    /// at zero, the products at one.
    package func appendStep(
        to builder: inout ProgramBuilder, parameters: [Value], gradients: [Value]
    ) throws(ProgramError) {
        let rate = try builder.input(Self.rateInput, TensorType(.float32, []))
        let downhill = try builder.map(.negate, rate)
        var slopes = gradients
        if let clip { slopes = try clipped(slopes, to: clip, &builder) }
        var powers: (Value, Value)?
        if method == .adam || method == .adamw { powers = try betaPowers(&builder) }
        for (parameter, gradient) in zip(parameters, slopes) {
            let name = builder.nodes[parameter.index].name
            let type = builder.type(parameter)
            func state(_ kind: String, _ builder: inout ProgramBuilder) throws(ProgramError) -> Value {
                try builder.parameter("optimiser/\(kind)/\(name)", type)
            }
            var slope = gradient
            if decay > 0, method != .adamw {
                slope = try builder.map(.fusedMultiplyAdd, builder.scalar(decay), parameter, slope)
            }
            switch method {
            case .sgd:
                if momentum > 0 {
                    let velocity = try state("velocity", &builder)
                    let next = try builder.map(.fusedMultiplyAdd, builder.scalar(momentum), velocity, slope)
                    try builder.update(velocity, to: next)
                    slope =
                        isNesterov ? try builder.map(.fusedMultiplyAdd, builder.scalar(momentum), next, slope) : next
                }
                try builder.update(parameter, to: try builder.map(.fusedMultiplyAdd, downhill, slope, parameter))
            case .adam, .adamw:
                guard let powers else { preconditionFailure("made above for both methods") }
                let first = try state("first", &builder)
                let second = try state("second", &builder)
                try adam(&builder, parameter, slope, first, second, powers, rate: rate, downhill: downhill)
            case .adagrad:
                let squares = try state("squares", &builder)
                let next = try builder.map(.fusedMultiplyAdd, slope, slope, squares)
                try builder.update(squares, to: next)
                let root = try builder.add(try builder.map(.squareRoot, next), builder.scalar(epsilon))
                let direction = try builder.divide(slope, root)
                try builder.update(parameter, to: try builder.map(.fusedMultiplyAdd, downhill, direction, parameter))
            }
        }
    }

    /// beta1^t and beta2^t by running products, this step included.
    private func betaPowers(_ builder: inout ProgramBuilder) throws(ProgramError) -> (Value, Value) {
        var results: [Value] = []
        for (name, beta) in [("beta1", beta1), ("beta2", beta2)] {
            let power = try builder.parameter("optimiser/power/\(name)", TensorType(.float32, []))
            let next = try builder.multiply(power, builder.scalar(beta))
            try builder.update(power, to: next)
            results.append(next)
        }
        return (results[0], results[1])
    }

    private func adam(
        _ builder: inout ProgramBuilder, _ parameter: Value, _ slope: Value, _ first: Value, _ second: Value,
        _ powers: (Value, Value), rate: Value, downhill: Value
    ) throws(ProgramError) {
        let one = builder.scalar(1)
        let m = try builder.map(
            .fusedMultiplyAdd, builder.scalar(beta1), first, try builder.multiply(builder.scalar(1 - beta1), slope))
        let square = try builder.multiply(try builder.multiply(builder.scalar(1 - beta2), slope), slope)
        let v = try builder.map(.fusedMultiplyAdd, builder.scalar(beta2), second, square)
        try builder.update(first, to: m)
        try builder.update(second, to: v)
        let mean = try builder.divide(m, try builder.subtract(one, powers.0))
        let spread = try builder.divide(v, try builder.subtract(one, powers.1))
        let root = try builder.add(try builder.map(.squareRoot, spread), builder.scalar(epsilon))
        var start = parameter
        if decay > 0, method == .adamw {
            let shrink = try builder.multiply(downhill, builder.scalar(decay))
            start = try builder.map(.fusedMultiplyAdd, shrink, parameter, parameter)
        }
        let direction = try builder.divide(mean, root)
        try builder.update(parameter, to: try builder.map(.fusedMultiplyAdd, downhill, direction, start))
    }

    /// Every gradient times min(1, clip / norm), the norm over all of them.
    private func clipped(
        _ gradients: [Value], to limit: Float, _ builder: inout ProgramBuilder
    ) throws(ProgramError) -> [Value] {
        var total: Value?
        for gradient in gradients {
            let square = try builder.multiply(gradient, gradient)
            let sum = try builder.sum(square, axes: Array(builder.shape(square).indices), keepsAxes: false)
            if let known = total { total = try builder.add(known, sum) } else { total = sum }
        }
        guard let total else { return gradients }
        let norm = try builder.map(.squareRoot, total)
        let factor = try builder.map(
            .minimum, builder.scalar(1), try builder.divide(builder.scalar(limit), norm))
        var results: [Value] = []
        for gradient in gradients { results.append(try builder.multiply(gradient, factor)) }
        return results
    }
}
