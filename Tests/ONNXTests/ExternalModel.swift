@testable import ONNX

/// Moves a tensor of a model into a data file, as other programs write them.
enum ExternalModel {
    static func moved(
        _ bytes: [UInt8], tensor name: String, to file: String, offset: Int
    ) throws -> (model: [UInt8], data: [UInt8]) {
        var model = try ProtoMessage(bytes[...])
        var data = [UInt8](repeating: 0x5a, count: offset)
        for index in model.fields.indices where model.fields[index].number == 7 {
            guard case .bytes(let block) = model.fields[index].payload else { continue }
            var graph = try ProtoMessage(block)
            for place in graph.fields.indices where graph.fields[place].number == 5 {
                guard case .bytes(let tensorBlock) = graph.fields[place].payload else { continue }
                var tensor = try ProtoMessage(tensorBlock)
                guard tensor.text(8) == name, let raw = tensor.block(9) else { continue }
                tensor.fields.removeAll { $0.number == 9 }
                for (key, value) in [("location", file), ("offset", "\(offset)"), ("length", "\(raw.count)")] {
                    var entry = ProtoMessage()
                    entry.append(1, key)
                    entry.append(2, value)
                    tensor.append(13, entry)
                }
                tensor.append(14, 1)
                data += raw
                graph.fields[place].payload = .bytes(tensor.encoded[...])
            }
            model.fields[index].payload = .bytes(graph.encoded[...])
        }
        return (model.encoded, data)
    }
}
