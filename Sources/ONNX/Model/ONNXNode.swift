import Tensor

/// One node of an ONNX graph.
struct ONNXNode: Sendable {
    enum Attribute: Sendable {
        case float(Float)
        case int(Int)
        case text(String)
        case tensor(ONNXTensor)
        case floats([Float])
        case ints([Int])
        case texts([String])
        /// A branch or a body.
        case graph(ONNXGraph)
        /// Inside a function: the attribute of that name which the calling node has.
        case reference(String)
        /// A kind that no supported operator has.
        case other(String)
    }

    let name: String
    let type: String
    let domain: String
    let inputs: [String]
    let outputs: [String]
    let attributes: [String: Attribute]

    /// How errors call it.
    var label: String { "'\(name)' (\(domain.isEmpty ? type : "\(domain).\(type)"))" }

    /// - Parameter depth: how many graphs this node lies in; see `ONNXGraph.depthLimit`.
    init(_ proto: ProtoMessage, index: Int, external: ExternalData, depth: Int) throws(ONNXError) {
        type = proto.text(4) ?? ""
        let stated = proto.text(3) ?? ""
        name = stated.isEmpty ? "\(type)_\(index)" : stated
        let domain = proto.text(7) ?? ""
        self.domain = domain == "ai.onnx" ? "" : domain
        inputs = proto.blocks(1).map { String(decoding: $0, as: UTF8.self) }
        outputs = proto.blocks(2).map { String(decoding: $0, as: UTF8.self) }
        var attributes: [String: Attribute] = [:]
        for block in proto.blocks(5) {
            let (name, value) = try Self.attribute(try ProtoMessage(block), external, depth)
            attributes[name] = value
        }
        self.attributes = attributes
    }

    /// An `AttributeProto` as its name and value.
    static func attribute(
        _ proto: ProtoMessage, _ external: ExternalData, _ depth: Int
    ) throws(ONNXError) -> (String, Attribute) {
        let name = proto.text(1) ?? ""
        if let source = proto.text(21), !source.isEmpty { return (name, .reference(source)) }
        return (name, try value(proto, external, depth))
    }

    private static func value(
        _ proto: ProtoMessage, _ external: ExternalData, _ depth: Int
    ) throws(ONNXError) -> Attribute {
        // AttributeProto.type; files of IR version 1 may leave it out.
        switch proto.integer(20) ?? 0 {
        case 1: return .float(proto.float(2) ?? 0)
        case 2: return .int(proto.integer(3) ?? 0)
        case 3: return .text(proto.text(4) ?? "")
        case 4: return .tensor(try ONNXTensor(try ProtoMessage(proto.block(5) ?? []), external: external))
        case 5:
            return .graph(try ONNXGraph(try ProtoMessage(proto.block(6) ?? []), external: external, depth: depth + 1))
        case 6: return .floats(try proto.floats(7))
        case 7: return .ints(try proto.integers(8))
        case 8: return .texts(proto.blocks(9).map { String(decoding: $0, as: UTF8.self) })
        default: return .other("an attribute of kind \(proto.integer(20) ?? 0)")
        }
    }
}
