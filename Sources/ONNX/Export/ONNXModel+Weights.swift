package import Tensor

/// A model file and the files beside it that hold tensors.
package struct ModelFiles: Sendable, Equatable {
    package let model: [UInt8]
    /// By name, in the model's folder.
    package let data: [String: [UInt8]]
}

extension ONNXModel {
    /// The file with other weights: byte for byte the same outside the tensors that are given, each of which keeps its element type.
    ///
    /// - Throws: when a name is no float tensor of the file, a shape differs, or a tensor lies in another file (`files` writes those).
    package func bytes(replacing weights: [String: Tensor]) throws(ONNXError) -> [UInt8] {
        try rewritten(weights) { proto, _, name throws(ONNXError) in
            if weights[name] != nil {
                throw ONNXError("tensor '\(name)': lies in another file, which is not written")
            }
        }
    }

    /// The model with other weights, and its data files with them: what lies outside the tensors stays, but the data files are called
    /// after `name`, so that they do not overwrite those of the original.
    ///
    /// - Throws: as `bytes(replacing:)`, and when a data file cannot be read.
    package func files(replacing weights: [String: Tensor], named name: String) throws(ONNXError) -> ModelFiles {
        let ranges = try externalRanges()
        var (names, data): ([String: String], [String: [UInt8]]) = ([:], [:])
        for (number, file) in ranges.keys.sorted().enumerated() {
            let new = number == 0 ? name + ".data" : "\(name).\(number).data"
            names[file] = new
            let whole = ExternalData.Reference(file: file, offset: 0, count: ranges[file] ?? 0)
            data[new] = try external.bytes(of: whole, tensor: file)
        }
        let model = try rewritten(weights) { proto, reference, tensor throws(ONNXError) in
            guard let new = names[reference.file] else { return }
            if let weight = weights[tensor] {
                let range = reference.offset..<reference.offset + reference.count
                let bytes = try Self.encoded(weight, as: proto, over: data[new].map { Array($0[range]) }, name: tensor)
                data[new]?.replaceSubrange(range, with: bytes)
            }
            try Self.rename(&proto, to: new)
        }
        return ModelFiles(model: model, data: data)
    }

    /// How far the tensors of each data file reach.
    private func externalRanges() throws(ONNXError) -> [String: Int] {
        var ends: [String: Int] = [:]
        _ = try rewritten([:]) { _, reference, _ in
            ends[reference.file] = max(ends[reference.file] ?? 0, reference.offset + reference.count)
        }
        return ends
    }

    /// The model's bytes with weights in place; `external` is given the tensors that lie elsewhere.
    private func rewritten(
        _ weights: [String: Tensor],
        external: (inout ProtoMessage, ExternalData.Reference, String) throws(ONNXError) -> Void
    ) throws(ONNXError) -> [UInt8] {
        var model = try ProtoMessage(proto.bytes[...])
        var missing = Set(weights.keys)
        for index in model.fields.indices where model.fields[index].number == 7 {
            guard case .bytes(let block) = model.fields[index].payload else { continue }
            var graph = try ProtoMessage(block)
            for place in graph.fields.indices where graph.fields[place].number == 5 {
                guard case .bytes(let tensorBlock) = graph.fields[place].payload else { continue }
                var tensor = try ProtoMessage(tensorBlock)
                let name = tensor.text(8) ?? ""
                missing.remove(name)
                if tensor.integer(14) == 1 {
                    let count = try Self.byteCount(of: tensor)
                    let reference = try ExternalData.reference(in: tensor, tensor: name, count: count)
                    try external(&tensor, reference, name)
                } else if let weight = weights[name] {
                    try Self.replace(&tensor, by: weight, name: name)
                } else {
                    continue
                }
                graph.fields[place].payload = .bytes(tensor.encoded[...])
            }
            model.fields[index].payload = .bytes(graph.encoded[...])
        }
        guard let name = missing.sorted().first else { return model.encoded }
        throw ONNXError("the file has no tensor '\(name)' to replace")
    }

    private static func byteCount(of proto: ProtoMessage) throws(ONNXError) -> Int {
        // Shape and type were checked when the model was read.
        let type = ONNXTensor.DataType(rawValue: proto.integer(2) ?? 0) ?? .float
        return type.size(try proto.integers(1).reduce(1, *))
    }

    /// The bytes of a weight in the element type that the file has for it: a narrower one is rounded to nearest, ties to even.
    ///
    /// - Parameter old: the bytes in the file now. A value that equals what they were read as keeps them: a double loses nothing.
    private static func encoded(
        _ weight: Tensor, as proto: ProtoMessage, over old: [UInt8]?, name: String
    ) throws(ONNXError) -> [UInt8] {
        func refusal(_ message: String) -> ONNXError { ONNXError("tensor '\(name)': \(message)") }
        guard let type = ONNXTensor.DataType(rawValue: proto.integer(2) ?? 0), type.element == .float32,
            weight.type == .float32
        else { throw refusal("only weights of floating point can be replaced") }
        guard try proto.integers(1) == weight.shape else {
            throw refusal("has the shape \(try proto.integers(1)), not \(weight.shape)")
        }
        let values = weight.values(as: Float.self)
        func bytes<Word: FixedWidthInteger>(_ word: (Float) -> Word) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: word(value).littleEndian) { Array($0) } }
        }
        switch type {
        case .float16: return bytes(HalfPrecision.bits(rounding:))
        case .bfloat16: return bytes { BFloat16(rounding: $0).bits }
        case .double:
            var result = bytes { Double($0).bitPattern }
            guard let old, old.count == result.count else { return result }
            let stored = ONNXTensor.decode(old[...], type, .float32, weight.shape, values.count)
            for (index, value) in stored.values(as: Float.self).enumerated()
            where value.bitPattern == values[index].bitPattern {
                result.replaceSubrange(8 * index..<8 * index + 8, with: old[8 * index..<8 * index + 8])
            }
            return result
        default: return weight.withUnsafeBytes { Array($0) }
        }
    }

    private static func replace(_ proto: inout ProtoMessage, by weight: Tensor, name: String) throws(ONNXError) {
        // Field 9 holds bytes; 4 a list of floats, 10 of doubles: packed, its bytes are the same as the raw ones.
        if let index = proto.fields.lastIndex(where: { $0.number == 9 }) {
            let raw = try encoded(weight, as: proto, over: proto.block(9).map { Array($0) }, name: name)
            proto.fields[index].payload = .bytes(raw[...])
            return
        }
        guard let first = proto.fields.firstIndex(where: { [4, 5, 10].contains($0.number) }) else {
            if weight.count > 0 { throw ONNXError("tensor '\(name)': has no content to replace") }
            return
        }
        let number = proto.fields[first].number
        let old = number == 10 ? try proto.doubles(10).flatMap { bytes(of: $0.bitPattern) } : nil
        let raw = try encoded(weight, as: proto, over: old, name: name)
        // Field 5 has the bits of 16-bit floats as varints.
        var words = ProtoMessage()
        if number == 5 {
            for place in stride(from: 0, to: raw.count, by: 2) {
                words.append(5, Int(raw[place]) | Int(raw[place + 1]) << 8)
            }
        }
        proto.fields.removeAll { $0.number == number }
        if number == 5 {
            proto.fields.insert(contentsOf: words.fields, at: first)
        } else {
            proto.fields.insert(ProtoMessage.Field(number: number, payload: .bytes(raw[...])), at: first)
        }
    }

    private static func bytes(of word: UInt64) -> [UInt8] { withUnsafeBytes(of: word.littleEndian) { Array($0) } }

    /// Gives an external tensor another data file.
    private static func rename(_ proto: inout ProtoMessage, to file: String) throws(ONNXError) {
        for index in proto.fields.indices where proto.fields[index].number == 13 {
            guard case .bytes(let block) = proto.fields[index].payload else { continue }
            var entry = try ProtoMessage(block)
            guard entry.text(1) == "location", let place = entry.fields.lastIndex(where: { $0.number == 2 }) else {
                continue
            }
            entry.fields[place].payload = .bytes(Array(file.utf8)[...])
            proto.fields[index].payload = .bytes(entry.encoded[...])
        }
    }
}
