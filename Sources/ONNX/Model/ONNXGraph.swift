/// A graph inside a node: a branch of `If`, the body of `Loop` or `Scan`.
struct ONNXGraph: Sendable {
    /// Names of the formal inputs.
    let inputs: [String]
    let outputs: [String]
    let initializers: [ONNXTensor]
    let nodes: [ONNXNode]

    /// How deep graphs may lie in one another.
    static let depthLimit = 16

    init(_ proto: ProtoMessage, external: ExternalData, depth: Int) throws(ONNXError) {
        guard depth <= Self.depthLimit else {
            throw ONNXError("graphs lie in one another more than \(Self.depthLimit) deep")
        }
        guard proto.blocks(15).isEmpty else { throw ONNXError("sparse tensors are not supported") }
        inputs = try Self.names(proto.blocks(11))
        outputs = try Self.names(proto.blocks(12))
        var tensors: [ONNXTensor] = []
        for block in proto.blocks(5) { tensors.append(try ONNXTensor(try ProtoMessage(block), external: external)) }
        initializers = tensors
        nodes = Self.ordered(try Self.nodes(proto.blocks(1), external: external, depth: depth))
    }

    private static func names(_ blocks: [ArraySlice<UInt8>]) throws(ONNXError) -> [String] {
        var names: [String] = []
        for block in blocks { names.append(try ProtoMessage(block).text(1) ?? "") }
        return names
    }

    static func nodes(
        _ blocks: [ArraySlice<UInt8>], external: ExternalData, depth: Int
    ) throws(ONNXError) -> [ONNXNode] {
        var nodes: [ONNXNode] = []
        for (index, block) in blocks.enumerated() {
            nodes.append(try ONNXNode(try ProtoMessage(block), index: index, external: external, depth: depth))
        }
        return nodes
    }
}

/// A function that the model brings with it: a node that calls it stands for its nodes.
struct ONNXFunction: Sendable {
    let name: String
    let domain: String
    let inputs: [String]
    let outputs: [String]
    let nodes: [ONNXNode]
    /// Values of attributes that a caller may leave out.
    let defaults: [String: ONNXNode.Attribute]
    let opsets: [String: Int]

    init(_ proto: ProtoMessage, external: ExternalData) throws(ONNXError) {
        name = proto.text(1) ?? ""
        let domain = proto.text(10) ?? ""
        self.domain = domain == "ai.onnx" ? "" : domain
        inputs = proto.blocks(4).map { String(decoding: $0, as: UTF8.self) }
        outputs = proto.blocks(5).map { String(decoding: $0, as: UTF8.self) }
        nodes = ONNXGraph.ordered(try ONNXGraph.nodes(proto.blocks(7), external: external, depth: 0))
        var defaults: [String: ONNXNode.Attribute] = [:]
        for block in proto.blocks(11) {
            let (name, value) = try ONNXNode.attribute(try ProtoMessage(block), external, 0)
            defaults[name] = value
        }
        self.defaults = defaults
        opsets = try ONNXModel.opsets(proto.blocks(9))
    }

    /// How nodes call it.
    var key: String { domain.isEmpty ? name : "\(domain).\(name)" }
}
