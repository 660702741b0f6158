import Graph
import Tensor
import Testing
import Training

@Suite struct OptimiserTests {
    @Test func textIsChecked() throws {
        let optimiser = try Optimiser("sgd lr=0.1 momentum=0.9 batch=8 schedule=step:2:0.5")
        #expect(optimiser.rate(epoch: 0, step: 0, of: 10) == 0.1)
        #expect(optimiser.rate(epoch: 4, step: 0, of: 10) == 0.025)
        #expect(try Optimiser("adam lr=1 schedule=linear").rate(epoch: 0, step: 5, of: 10) == 0.5)
        for text in [
            "", "sgd", "newton lr=1", "sgd lr=x", "sgd lr=1 lr=2", "sgd lr=1 speed=2", "adam lr=1 momentum=0.9",
            "sgd lr=1 batch=0",
            "sgd lr=nan", "sgd lr=1 schedule=cosine", "sgd lr=1 batch",
        ] {
            #expect(throws: OptimiserError.self, "\(text)") { try Optimiser(text) }
        }
    }

    /// Three steps of each method on a fixed gradient, against the scalar definitions, bit for bit.
    @Test func stepsAreTheScalarDefinitions() throws {
        let start: [Float] = [1, -2, 0.5, 3]
        let slopes: [Float] = [0.3, -0.7, 1e-3, 2]
        for text in [
            "sgd lr=0.1", "sgd lr=0.1 momentum=0.9", "sgd lr=0.1 momentum=0.9 nesterov=1", "adam lr=0.01",
            "adamw lr=0.01 decay=0.1",
            "adagrad lr=0.5",
        ] {
            let optimiser = try Optimiser(text)
            var builder = ProgramBuilder()
            let p = try builder.parameter("p", TensorType(.float32, [4]))
            let g = try builder.input("g", TensorType(.float32, [4]))
            try optimiser.appendStep(to: &builder, parameters: [p], gradients: [g])
            let program = builder.finish()
            let session = try Session(Plan(program))
            try session.write(p, Tensor(start, shape: [4]))
            try session.write(g, Tensor(slopes, shape: [4]))
            session.floats(of: try #require(program.value(named: Optimiser.rateInput)))[0] = optimiser.rate
            for value in program.parameters where program.node(value).name.hasPrefix("optimiser/power/") {
                session.floats(of: value)[0] = 1
            }
            var expected = start
            var first = [Float](repeating: 0, count: 4)
            var second = [Float](repeating: 0, count: 4)
            var (power1, power2) = (Float(1), Float(1))
            for _ in 0..<3 {
                try session.run()
                power1 *= optimiser.beta1
                power2 *= optimiser.beta2
                for i in 0..<4 {
                    switch optimiser.method {
                    case .sgd where optimiser.momentum == 0:
                        expected[i] = Reference.sgd(expected[i], slopes[i], rate: optimiser.rate)
                    case .sgd:
                        (expected[i], first[i]) = Reference.momentum(
                            expected[i], first[i], slopes[i], rate: optimiser.rate, momentum: optimiser.momentum,
                            nesterov: optimiser.isNesterov)
                    case .adam, .adamw:
                        (expected[i], first[i], second[i]) = Reference.adam(
                            expected[i], first[i], second[i], slopes[i], rate: optimiser.rate, beta1: optimiser.beta1,
                            beta2: optimiser.beta2, epsilon: optimiser.epsilon, beta1Power: power1, beta2Power: power2,
                            weightDecay: optimiser.decay)
                    case .adagrad:
                        (expected[i], second[i]) = Reference.adagrad(
                            expected[i], second[i], slopes[i], rate: optimiser.rate, epsilon: optimiser.epsilon)
                    }
                }
            }
            #expect(Array(session.floats(of: p)) == expected, "\(text)")
        }
    }

    @Test func clippingKeepsTheDirection() throws {
        var builder = ProgramBuilder()
        let p = try builder.parameter("p", TensorType(.float32, [2]))
        let g = try builder.input("g", TensorType(.float32, [2]))
        try Optimiser("sgd lr=1 clip=1").appendStep(to: &builder, parameters: [p], gradients: [g])
        let program = builder.finish()
        let session = try Session(Plan(program))
        try session.write(g, Tensor([3, 4] as [Float], shape: [2]))
        session.floats(of: try #require(program.value(named: Optimiser.rateInput)))[0] = 1
        try session.run()
        #expect(zip(session.floats(of: p), [-0.6, -0.8] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
