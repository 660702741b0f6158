package import Tensor

extension ONNXModel {
    /// The file with other weights: byte for byte the same outside the tensors that are given, each of which keeps its element type.
    ///
    /// - Throws: when a name is no float32 tensor inside the file, or a shape differs.
    package func bytes(replacing weights: [String: Tensor]) throws(ONNXError) -> [UInt8] {
        var model = try ProtoMessage(proto.bytes[...])
        var missing = Set(weights.keys)
        for index in model.fields.indices where model.fields[index].number == 7 {
            guard case .bytes(let block) = model.fields[index].payload else { continue }
            var graph = try ProtoMessage(block)
            for place in graph.fields.indices where graph.fields[place].number == 5 {
                guard case .bytes(let tensorBlock) = graph.fields[place].payload else { continue }
                var tensor = try ProtoMessage(tensorBlock)
                let name = tensor.text(8) ?? ""
                guard let weight = weights[name] else { continue }
                missing.remove(name)
                try Self.replace(&tensor, by: weight, name: name)
                graph.fields[place].payload = .bytes(tensor.encoded[...])
            }
            model.fields[index].payload = .bytes(graph.encoded[...])
        }
        guard let name = missing.sorted().first else { return model.encoded }
        throw ONNXError("the file has no tensor '\(name)' to replace")
    }

    private static func replace(_ proto: inout ProtoMessage, by weight: Tensor, name: String) throws(ONNXError) {
        func refusal(_ message: String) -> ONNXError { ONNXError("tensor '\(name)': \(message)") }
        guard proto.integer(2) == ONNXTensor.DataType.float.rawValue, weight.type == .float32 else {
            throw refusal("only float32 weights can be replaced")
        }
        guard try proto.integers(1) == weight.shape else {
            throw refusal("has the shape \(try proto.integers(1)), not \(weight.shape)")
        }
        guard proto.integer(14) != 1 else { throw refusal("lies in another file, which is not written") }
        let raw = weight.withUnsafeBytes { Array($0) }
        if let index = proto.fields.lastIndex(where: { $0.number == 9 }) {
            proto.fields[index].payload = .bytes(raw[...])
        } else if let index = proto.fields.firstIndex(where: { $0.number == 4 }) {
            // A list of floats stays one: packed, its bytes are the same as the raw ones.
            proto.fields[index].payload = .bytes(raw[...])
            let first = index
            proto.fields = proto.fields.enumerated().filter { $0.offset <= first || $0.element.number != 4 }.map(
                \.element)
        } else if weight.count > 0 {
            throw refusal("has no content to replace")
        }
    }
}
