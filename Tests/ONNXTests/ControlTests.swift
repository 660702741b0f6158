import Tensor
import Testing

@testable import ONNX

/// Branches, loops and functions are taken apart while importing.
@Suite struct ControlTests {
    private let x = Tensor([1, 2, 3] as [Float], shape: [3])

    private func flag(_ name: String, _ value: Bool) -> ProtoMessage {
        SmallModel.tensor(name, Tensor([value], shape: []))
    }

    @Test(arguments: [true, false]) func aKnownBranchIsTaken(_ condition: Bool) throws {
        let double = SmallModel.graph([SmallModel.node("Add", ["x", "x"], ["d"])], outputs: ["d"])
        // The other branch gives another shape, and is not looked at.
        let sum = SmallModel.graph([SmallModel.node("ReduceSum", ["x"], ["s"])], outputs: ["s"])
        let branch = SmallModel.node(
            "If", ["c"], ["y"], [SmallModel.graph("then_branch", double), SmallModel.graph("else_branch", sum)])
        let graph = SmallModel.graph(
            [branch], inputs: [SmallModel.info("x", .float, [3])], outputs: ["y"], tensors: [flag("c", condition)])
        let y = try SmallModel.run(SmallModel.model(graph), ["x": x])["y"]
        #expect(y == (condition ? Tensor([2, 4, 6] as [Float], shape: [3]) : Tensor([6] as [Float], shape: [1])))
    }

    @Test func anUnknownBranchIsChosenAtRunTime() throws {
        let double = SmallModel.graph([SmallModel.node("Add", ["x", "x"], ["d"])], outputs: ["d"])
        let same = SmallModel.graph([SmallModel.node("Neg", ["x"], ["n"])], outputs: ["n"])
        let sum = SmallModel.graph([SmallModel.node("ReduceSum", ["x"], ["s"])], outputs: ["s"])
        func model(_ other: ProtoMessage) -> [UInt8] {
            let branch = SmallModel.node(
                "If", ["c"], ["y"], [SmallModel.graph("then_branch", double), SmallModel.graph("else_branch", other)])
            return SmallModel.model(
                SmallModel.graph(
                    [branch], inputs: [SmallModel.info("x", .float, [3]), SmallModel.info("c", .bool)], outputs: ["y"]))
        }
        for condition in [true, false] {
            let y = try SmallModel.run(model(same), ["x": x, "c": Tensor([condition], shape: [])])["y"]
            #expect(y?.values(as: Float.self) == (condition ? [2, 4, 6] : [-1, -2, -3]))
        }
        #expect(
            SmallModel.refusal(model(sum), shapes: ["x": [3], "c": []])
                == "node 'y' (If): depends on the data and gives float32[3] or float32[1]: only shapes that are known before running are supported"
        )
    }

    /// Four turns of s = s + x, with every s stacked.
    @Test func aLoopIsUnrolled() throws {
        let body = SmallModel.graph(
            [
                SmallModel.node("Add", ["s", "x"], ["t"]), SmallModel.node("Identity", ["t"], ["u"]),
                SmallModel.node("Less", ["i", "last"], ["more"]),
            ],
            inputs: [SmallModel.info("i", .int64), SmallModel.info("go", .bool), SmallModel.info("s", .float, [3])],
            outputs: ["more", "t", "u"], tensors: [SmallModel.tensor("last", Tensor([Int64(3)], shape: []))])
        let loop = SmallModel.node("Loop", ["n", "", "x"], ["y", "all"], [SmallModel.graph("body", body)])
        let graph = SmallModel.graph(
            [loop], inputs: [SmallModel.info("x", .float, [3])], outputs: ["y", "all"],
            tensors: [SmallModel.tensor("n", Tensor([Int64(100)], shape: []))])
        let results = try SmallModel.run(SmallModel.model(graph), ["x": x])
        #expect(results["y"] == Tensor([5, 10, 15] as [Float], shape: [3]))
        #expect(results["all"]?.shape == [4, 3])
        #expect(results["all"]?.values(as: Float.self) == [2, 4, 6, 3, 6, 9, 4, 8, 12, 5, 10, 15])
    }

    @Test func aLoopOfUnknownLengthIsRefused() {
        let body = SmallModel.graph(
            [SmallModel.node("Add", ["s", "s"], ["t"])],
            inputs: [SmallModel.info("i", .int64), SmallModel.info("go", .bool), SmallModel.info("s", .float, [3])],
            outputs: ["go", "t"])
        let loop = SmallModel.node("Loop", ["n", "", "x"], ["y"], [SmallModel.graph("body", body)])
        let inputs = [SmallModel.info("x", .float, [3]), SmallModel.info("n", .int64)]
        let graph = SmallModel.graph([loop], inputs: inputs, outputs: ["y"])
        #expect(
            SmallModel.refusal(SmallModel.model(graph), shapes: ["x": [3], "n": []]).contains("depends on the data"))
        // A loop that states more turns than any network has.
        let endless = SmallModel.graph(
            [loop], inputs: [inputs[0]], outputs: ["y"],
            tensors: [SmallModel.tensor("n", Tensor([Int64.max], shape: []))])
        #expect(SmallModel.refusal(SmallModel.model(endless), shapes: ["x": [3]]).contains("unrolls to more than"))
    }

    /// Attributes come from the caller; an input that is left out is left out inside, too; names inside meet none outside.
    @Test func aFunctionStandsForItsNodes() throws {
        let inner = SmallModel.function(
            "Bent", inputs: ["a", "b"], outputs: ["r"],
            [
                SmallModel.node("Elu", ["a"], ["x"], [SmallModel.reference("alpha", to: "slope", kind: 1)]),
                SmallModel.node("Clip", ["x", "b"], ["r"]),
            ])
        let outer = SmallModel.function(
            "Twice", inputs: ["a"], outputs: ["m", "r"],
            [
                SmallModel.node("Neg", ["a"], ["n"]),
                SmallModel.node("Bent", ["n"], ["m"], [SmallModel.float("slope", 2)], domain: "local"),
                SmallModel.node("Bent", ["m", "a"], ["r"], [SmallModel.float("slope", 1)], domain: "local"),
            ])
        let graph = SmallModel.graph(
            [SmallModel.node("Twice", ["x"], ["y", "z"], domain: "local")], inputs: [SmallModel.info("x", .float, [3])],
            outputs: ["y", "z"])
        let bytes = SmallModel.model(graph, functions: [inner, outer])
        #expect(try ONNXModel(bytes).unsupportedOperators == [])
        let results = try SmallModel.run(bytes, ["x": x])
        let wanted = [1, 2, 3].map { 2 * (Reference.exp(-$0) - 1) as Float }
        #expect(results["y"]?.values(as: Float.self) == wanted)
        #expect(results["z"] == x)
    }

    @Test func aFunctionThatCallsItselfIsRefused() {
        let function = SmallModel.function(
            "Loop", inputs: ["a"], outputs: ["r"], [SmallModel.node("Loop", ["a"], ["r"], domain: "local")])
        let graph = SmallModel.graph(
            [SmallModel.node("Loop", ["x"], ["y"], domain: "local")], inputs: [SmallModel.info("x", .float, [3])],
            outputs: ["y"])
        let bytes = SmallModel.model(graph, functions: [function])
        #expect(SmallModel.refusal(bytes, shapes: ["x": [3]]).contains("calls itself"))
    }

    @Test func graphsInOneAnotherEnd() {
        var graph = SmallModel.graph([SmallModel.node("Neg", ["x"], ["y"])], outputs: ["y"])
        for _ in 0..<40 {
            let branch = SmallModel.node(
                "If", ["c"], ["y"], [SmallModel.graph("then_branch", graph), SmallModel.graph("else_branch", graph)])
            graph = SmallModel.graph([branch], outputs: ["y"])
            if graph.encoded.count > 1 << 16 { break }
        }
        for _ in 0..<40 {
            graph = SmallModel.graph(
                [SmallModel.node("If", ["c"], ["y"], [SmallModel.graph("then_branch", graph)])], outputs: ["y"])
        }
        #expect(SmallModel.refusal(SmallModel.model(graph)).contains("more than 16 deep"))
    }

    /// What is not supported is named wherever it stands.
    @Test func operatorsInsideAreLookedAt() throws {
        let bad = SmallModel.graph([SmallModel.node("Bessel", ["x"], ["y"])], outputs: ["y"])
        let good = SmallModel.graph([SmallModel.node("Neg", ["x"], ["y"])], outputs: ["y"])
        let branch = SmallModel.node(
            "If", ["c"], ["y"], [SmallModel.graph("then_branch", good), SmallModel.graph("else_branch", bad)])
        let function = SmallModel.function(
            "F", inputs: ["a"], outputs: ["r"], [SmallModel.node("Hankel", ["a"], ["r"])])
        let graph = SmallModel.graph(
            [branch, SmallModel.node("F", ["y"], ["z"], domain: "local")], inputs: [SmallModel.info("x", .float, [3])],
            outputs: ["z"], tensors: [flag("c", true)])
        let model = try ONNXModel(SmallModel.model(graph, functions: [function]))
        #expect(model.unsupportedOperators == ["Bessel (first at node 'y')", "Hankel (first at node 'r')"])
    }
}
