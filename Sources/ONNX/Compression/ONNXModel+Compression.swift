import Tensor

/// What is done to the weights of a file to make it smaller.
package struct WeightCompression: Sendable, Equatable {
    package enum Integers: Sendable, Equatable {
        /// A scale for each output channel.
        case eightBits(isSymmetric: Bool)
        /// A scale for each block along the axis that is summed over; weights of other rank than 2 get eight bits.
        case fourBits(block: Int)
    }

    /// nil leaves floats.
    package var integers: Integers?
    /// The share of each weight, the smallest magnitudes, that becomes zero.
    package var pruning: Float
    /// Tensors of fewer elements stay as they are.
    package var smallest = 256

    package init(integers: Integers?, pruning: Float = 0) {
        self.integers = integers
        self.pruning = pruning
    }
}

/// What became of one weight.
package struct CompressedWeight: Sendable, Equatable {
    package let name: String
    package let shape: [Int]
    /// `int8`, `int4` or `float32`.
    package let kind: String
    package let bytesBefore: Int
    package let bytesAfter: Int
    /// Elements that are zero.
    package let zeros: Int
}

extension ONNXModel {
    /// The file with smaller weights, which other runtimes open as well: integers behind a `DequantizeLinear` node that gives the
    /// float weight its old name. Everything else stays as it is.
    ///
    /// The operator set rises to 13 (eight bits) or 21 (four bits) where the file has an older one.
    /// - Throws: when nothing can be compressed, or a node means something else in the newer operator set.
    package func compressed(
        _ compression: WeightCompression
    ) throws(ONNXError) -> (bytes: [UInt8], weights: [CompressedWeight]) {
        guard (0..<1).contains(compression.pruning) else {
            throw ONNXError("the share to prune must be at least 0 and below 1, not \(compression.pruning)")
        }
        var model = try ProtoMessage(proto.bytes[...])
        var report: [CompressedWeight] = []
        guard let place = model.fields.lastIndex(where: { $0.number == 7 }),
            case .bytes(let block) = model.fields[place].payload
        else { throw ONNXError("the file holds no graph: it is no ONNX model") }
        var graph = try ProtoMessage(block)
        var nodes: [ProtoMessage] = []
        var fields: [ProtoMessage.Field] = []
        for field in graph.fields {
            guard field.number == 5, case .bytes(let bytes) = field.payload,
                let weight = try weight(try ProtoMessage(bytes), compression)
            else {
                fields.append(field)
                continue
            }
            report.append(weight.report)
            fields += weight.tensors.map { ProtoMessage.Field(number: 5, payload: .bytes($0.encoded[...])) }
            if let node = weight.node { nodes.append(node) }
        }
        guard !report.isEmpty else {
            throw ONNXError("there is no float32 weight of \(compression.smallest) or more elements to compress")
        }
        // Before IR version 4 weights stand among the inputs, too; what a node gives must not.
        let given = Set(nodes.compactMap { $0.text(2) })
        fields.removeAll { field in
            guard field.number == 11, case .bytes(let bytes) = field.payload else { return false }
            return (try? ProtoMessage(bytes).text(1)).flatMap { $0 }.map(given.contains) ?? false
        }
        let first = fields.firstIndex { $0.number == 1 } ?? fields.endIndex
        fields.insert(
            contentsOf: nodes.map { ProtoMessage.Field(number: 1, payload: .bytes($0.encoded[...])) }, at: first)
        graph.fields = fields
        if !nodes.isEmpty {
            let version = report.contains { $0.kind == "int4" } ? 21 : 13
            try advance(&graph, &model, to: version)
        }
        model.fields[place].payload = .bytes(graph.encoded[...])
        return (model.encoded, report)
    }

    /// One initializer as what takes its place, or nil when it stays.
    private func weight(
        _ proto: ProtoMessage, _ compression: WeightCompression
    ) throws(ONNXError) -> (tensors: [ProtoMessage], node: ProtoMessage?, report: CompressedWeight)? {
        guard proto.integer(2) == ONNXTensor.DataType.float.rawValue, let name = proto.text(8),
            let tensor = initializers.first(where: { $0.name == name })?.tensor, tensor.rank >= 2,
            tensor.count >= compression.smallest
        else { return nil }
        let weights = pruned(tensor.values(as: Float.self), share: compression.pruning)
        let axes = axes(of: name, rank: tensor.rank)
        func report(_ kind: String, _ bytes: Int, _ zeros: Int) -> CompressedWeight {
            CompressedWeight(
                name: name, shape: tensor.shape, kind: kind, bytesBefore: tensor.byteCount, bytesAfter: bytes,
                zeros: zeros)
        }
        func floats(_ name: String, _ values: [Float], _ shape: [Int]) -> ProtoMessage {
            let raw = Tensor(values, shape: shape).withUnsafeBytes { Array($0) }
            return Self.tensor(name, ONNXTensor.DataType.float.rawValue, shape, raw)
        }
        let (integersName, scaleName) = (name + "_quantized", name + "_scale")
        switch compression.integers {
        case nil:
            let zeros = weights.count { $0 == 0 }
            return ([floats(name, weights, tensor.shape)], nil, report("float32", tensor.byteCount, zeros))
        case .fourBits(let block) where tensor.rank == 2:
            let result = Quantisation(fourBits: weights, shape: tensor.shape, axis: axes.summed, block: block)
            var shape = tensor.shape
            shape[axes.summed] = (shape[axes.summed] + block - 1) / block
            let node = Self.node(name, [integersName, scaleName], axis: axes.summed, block: block)
            let tensors = [
                Self.tensor(integersName, ONNXTensor.DataType.int4.rawValue, tensor.shape, result.packed),
                floats(scaleName, result.scales, shape),
            ]
            let bytes = result.packed.count + 4 * result.scales.count
            return (tensors, node, report("int4", bytes, result.integers.count { $0 == 0 }))
        case .eightBits, .fourBits:
            let isSymmetric = compression.integers != .eightBits(isSymmetric: false)
            let result = Quantisation(
                eightBits: weights, shape: tensor.shape, axis: axes.output, isSymmetric: isSymmetric)
            var tensors = [
                Self.tensor(
                    integersName, ONNXTensor.DataType.int8.rawValue, tensor.shape,
                    result.integers.map(UInt8.init(bitPattern:))),
                floats(scaleName, result.scales, [result.scales.count]),
            ]
            var inputs = [integersName, scaleName]
            if let zeros = result.zeros {
                inputs.append(name + "_zero_point")
                tensors.append(
                    Self.tensor(
                        inputs[2], ONNXTensor.DataType.int8.rawValue, [zeros.count], zeros.map(UInt8.init(bitPattern:)))
                )
            }
            let bytes = tensor.count + 4 * result.scales.count + (result.zeros?.count ?? 0)
            let zeros = result.integers.enumerated().count { index, value in
                let inner = tensor.shape[(axes.output + 1)...].reduce(1, *)
                return value == result.zeros?[index / inner % tensor.shape[axes.output]] ?? 0
            }
            return (tensors, Self.node(name, inputs, axis: axes.output, block: nil), report("int8", bytes, zeros))
        }
    }

    /// The axis of the output channels of a weight, and one that is summed over, by the node that reads it.
    private func axes(of name: String, rank: Int) -> (output: Int, summed: Int) {
        for node in nodes {
            guard let place = node.inputs.firstIndex(of: name) else { continue }
            switch node.type {
            case "Gemm":
                let flag = node.attributes[place == 0 ? "transA" : "transB"]
                let isTransposed = if case .int(1) = flag { true } else { false }
                let summed = (place == 0) == isTransposed ? 0 : 1
                return (1 - summed, summed)
            case "MatMul": return place == 0 ? (rank - 2, rank - 1) : (rank - 1, rank - 2)
            case "ConvTranspose", "LSTM", "GRU", "RNN": return (1, 0)
            default: return (0, 1)
            }
        }
        return (0, 1)
    }

    private static func tensor(
        _ name: String, _ type: Int, _ shape: [Int], _ raw: [UInt8]
    ) -> ProtoMessage {
        var proto = ProtoMessage()
        for size in shape { proto.append(1, size) }
        proto.append(2, type)
        proto.append(8, name)
        proto.append(9, raw)
        return proto
    }

    private static func node(_ output: String, _ inputs: [String], axis: Int, block: Int?) -> ProtoMessage {
        var proto = ProtoMessage()
        for input in inputs { proto.append(1, input) }
        proto.append(2, output)
        proto.append(3, output + "_DequantizeLinear")
        proto.append(4, "DequantizeLinear")
        for (name, value) in [("axis", axis), ("block_size", block ?? 0)] where name == "axis" || block != nil {
            var attribute = ProtoMessage()
            attribute.append(1, name)
            attribute.append(3, value)
            attribute.append(20, 2)
            proto.append(5, attribute)
        }
        return proto
    }
}
