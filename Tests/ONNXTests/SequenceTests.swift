import Tensor
import Testing

@testable import ONNX

/// Sequences and optionals are settled while importing, and so is the order of nodes.
@Suite struct SequenceTests {
    private let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    private let input = SmallModel.info("x", .float, [3, 2])

    private func place(_ name: String, _ value: Int64) -> ProtoMessage {
        SmallModel.tensor(name, Tensor([value], shape: []))
    }

    @Test func sequencesAreTakenApart() throws {
        let nodes = [
            SmallModel.node("SplitToSequence", ["x"], ["rows"], [SmallModel.int("keepdims", 0)]),
            SmallModel.node("SequenceAt", ["rows", "last"], ["end"]),
            SmallModel.node("SequenceErase", ["rows", "first"], ["fewer"]),
            SmallModel.node("SequenceInsert", ["fewer", "end", "first"], ["moved"]),
            SmallModel.node("SequenceLength", ["moved"], ["count"]),
            SmallModel.node(
                "ConcatFromSequence", ["moved"], ["y"], [SmallModel.int("axis", 0), SmallModel.int("new_axis", 1)]),
        ]
        let graph = SmallModel.graph(
            nodes, inputs: [input], outputs: ["y", "count"], tensors: [place("first", 0), place("last", -1)])
        let results = try SmallModel.run(SmallModel.model(graph), ["x": x])
        #expect(results["y"] == Tensor([5, 6, 3, 4, 5, 6] as [Float], shape: [3, 2]))
        #expect(results["count"] == Tensor([Int64(3)], shape: []))
    }

    @Test func whatIsNoTensorIsRefusedWhereOneIsNeeded() {
        func said(_ nodes: [ProtoMessage], _ output: String) -> String {
            let graph = SmallModel.graph(nodes, inputs: [input], outputs: [output], tensors: [place("far", 3)])
            return SmallModel.refusal(SmallModel.model(graph), shapes: ["x": [3, 2]])
        }
        let split = SmallModel.node("SplitToSequence", ["x"], ["s"])
        #expect(said([split], "s").contains("'s' is a sequence or an optional where a tensor is needed"))
        #expect(said([split, SmallModel.node("Relu", ["s"], ["y"])], "y").contains("is a sequence or an optional"))
        #expect(
            said([split, SmallModel.node("SequenceAt", ["s", "far"], ["y"])], "y").contains("outside a sequence of 3"))
        #expect(said([SmallModel.node("SequenceLength", ["x"], ["y"])], "y").contains("input 0 must be a sequence"))
        let empty = [
            SmallModel.node("Optional", [], ["o"]), SmallModel.node("OptionalGetElement", ["o"], ["y"]),
        ]
        #expect(said(empty, "y").contains("the optional is empty"))
    }

    @Test func nodesAreSorted() throws {
        let nodes = [
            SmallModel.node("Add", ["b", "a"], ["y"]), SmallModel.node("Neg", ["a"], ["b"]),
            SmallModel.node("Exp", ["x"], ["a"]),
        ]
        let sorted = SmallModel.graph(nodes.reversed(), inputs: [input], outputs: ["y"])
        let graph = SmallModel.graph(nodes, inputs: [input], outputs: ["y"])
        let y = try SmallModel.run(SmallModel.model(graph), ["x": x])["y"]
        #expect(y == (try SmallModel.run(SmallModel.model(sorted), ["x": x])["y"]))
        #expect(y == Tensor(shape: [3, 2]))
    }

    @Test func whatDependsOnDataIsSettledForKnownData() throws {
        let graph = SmallModel.graph([SmallModel.node("NonZero", ["x"], ["y"])], inputs: [input], outputs: ["y"])
        let model = try ONNXModel(SmallModel.model(graph))
        let dotted = Tensor([0, 2, 0, 0, 5, 0] as [Float], shape: [3, 2])
        do {
            _ = try model.imported(shapes: ["x": [3, 2]])
            Issue.record("the shape depends on the data")
        } catch { #expect(error.dependsOnData) }
        let known = try model.imported(shapes: ["x": [3, 2]], constants: ["x": dotted])
        #expect(try known.run([:])["y"] == Tensor([0, 2, 1, 0] as [Int64], shape: [2, 2]))
    }

    @Test func absurdSizesAreRefusedBeforeTablesAreMade() {
        func said(_ node: ProtoMessage, _ shape: [Int], _ type: ONNXTensor.DataType = .float) -> String {
            let graph = SmallModel.graph([node], inputs: [SmallModel.info("x", type, shape)], outputs: ["y"])
            return SmallModel.refusal(SmallModel.model(graph), shapes: ["x": shape])
        }
        #expect(said(SmallModel.node("SplitToSequence", ["x"], ["y"]), [1 << 30]).contains("into parts of 1"))
        let grams = SmallModel.node(
            "TfIdfVectorizer", ["x"], ["y"],
            [
                SmallModel.text("mode", "TF"), SmallModel.int("max_gram_length", 2),
                SmallModel.int("min_gram_length", 1),
                SmallModel.int("max_skip_count", 1000), SmallModel.ints("ngram_counts", [0, 1]),
                SmallModel.ints("ngram_indexes", [0, 1]), SmallModel.ints("pool_int64s", [1, 2, 3]),
            ])
        #expect(said(grams, [1 << 20], .int64).contains("would need a table"))
        let pool = SmallModel.node("MaxPool", ["x"], ["z", "y"], [SmallModel.ints("kernel_shape", [3, 3])])
        #expect(said(pool, [1 << 10, 1 << 10, 2, 2]).contains("does not fit"))
    }

    /// Bands beyond half the sampling rate have no bins.
    @Test func melBandsMayLieOutside() throws {
        let numbers: [(String, Tensor)] = [
            ("bands", Tensor([Int64(8)], shape: [])), ("length", Tensor([Int64(64)], shape: [])),
            ("rate", Tensor([Int64(8000)], shape: [])), ("low", Tensor([Float(20)], shape: [])),
            ("high", Tensor([Float(20000)], shape: [])),
        ]
        let graph = SmallModel.graph(
            [SmallModel.node("MelWeightMatrix", numbers.map(\.0), ["y"])], outputs: ["y"],
            tensors: numbers.map { SmallModel.tensor($0.0, $0.1) })
        let y = try #require(SmallModel.run(SmallModel.model(graph))["y"])
        #expect(y.shape == [33, 8] && y.values(as: Float.self).suffix(8).allSatisfy { (0...1).contains($0) })
    }
}
