import Tensor

@testable import ONNX

/// Models of a few nodes, put together field by field.
enum SmallModel {
    static func node(
        _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [ProtoMessage] = [], domain: String = ""
    ) -> ProtoMessage {
        var node = ProtoMessage()
        for input in inputs { node.append(1, input) }
        for output in outputs { node.append(2, output) }
        node.append(3, outputs.first ?? type)
        node.append(4, type)
        for attribute in attributes { node.append(5, attribute) }
        if !domain.isEmpty { node.append(7, domain) }
        return node
    }

    private static func attribute(_ name: String, kind: Int, _ fill: (inout ProtoMessage) -> Void) -> ProtoMessage {
        var attribute = ProtoMessage()
        attribute.append(1, name)
        fill(&attribute)
        attribute.append(20, kind)
        return attribute
    }

    static func int(_ name: String, _ value: Int) -> ProtoMessage { attribute(name, kind: 2) { $0.append(3, value) } }

    static func ints(_ name: String, _ values: [Int]) -> ProtoMessage {
        attribute(name, kind: 7) { message in for value in values { message.append(8, value) } }
    }

    static func float(_ name: String, _ value: Float) -> ProtoMessage {
        attribute(name, kind: 1) { $0.append(2, value) }
    }

    static func text(_ name: String, _ value: String) -> ProtoMessage {
        attribute(name, kind: 3) { $0.append(4, value) }
    }

    static func graph(_ name: String, _ graph: ProtoMessage) -> ProtoMessage {
        attribute(name, kind: 5) { $0.append(6, graph) }
    }

    /// An attribute that a function's node takes from its caller.
    static func reference(_ name: String, to source: String, kind: Int) -> ProtoMessage {
        attribute(name, kind: kind) { $0.append(21, source) }
    }

    static func info(_ name: String, _ type: ONNXTensor.DataType = .float, _ shape: [Int] = []) -> ProtoMessage {
        var (dimensions, tensor, kind, info) = (ProtoMessage(), ProtoMessage(), ProtoMessage(), ProtoMessage())
        for size in shape {
            var dimension = ProtoMessage()
            dimension.append(1, size)
            dimensions.append(1, dimension)
        }
        tensor.append(1, type.rawValue)
        tensor.append(2, dimensions)
        kind.append(1, tensor)
        info.append(1, name)
        info.append(2, kind)
        return info
    }

    static func tensor(_ name: String, _ tensor: Tensor, as type: ONNXTensor.DataType? = nil) -> ProtoMessage {
        var proto = ProtoMessage()
        for size in tensor.shape { proto.append(1, size) }
        let kind = type ?? ONNXTensor.DataType(standing: tensor.type)
        proto.append(2, kind.rawValue)
        proto.append(8, name)
        if kind.range != nil {
            for value in tensor.values(as: Int32.self) { proto.append(5, Int(value)) }
        } else {
            proto.append(9, tensor.withUnsafeBytes { Array($0) })
        }
        return proto
    }

    static func graph(
        _ nodes: [ProtoMessage], inputs: [ProtoMessage] = [], outputs: [String], tensors: [ProtoMessage] = []
    ) -> ProtoMessage {
        var graph = ProtoMessage()
        for node in nodes { graph.append(1, node) }
        for tensor in tensors { graph.append(5, tensor) }
        for input in inputs { graph.append(11, input) }
        for output in outputs { graph.append(12, info(output)) }
        return graph
    }

    static func function(
        _ name: String, inputs: [String], outputs: [String], _ nodes: [ProtoMessage]
    ) -> ProtoMessage {
        var function = ProtoMessage()
        function.append(1, name)
        for input in inputs { function.append(4, input) }
        for output in outputs { function.append(5, output) }
        for node in nodes { function.append(7, node) }
        function.append(9, opset(20))
        function.append(10, "local")
        return function
    }

    private static func opset(_ version: Int) -> ProtoMessage {
        var opset = ProtoMessage()
        opset.append(1, "")
        opset.append(2, version)
        return opset
    }

    static func model(_ graph: ProtoMessage, opset version: Int = 20, functions: [ProtoMessage] = []) -> [UInt8] {
        var model = ProtoMessage()
        model.append(1, 9)
        model.append(7, graph)
        model.append(8, opset(version))
        for function in functions { model.append(25, function) }
        return model.encoded
    }

    /// Runs a model; outputs by name.
    static func run(_ bytes: [UInt8], _ inputs: [String: Tensor] = [:]) throws -> [String: Tensor] {
        try ONNXModel(bytes).imported(shapes: inputs.mapValues(\.shape)).run(inputs)
    }

    /// What importing a model says against it, or "accepted".
    static func refusal(_ bytes: [UInt8], shapes: [String: [Int]] = [:]) -> String {
        do {
            _ = try ONNXModel(bytes).imported(shapes: shapes)
            return "accepted"
        } catch {
            return error.description
        }
    }
}
