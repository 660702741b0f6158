import Graph
import Tensor
import Testing

@testable import ONNX

/// Damaged and dishonest files are refused; none crashes or takes memory for what it only states.
@Suite struct HostileFileTests {
    private func varint(_ value: UInt64) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    private func field(_ number: UInt64, _ value: Int) -> [UInt8] {
        varint(number << 3) + varint(UInt64(bitPattern: Int64(value)))
    }

    private func text(_ number: UInt64, _ value: String) -> [UInt8] { field(number, Array(value.utf8)) }

    private func info(_ name: String, _ shape: [Int]) -> [UInt8] {
        let dimensions = shape.flatMap { field(1, field(1, $0)) }
        return text(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))
    }

    private func model(_ graph: [UInt8], opset: Int = 18) -> [UInt8] {
        field(1, 8) + field(7, graph) + field(8, text(1, "") + field(2, opset))
    }

    private func node(_ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [[UInt8]] = []) -> [UInt8]
    {
        inputs.flatMap { text(1, $0) } + outputs.flatMap { text(2, $0) } + text(3, "n") + text(4, type)
            + attributes.flatMap { field(5, $0) }
    }

    private func refusal(_ bytes: [UInt8], external: ExternalData = .none) -> String {
        do {
            let model = try ONNXModel(bytes, external: external)
            var shapes: [String: [Int]] = [:]
            for input in model.inputs { shapes[input.name] = [2, 2] }
            _ = try model.imported(shapes: shapes)
            return "accepted"
        } catch {
            return error.description
        }
    }

    private func relu() -> [UInt8] {
        model(field(1, node("Relu", ["x"], ["y"])) + field(11, info("x", [2, 2])) + field(12, info("y", [2, 2])))
    }

    @Test func aSmallModelIsAccepted() throws {
        #expect(refusal(relu()) == "accepted")
        let model = try ONNXModel(relu())
        let result = try model.imported(shapes: ["x": [2, 2]]).run([
            "x": Tensor([-1, 2, -3, 4] as [Float], shape: [2, 2])
        ])
        #expect(result["y"]?.values(as: Float.self) == [0, 2, 0, 4])
    }

    @Test func everyTruncationIsRefused() {
        let bytes = relu()
        for count in 0..<bytes.count - 8 { #expect(refusal(Array(bytes[..<count])) != "accepted", "\(count)") }
    }

    @Test func everyFlippedBitIsSurvived() {
        let bytes = relu()
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                _ = refusal(damaged)
            }
        }
    }

    @Test(.enabled(if: SharedModels.isPresent)) func damagedRealModelsAreSurvived() throws {
        for name in ["torch_lenet5_ts", "sk_dt", "keras_lstm_export_onnx"] {
            let bytes = try SharedModels.bytes(name + ".onnx")
            for step in 0..<150 {
                var damaged = bytes
                let place = step * 7919 % bytes.count
                damaged[place] = damaged[place] &+ UInt8(truncatingIfNeeded: step | 1)
                _ = refusal(damaged)
                _ = refusal(Array(bytes[..<place]))
            }
        }
    }

    /// What is imported in spite of the damage must also run, or be refused, without a crash.
    @Test(.enabled(if: SharedModels.isPresent)) func damagedNetworksThatImportRun() throws {
        var ran = 0
        for name in [
            "keras_cnn_export_onnx", "torch_conv_autoencoder_ts", "torch_mobilenet_ish_ts", "torch_lstm_cls_ts",
            "sk_gnb",
        ] {
            let bytes = try SharedModels.bytes(name + ".onnx")
            for step in 0..<250 {
                var damaged = bytes
                let place = (step * 37 + 11) % min(bytes.count, 4000)
                damaged[place] = [0, 1, 2, 3, 5, 0x7f, damaged[place] ^ 1, damaged[place] &+ 1][step % 8]
                guard let model = try? ONNXModel(damaged), let types = try? model.inputTypes(batch: 2),
                    let imported = try? model.imported(shapes: types.mapValues(\.shape))
                else { continue }
                let plan = Plan(imported.program)
                guard ProgramCost(plan).operations < 20_000_000, plan.peakBytes < 1 << 26 else { continue }
                let inputs = types.mapValues { Tensor(shape: $0.shape, type: $0.element) }
                if (try? imported.run(inputs)) != nil { ran += 1 }
            }
        }
        #expect(ran > 100)
    }

    @Test func hugeSizesAreRefused() {
        let tensor = field(1, 1 << 40) + field(2, 1) + text(8, "w") + field(9, [0, 0, 0, 0])
        let graph =
            field(5, tensor) + field(1, node("Add", ["x", "w"], ["y"])) + field(11, info("x", [2, 2]))
            + field(12, info("y", [2]))
        #expect(refusal(model(graph)).contains("impossible shape"))
        #expect(refusal(varint(7 << 3 | 2) + varint(1 << 60) + [0]).contains("truncated"))
        let fill = field(5, field(1, 2) + field(2, 7) + text(8, "s") + field(7, varint(1 << 20) + varint(1 << 20)))
        let large = fill + field(1, node("ConstantOfShape", ["s"], ["y"])) + field(12, info("y", [2]))
        #expect(refusal(model(large)).contains("more than"))
    }

    @Test func loopsAndDisorderAreRefused() {
        let graph =
            field(1, node("Relu", ["b"], ["a"])) + field(1, node("Relu", ["a"], ["b"])) + field(12, info("b", [2, 2]))
        #expect(refusal(model(graph)).contains("a loop or is out of order"))
    }

    @Test func unsupportedOperatorsAreNamedBeforeAnythingRuns() {
        let graph =
            field(1, node("Relu", ["x"], ["z"])) + field(1, node("Bessel", ["z"], ["y"]))
            + field(11, info("x", [2, 2]))
            + field(12, info("y", [2, 2]))
        #expect(
            refusal(model(graph)) == "the model uses operators that are not supported: Bessel (first at node 'n')")
        #expect(refusal(model(graph, opset: 99)).contains("operator set 99"))
        let old = field(1, node("Relu", ["x"], ["y"])) + field(11, info("x", [2, 2])) + field(12, info("y", [2, 2]))
        #expect(refusal(model(old, opset: 6)).contains("operator set 6"))
        let same =
            field(1, node("Identity", ["x"], ["y"])) + field(11, info("x", [2, 2])) + field(12, info("y", [2, 2]))
        #expect(refusal(model(same, opset: 1)) == "accepted")
    }

    @Test func filesOutsideTheFolderAreRefused() {
        for path in ["../secret", "/etc/passwd", "a/../../b", "a\\b", ""] {
            let entry = field(13, text(1, "location") + text(2, path))
            let tensor = field(1, 1) + field(2, 1) + text(8, "w") + entry + field(14, 1)
            let graph = field(5, tensor) + field(1, node("Relu", ["w"], ["y"])) + field(12, info("y", [1]))
            let reader = ExternalData { _, _, count in [UInt8](repeating: 0, count: count) }
            #expect(refusal(model(graph), external: reader).contains("outside the model's folder"), "\(path)")
        }
        let entry =
            field(13, text(1, "location") + text(2, "weights.bin")) + field(13, text(1, "offset") + text(2, "8"))
        let tensor = field(1, 1) + field(2, 1) + text(8, "w") + entry + field(14, 1)
        let graph = field(5, tensor) + field(1, node("Relu", ["w"], ["y"])) + field(12, info("y", [1]))
        let reader = ExternalData { file, offset, count in
            file == "weights.bin" && offset == 8 ? [UInt8](repeating: 0, count: count) : nil
        }
        #expect(refusal(model(graph), external: reader) == "accepted")
        #expect(refusal(model(graph)).contains("was not given"))
    }

    /// A tree whose child is its parent must not be walked.
    @Test func loopsInTreesAreRefused() {
        func ints(_ name: String, _ values: [Int]) -> [UInt8] {
            text(1, name) + values.flatMap { field(8, $0) } + field(20, 7)
        }
        func floats(_ name: String, _ values: [Float]) -> [UInt8] {
            text(1, name)
                + values.flatMap { value in
                    varint(7 << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
                }
                + field(20, 6)
        }
        let modes = text(1, "nodes_modes") + text(9, "BRANCH_LEQ") + text(9, "LEAF") + field(20, 8)
        for (children, problem) in [([0, 0], "a loop"), ([0, 1], "a loop"), ([7, 1], "the child 7 is missing")] {
            let attributes = [
                ints("nodes_treeids", [0, 0]), ints("nodes_nodeids", [0, 1]), ints("nodes_featureids", [0, 0]),
                ints("nodes_truenodeids", [children[0], 0]), ints("nodes_falsenodeids", [children[1], 0]), modes,
                floats("nodes_values", [0, 0]), ints("target_treeids", [0]), ints("target_nodeids", [1]),
                ints("target_ids", [0]),
                floats("target_weights", [1]),
            ]
            let tree = node("TreeEnsembleRegressor", ["x"], ["y"], attributes) + text(7, "ai.onnx.ml")
            let graph = field(1, tree) + field(11, info("x", [2, 2])) + field(12, info("y", [2, 1]))
            #expect(refusal(model(graph)).contains(problem))
        }
    }

    /// Shapes and numbers that no exporter writes: each of these once read past an array or overflowed.
    @Test func absurdShapesAndNumbersAreRefused() {
        func refusal(_ node: ProtoMessage, _ inputs: [ProtoMessage], _ shapes: [String: [Int]]) -> String {
            SmallModel.refusal(
                SmallModel.model(SmallModel.graph([node], inputs: inputs, outputs: ["y"])), shapes: shapes)
        }
        let bytes = ONNXTensor.DataType.uint8
        #expect(
            refusal(
                SmallModel.node("ConvInteger", ["x", "w"], ["y"]),
                [SmallModel.info("x", bytes, [1]), SmallModel.info("w", bytes, [1, 1, 1, 1])],
                ["x": [1], "w": [1, 1, 1, 1]]
            ).contains("do not fit"))
        let x = [SmallModel.info("x", .float, [1, 4, 2, 2])]
        let shape = ["x": [1, 4, 2, 2]]
        for node in [
            SmallModel.node("DepthToSpace", ["x"], ["y"], [SmallModel.int("blocksize", 1 << 62)]),
            SmallModel.node("SpaceToDepth", ["x"], ["y"], [SmallModel.int("blocksize", .max)]),
            SmallModel.node(
                "MaxPool", ["x"], ["y"],
                [SmallModel.ints("kernel_shape", [2, 2]), SmallModel.ints("strides", [0, 1])]),
            SmallModel.node("LRN", ["x"], ["y"], [SmallModel.int("size", .max)]),
            SmallModel.node("Split", ["x"], ["y", "z"], [SmallModel.ints("split", [.max, .max])]),
        ] {
            #expect(refusal(node, x, shape) != "accepted")
        }
        // A loop whose body has no nodes still ends.
        let body = SmallModel.graph(
            [],
            inputs: [SmallModel.info("i", .int64), SmallModel.info("go", .bool), SmallModel.info("s", .float, [1])],
            outputs: ["go", "s"])
        let loop = SmallModel.graph(
            [SmallModel.node("Loop", ["n", "", "x"], ["y"], [SmallModel.graph("body", body)])],
            inputs: [SmallModel.info("x", .float, [1])], outputs: ["y"],
            tensors: [SmallModel.tensor("n", Tensor([Int64.max], shape: []))])
        #expect(SmallModel.refusal(SmallModel.model(loop), shapes: ["x": [1]]).contains("unrolls to more than"))
    }
}
