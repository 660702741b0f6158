import Bytes
import Datasets
import Formats
import Graph
import Networks
import ONNX
import Tensor
import Testing
import Training

@Suite struct NetworkTrainingTests {
    private let network: Network
    private let data: Samples
    private let held: Samples

    init() throws {
        network = try Network(networkFile([64, 16, 10]), name: "m.onnx")
        let digits = try Digits.load()
        data = try network.samples(digits.selecting(Array(0..<600)))
        held = try network.samples(digits.selecting(Array(600..<800)))
    }

    private func settings(_ epochs: Int, _ optimiser: String = "adam lr=0.01 batch=32") throws -> TrainingSettings {
        TrainingSettings(loss: .crossEntropy, optimiser: try Optimiser(optimiser), epochs: epochs)
    }

    private func training(_ settings: TrainingSettings) throws -> NetworkTraining {
        try NetworkTraining(network, training: data, validation: held, settings: settings)
    }

    @Test func learnsAndWritesTheFile() throws {
        let run = try training(settings(12))
        while try run.next() != nil {}
        #expect(run.history.map(\.epoch) == Array(1...12))
        #expect(try #require(run.history.last?.accuracy) > 0.8)
        let trained = try Network(try run.modelBytes(), name: "trained.onnx")
        #expect(try trained.evaluate(on: held) == run.metrics)
        #expect(try run.judged() == run.metrics)
    }

    /// Stopped within an epoch, after an epoch, or never: the same bytes.
    @Test(arguments: [1, 18, 19, 40]) func goesOnFromAnyStepToTheSameBytes(_ steps: Int) throws {
        let whole = try training(settings(3))
        while try whole.advance() != nil {}
        let first = try training(settings(3))
        for _ in 0..<steps { _ = try first.advance() }
        let second = try training(settings(3))
        try second.resume(first.checkpoint(), name: "state.npz")
        while try second.advance() != nil {}
        #expect(try second.modelBytes() == whole.modelBytes())
        #expect(second.history == whole.history)
        #expect(second.checkpoint() == whole.checkpoint())
    }

    @Test func checkpointsOfOtherTrainingsAreRefusedByName() throws {
        let state = try training(settings(3)).checkpoint()
        let other = try training(settings(3, "adam lr=0.02 batch=32"))
        #expect(
            throws: NetworkError(
                "s.npz is of another training: its optimiser is 'adam lr=0.01 batch=32', this one's 'adam lr=0.02 batch=32'. Remove the file to begin anew"
            )
        ) { try other.resume(state, name: "s.npz") }
        let less = try NetworkTraining(
            network, training: data.selecting([0, 1, 2]), validation: held, settings: settings(3))
        #expect(throws: NetworkError.self) { try less.resume(state, name: "s.npz") }
        #expect(throws: NetworkError("s.npz is no checkpoint of a training")) {
            try other.resume(Npz.write([]), name: "s.npz")
        }
        #expect(throws: FormatError.self) { try other.resume([1, 2, 3], name: "s.npz") }
    }

    @Test func earlyStoppingKeepsTheBestWeights() throws {
        var wanted = try settings(60, "adam lr=0.05 batch=8")
        wanted.patience = 2
        let run = try training(wanted)
        while try run.next() != nil {}
        let losses = run.history.compactMap(\.validationLoss)
        let best = try #require(losses.min())
        let place = try #require(losses.firstIndex(of: best))
        #expect(run.isStopped)
        #expect(run.best?.epoch == place + 1)
        #expect(losses.count == place + 3)
        #expect(try run.judged()?.loss == best)
        let written = try Network(try run.modelBytes(), name: "best.onnx")
        #expect(try written.evaluate(on: held).loss == best)
        // The best weights survive a checkpoint.
        let again = try training(wanted)
        try again.resume(run.checkpoint(), name: "state.npz")
        #expect(again.isStopped)
        #expect(try again.advance() == nil)
        #expect(try again.modelBytes() == run.modelBytes())
        #expect(throws: NetworkError("early stopping needs rows to judge by: there are none held back")) {
            try NetworkTraining(network, training: data, validation: nil, settings: wanted)
        }
    }

    @Test func adaptersTrainAloneAndAreMerged() throws {
        var wanted = try settings(4)
        wanted.adapters = .init(rank: 2, alpha: 4, targets: NamePattern("w2"))
        let run = try training(wanted)
        #expect(run.adapters?.sites.map(\.weight) == ["w2"])
        #expect(run.trainableCount == 2 * 16 + 10 * 2)
        while try run.next() != nil {}
        let written = try Network(try run.modelBytes(), name: "merged.onnx")
        for (before, after) in zip(network.model.initializers, written.model.initializers) {
            #expect((before.tensor == after.tensor) == (before.name != "w2"))
        }
        let merged = try written.evaluate(on: held)
        #expect(abs(merged.loss - (try #require(run.metrics?.loss))) < 1e-5)
        let adapters = try SafeTensors.read(try run.adapterFile().weights, name: "a")
        #expect(
            adapters.tensors.map(\.name) == [
                "base_model.model.w2.lora_A.weight", "base_model.model.w2.lora_B.weight",
            ])
        #expect(adapters.tensors.map(\.tensor.shape) == [[2, 16], [10, 2]])
        #expect(adapters.metadata["r"] == "2")
        wanted.adapters = .init(rank: 2, alpha: 4, targets: NamePattern("none*"))
        #expect(throws: NetworkError("no weight of a matrix product is called 'none*'; there are w1, w2")) {
            try training(wanted)
        }
        wanted.adapters = .init(rank: 11, alpha: 4)
        #expect(throws: NetworkError.self) { try training(wanted) }
    }

    @Test func frozenWeightsStay() throws {
        var wanted = try settings(1)
        wanted.trainable = NamePattern("w2,b?")
        let run = try training(wanted)
        while try run.next() != nil {}
        let written = try Network(try run.modelBytes(), name: "m")
        for (before, after) in zip(network.model.initializers, written.model.initializers) {
            #expect((before.tensor == after.tensor) == (before.name == "w1"))
        }
    }

    @Test func aLossThatLeavesTheNumbersIsSaid() throws {
        let numbers = try Network(networkFile([64, 16, 1]), name: "n.onnx")
        let target = try data.retargeted(Tensor((0..<600).map { Float($0) }))
        let run = try NetworkTraining(
            numbers, training: target, validation: nil,
            settings: TrainingSettings(
                loss: .meanSquaredError, optimiser: Optimiser("sgd lr=100 momentum=0.9"), epochs: 3))
        #expect(throws: NetworkError.self) { while try run.advance() != nil {} }
    }

    @Test func rowsThatAreNotFiniteAreNamed() throws {
        var x = data.inputs[0].tensor.values(as: Float.self)
        x[64 * 7 + 3] = .nan
        let broken = try Samples(
            name: "d", inputs: [.init("x", Tensor(x, shape: [600, 64]))], target: data.target)
        #expect(throws: TrainingError("d, row 8: 'x' holds a number that is not finite")) {
            try NetworkTraining(network, training: broken, validation: nil, settings: settings(1))
        }
    }

    @Test func targetsAreFittedToTheLoss() throws {
        // One number a row, read as one output.
        let numbers = try Network(networkFile([64, 16, 1]), name: "n.onnx")
        let rows = data.selecting(Array(0..<64))
        let target = try rows.retargeted(Tensor(rows.target.values(as: Int64.self).map { Float($0) / 10 }))
        let run = try NetworkTraining(
            numbers, training: target, validation: target,
            settings: TrainingSettings(loss: .huber, optimiser: Optimiser("adam lr=0.003 batch=16"), epochs: 20))
        while try run.next() != nil {}
        #expect(try #require(run.metrics?.errors).explained > 0.5)
        #expect(run.metrics?.accuracy == nil)
        // Classes as one output a class.
        let hot = try network.evaluate(on: rows, loss: .binaryCrossEntropy)
        #expect(hot.count == 640)
        // A class that the network does not have.
        let wrong = try rows.retargeted(Tensor([Int64](repeating: 3, count: 63) + [10]))
        #expect(
            throws: TrainingError(
                "digits, row 64: the class 10 is outside the 10 that the model knows (0 to 9)")
        ) { try network.evaluate(on: wrong, loss: .crossEntropy) }
        #expect(throws: TrainingError.self) { try network.evaluate(on: target, loss: .crossEntropy) }
    }
}

@Suite struct SamplesTests {
    @Test func textBecomesWindows() throws {
        let corpus = try TextCorpus(Array("abcab\nba".utf8), name: "t.txt")
        #expect(corpus.vocabulary == ["\n", "a", "b", "c"])
        let samples = try corpus.samples(context: 3, input: "x")
        #expect(samples.inputs[0].tensor == Tensor([1, 2, 3, 1, 2, 0] as [Int64], shape: [2, 3]))
        #expect(samples.target == Tensor([2, 3, 1, 2, 0, 2] as [Int64], shape: [2, 3]))
        #expect(
            throws: DatasetError(
                "v.txt", "line 2, column 1: the character 'z' is not in the training text")
        ) { try TextCorpus(Array("ab\nz".utf8), vocabulary: corpus.vocabulary, name: "v.txt") }
        #expect(throws: DatasetError.self) { try corpus.samples(context: 8, input: "x") }
        #expect(throws: DatasetError("b.txt", "is not UTF-8 text")) { try TextCorpus([0xff], name: "b.txt") }
    }

    @Test func numberTablesNameRowAndColumn() throws {
        let table = try NumberTable(csv: Array("a,b,y\n1,2,3\n4,5,6\n".utf8), name: "t")
        #expect(try table.selecting(["y", "a"]) == [3, 1, 6, 4])
        #expect(throws: DatasetError("t", row: 2, column: "b", "'x' is not a number")) {
            try NumberTable(csv: Array("a,b\n1,2\n3,x\n".utf8), name: "t")
        }
        #expect(throws: DatasetError("t", row: 1, column: "a", "'nan' is not a finite number")) {
            try NumberTable(csv: Array("a,b\nnan,2\n".utf8), name: "t")
        }
        #expect(throws: DatasetError("t", column: "z", "the column is missing; the header has a, b, y")) {
            try table.selecting(["z"])
        }
        #expect(throws: DatasetError("t", "there are no rows after the header")) {
            try NumberTable(csv: Array("a,b\n".utf8), name: "t")
        }
    }

    @Test(arguments: [
        ("*", "anything", true), ("a*c", "abc", true), ("a*c", "abd", false), ("a?c,x", "x", true), ("", "x", false),
        ("*.attn.*", "h.0.attn.w", true), ("*ab", "aab", true), ("a", "aa", false),
    ]) func patterns(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }

    @Test func arraysByName() throws {
        let network = try Network(networkFile([4, 3, 2]), name: "m.onnx")
        let x = Tensor(shape: [5, 4])
        let labels = Tensor([0, 1, 0, 1, 1] as [Int32], shape: [5])
        let samples = try network.samples(["x": x, "y": labels], name: "d.npz")
        #expect(samples.target == Tensor([0, 1, 0, 1, 1] as [Int64]))
        #expect(throws: NetworkError("d.npz has no array 'target' or 'y'; there are x")) {
            try network.samples(["x": x], name: "d.npz")
        }
        let short = Tensor([0] as [Int64])
        #expect(
            throws: TrainingError(
                "d.npz: the array 'x' [5, 4] and the target [1] differ in their first axis, the rows")
        ) { try network.samples(["x": x, "y": short], name: "d.npz") }
    }
}
