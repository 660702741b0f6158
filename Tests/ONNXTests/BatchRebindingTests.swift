import Graph
import Tensor
import Testing

@testable import ONNX

/// Graphs that state one number of rows, for others.
@Suite struct BatchRebindingTests {
    private let x = (0..<24).map { Float($0 * $0 % 17) - 5 }

    /// `y` for all rows at once, and for the stated ones piece by piece.
    private func results(_ bytes: [UInt8], stated: Int, row: [Int]) throws -> (whole: [Float], pieces: [Float]) {
        let width = row.reduce(1, *)
        let rows = x.count / width
        let input = Tensor(x, shape: [rows] + row)
        let whole = try #require(SmallModel.run(bytes, ["x": input])["y"])
        var pieces: [Float] = []
        for start in stride(from: 0, to: rows, by: stated) {
            let part = try SmallModel.run(bytes, ["x": input.rows(start..<start + stated)])
            pieces += try #require(part["y"]).values(as: Float.self)
        }
        return (whole.values(as: Float.self), pieces)
    }

    private func shape(_ name: String, _ sizes: [Int]) -> ProtoMessage {
        SmallModel.tensor(name, Tensor(sizes.map(Int64.init)))
    }

    @Test(arguments: [1, 2, 4]) func reshapesKeepTheRowsApart(stated: Int) throws {
        // Rows of [2, 3] to one axis with the first of it, back in another order of axes, and a constant that holds every row.
        let offset = Tensor((0..<stated * 6).map { Float($0) }, shape: [stated, 6])
        let graph = SmallModel.graph(
            [
                SmallModel.node("Reshape", ["x", "flat"], ["a"]), SmallModel.node("Softmax", ["a"], ["b"]),
                SmallModel.node("Reshape", ["b", "apart"], ["c"]),
                SmallModel.node("Transpose", ["c"], ["d"], [SmallModel.ints("perm", [1, 0, 2])]),
                SmallModel.node("Reshape", ["d", "second"], ["e"]),
                SmallModel.node("Transpose", ["e"], ["f"], [SmallModel.ints("perm", [1, 0, 2])]),
                SmallModel.node("Reshape", ["f", "rows"], ["g"]), SmallModel.node("Add", ["g", "offset"], ["h"]),
                SmallModel.node("Concat", ["h", "offset"], ["y"], [SmallModel.int("axis", 1)]),
            ], inputs: [SmallModel.info("x", .float, [stated, 2, 3])], outputs: ["y"],
            tensors: [
                shape("flat", [2 * stated, 3]), shape("apart", [stated, 2, 3]), shape("second", [2, stated, -1]),
                shape("rows", [-1, 6]), SmallModel.tensor("offset", offset),
            ])
        let (whole, pieces) = try results(SmallModel.model(graph), stated: stated, row: [2, 3])
        #expect(whole == pieces)
        #expect(whole.count == 4 * 12)
    }

    @Test func refusalsNameTheNode() {
        func refusal(_ nodes: [ProtoMessage], _ tensors: [ProtoMessage] = []) -> String {
            let graph = SmallModel.graph(
                nodes, inputs: [SmallModel.info("x", .float, [1, 6])], outputs: ["y"], tensors: tensors)
            return SmallModel.refusal(SmallModel.model(graph), shapes: ["x": [4, 6]])
        }
        let end = "the file was exported for exactly 1 row and cannot take 4"
        #expect(
            refusal([SmallModel.node("ReduceMean", ["x", "axes"], ["y"])], [shape("axes", [0])])
                == "node 'y' (ReduceMean): gives one result for all rows together: \(end)")
        #expect(
            refusal([
                SmallModel.node("Transpose", ["x"], ["t"], [SmallModel.ints("perm", [1, 0])]),
                SmallModel.node("Add", ["x", "t"], ["y"]),
            ]).hasSuffix(end))
        #expect(
            refusal([SmallModel.node("Squeeze", ["x", "axes"], ["y"])], [shape("axes", [0])])
                .hasPrefix("node 'y' (Squeeze): "))
        #expect(refusal([SmallModel.node("Relu", ["x"], ["y"])]) == "accepted")
        // Another axis than the first is as the file says.
        let graph = SmallModel.graph(
            [SmallModel.node("Relu", ["x"], ["y"])], inputs: [SmallModel.info("x", .float, [1, 6])], outputs: ["y"])
        #expect(
            SmallModel.refusal(SmallModel.model(graph), shapes: ["x": [4, 5]]) == "input 'x': axis 1 is 6, not 5")
    }
}
