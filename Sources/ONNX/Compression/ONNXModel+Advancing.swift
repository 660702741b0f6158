extension ONNXModel {
    /// In which operator set between 7 and 21 an operator began to mean something else for the same node.
    private static let changes: [String: Int] = [
        "Softmax": 13, "LogSoftmax": 13, "Hardmax": 13, "Split": 18, "Clip": 11, "Pad": 11, "Dropout": 12, "Slice": 10,
        "Resize": 11, "Upsample": 9, "TopK": 10, "GroupNormalization": 21, "RoiAlign": 16, "GridSample": 20,
    ]
    /// In which the attribute `axes` became the second input.
    private static let axesChanges: [String: Int] = [
        "Squeeze": 13, "Unsqueeze": 13, "ReduceSum": 13, "ReduceMean": 18, "ReduceMax": 18, "ReduceMin": 18,
        "ReduceProd": 18, "ReduceL1": 18, "ReduceL2": 18, "ReduceLogSum": 18, "ReduceLogSumExp": 18,
        "ReduceSumSquare": 18,
    ]

    /// Moves the file to a newer operator set of the default domain; axes that became inputs are moved there.
    ///
    /// - Throws: naming a node that means something else in the new set, or whose operator is not known here.
    func advance(_ graph: inout ProtoMessage, _ model: inout ProtoMessage, to version: Int) throws(ONNXError) {
        let old = opsets[""] ?? 18
        guard old < version else { return }
        var tensors: [ProtoMessage] = []
        for index in graph.fields.indices where graph.fields[index].number == 1 {
            guard case .bytes(let bytes) = graph.fields[index].payload else { continue }
            var node = try ProtoMessage(bytes)
            let (type, name) = (node.text(4) ?? "", node.text(3) ?? "")
            guard ["", "ai.onnx"].contains(node.text(7) ?? ""), type != "DequantizeLinear" else { continue }
            if let change = Self.axesChanges[type], old < change, change <= version {
                if let tensor = try Self.moveAxes(&node, number: tensors.count) { tensors.append(tensor) }
                graph.fields[index].payload = .bytes(node.encoded[...])
                continue
            }
            let change = Self.changes[type] ?? (Operators.table[type] == nil ? version : 0)
            guard change <= old || change > version else {
                throw ONNXError(
                    "the file has operator set \(old), compressed weights need \(version), and the node '\(name)' (\(type)) would mean something else there: export the model again with operator set \(version)"
                )
            }
        }
        graph.fields += tensors.map { .init(number: 5, payload: .bytes($0.encoded[...])) }
        for index in model.fields.indices {
            // The IR versions that came with the operator sets.
            let ir = version >= 21 ? 10 : 7
            if model.fields[index].number == 1, irVersion < ir { model.fields[index].payload = .varint(UInt64(ir)) }
            guard model.fields[index].number == 8, case .bytes(let bytes) = model.fields[index].payload else {
                continue
            }
            var entry = try ProtoMessage(bytes)
            guard ["", "ai.onnx"].contains(entry.text(1) ?? "") else { continue }
            entry.fields.removeAll { $0.number == 2 }
            entry.append(2, version)
            model.fields[index].payload = .bytes(entry.encoded[...])
        }
    }

    /// Takes the attribute out and names a tensor as second input, which is returned; nil where there is none.
    private static func moveAxes(_ node: inout ProtoMessage, number: Int) throws(ONNXError) -> ProtoMessage? {
        for (index, field) in node.fields.enumerated() where field.number == 5 {
            guard case .bytes(let bytes) = field.payload else { continue }
            let attribute = try ProtoMessage(bytes)
            guard attribute.text(1) == "axes" else { continue }
            let axes = try attribute.integers(8)
            let name = "\(node.text(2) ?? "")_axes_\(number)"
            node.fields.remove(at: index)
            let last = node.fields.lastIndex { $0.number == 1 }.map { $0 + 1 } ?? 0
            node.fields.insert(.init(number: 1, payload: .bytes(Array(name.utf8)[...])), at: last)
            var tensor = ProtoMessage()
            tensor.append(1, axes.count)
            tensor.append(2, ONNXTensor.DataType.int64.rawValue)
            tensor.append(8, name)
            let raw = axes.flatMap { axis in (0..<8).map { UInt8(truncatingIfNeeded: axis >> (8 * $0)) } }
            tensor.append(9, raw)
            return tensor
        }
        return nil
    }
}
