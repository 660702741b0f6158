import Bytes
import Datasets
import Graph
import Tensor
import Testing
import Training

@Suite struct ModelTests {
    @Test func theDigitsModelHas2410Parameters() {
        let model = Model.digits
        #expect(model.parameterCount == 2410)
        #expect(model.slots.map(\.name) == ["w1", "b1", "w2", "b2"])
        #expect(model.slots.map(\.range) == [0..<2048, 2048..<2080, 2080..<2400, 2400..<2410])
        #expect(Model.mlp([64, 128, 64, 10]).parameterCount == 17_226)
    }

    @Test func theHashNamesTheProgram() {
        #expect(Model.digits.programHash == Model.mlp([64, 32, 10]).programHash)
        #expect(Model.digits.programHash != Model.mlp([64, 33, 10]).programHash)
        #expect(
            Model.mlp([2, 3, 2]).programText == """
                %0 = input "x" : float32[1,2]
                %1 = parameter "w1" : float32[2,3]
                %2 = parameter "b1" : float32[3]
                %3 = parameter "w2" : float32[3,2]
                %4 = parameter "b2" : float32[2]
                %5 = matmul %0 %1 : float32[1,3]
                %6 = reshape %2 : float32[1,3]
                %7 = add %5 %6 : float32[1,3]
                %8 = relu %7 : float32[1,3]
                %9 = matmul %8 %3 : float32[1,2]
                %10 = reshape %4 : float32[1,2]
                %11 = add %9 %10 : float32[1,2]
                output "logits" = %11

                """)
    }

    @Test func initialParametersDeriveFromTheSeed() {
        let one = Model.digits.initialParameters(seed: Hash32(0, 0, 0, 1))
        #expect(one == Model.digits.initialParameters(seed: Hash32(0, 0, 0, 1)))
        #expect(one != Model.digits.initialParameters(seed: Hash32(0, 0, 0, 2)))
        #expect(one[..<2080].allSatisfy { abs($0) < 0.125 })
        #expect(one.contains { $0 < -0.1 } && one.contains { $0 > 0.1 })
    }

    @Test func aWholeTrainingStepEqualsItsRecipes() throws {
        let model = Model.mlp([5, 4, 3])
        for text in ["sgd lr=0.1 momentum=0.9", "adamw lr=0.1 decay=0.1 clip=0.5"] {
            let program = try model.trainingProgram(Optimiser(text), rows: 3)
            var stream = RandomStream(key: .zero, purpose: "test")
            var sources: [String: Tensor] = [:]
            for value in program.inputs + program.parameters {
                let type = program.type(value)
                if type.element == .int32 {
                    sources[program.node(value).name] = Tensor([0, 2, 1] as [Int32], shape: [3])
                } else {
                    let values = (0..<type.count).map { _ in stream.uniform() }
                    sources[program.node(value).name] = Tensor(values, shape: type.shape)
                }
            }
            let expected = try ReferenceExecutor.run(program, sources)
            let session = try Session(Plan(program))
            for value in program.inputs + program.parameters {
                try session.write(value, try #require(sources[program.node(value).name]))
            }
            try session.run()
            for update in program.updates {
                #expect(session.tensor(of: update.parameter) == expected[update.value.index])
            }
        }
    }

    @Test func wrongArgumentsAreRefused() throws {
        let trainer = try Trainer(model: .digits, optimiser: .digits)
        let digits = try Digits.load()
        let parameters = Model.digits.initialParameters(seed: .zero)
        #expect(throws: TrainingError("2409 parameters were given, the model has 2410")) {
            try trainer.train(Array(parameters.dropLast()), on: digits, epochs: 1, key: .zero, round: 0, holder: 0)
        }
        #expect(throws: TrainingError.self) {
            try trainer.train(parameters, on: digits.selecting([]), epochs: 1, key: .zero, round: 0, holder: 0)
        }
        #expect(throws: TrainingError("3 numbers are no rows of 64 features")) {
            try trainer.probabilities(parameters, features: [1, 2, 3])
        }
        #expect(throws: TrainingError.self) { try Trainer(model: .digits, optimiser: .digits, threads: 0) }
        // One row, fewer than a batch, trains.
        let one = try trainer.train(parameters, on: digits.selecting([5]), epochs: 3, key: .zero, round: 0, holder: 0)
        #expect(one != parameters)
    }

    @Test func probabilitiesSumToOneWhateverTheNumberOfRows() throws {
        let trainer = try Trainer(model: .digits, optimiser: .digits)
        let digits = try Digits.load()
        let parameters = Model.digits.initialParameters(seed: .zero)
        let all = try trainer.probabilities(parameters, features: digits.features)
        #expect(all.count == digits.rows * 10)
        let one = try trainer.probabilities(parameters, features: digits.features(ofRow: 700))
        #expect(one == Array(all[7000..<7010]))
        #expect(abs(one.reduce(0, +) - 1) < 1e-6)
    }
}
