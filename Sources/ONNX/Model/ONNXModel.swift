package import Tensor

/// An ONNX file: its graph, decoded as far as importing needs, over the bytes that writing gives back.
package struct ONNXModel: Sendable {
    /// A graph input or output.
    package struct ValueInfo: Sendable, Equatable {
        /// A size, a name for an unknown size, or nothing known.
        package enum Dimension: Sendable, Equatable {
            case size(Int)
            case name(String)
            case unknown
        }

        package let name: String
        /// nil when the type is not a tensor of a supported element type.
        package let element: ElementType?
        /// nil when the rank is unknown.
        package let shape: [Dimension]?
        /// What it holds in the file's terms.
        let dataType: ONNXTensor.DataType?
    }

    package let irVersion: Int
    package let producer: String
    package let graphName: String
    /// Version by domain; the default domain is "".
    package let opsets: [String: Int]
    /// Inputs that a caller supplies (initializers left out).
    package let inputs: [ValueInfo]
    package let outputs: [ValueInfo]
    package let initializers: [(name: String, tensor: Tensor)]
    let nodes: [ONNXNode]
    let proto: ProtoSnapshot
    let external: ExternalData
    /// The bytes that were read.
    package var fileBytes: [UInt8] { proto.bytes }
    /// Functions that the file brings with it, by the name that nodes call.
    let functions: [String: ONNXFunction]
    /// What the initializers hold in the file, by name.
    let kinds: [String: ONNXTensor.DataType]

    /// Reads a model.
    ///
    /// - Throws: `ONNXError` when the bytes are no ONNX model, are cut off, or state what cannot be.
    package init(_ bytes: [UInt8], external: ExternalData = .none) throws(ONNXError) {
        let model = try ProtoMessage(bytes[...])
        proto = ProtoSnapshot(bytes: bytes)
        self.external = external
        irVersion = model.integer(1) ?? 0
        producer = model.text(2) ?? ""
        guard let graphBytes = model.block(7) else { throw ONNXError("the file holds no graph: it is no ONNX model") }
        guard (3...13).contains(irVersion) else {
            throw ONNXError("the IR version \(irVersion) is not supported (3...13)")
        }
        opsets = try Self.opsets(model.blocks(8))
        var functions: [String: ONNXFunction] = [:]
        for block in model.blocks(25) {
            let function = try ONNXFunction(try ProtoMessage(block), external: external)
            functions[function.key] = function
        }
        self.functions = functions

        let graph = try ProtoMessage(graphBytes)
        graphName = graph.text(2) ?? ""
        var tensors: [(name: String, tensor: Tensor)] = []
        var kinds: [String: ONNXTensor.DataType] = [:]
        for block in graph.blocks(5) {
            let tensor = try ONNXTensor(try ProtoMessage(block), external: external)
            guard kinds.updateValue(tensor.dataType, forKey: tensor.name) == nil else {
                throw ONNXError("two tensors are called '\(tensor.name)'")
            }
            tensors.append((tensor.name, tensor.tensor))
        }
        guard graph.blocks(15).isEmpty else { throw ONNXError("sparse tensors are not supported") }
        initializers = tensors
        self.kinds = kinds
        var inputs: [ValueInfo] = []
        for block in graph.blocks(11) {
            let info = try Self.valueInfo(block)
            if kinds[info.name] == nil { inputs.append(info) }
        }
        self.inputs = inputs
        var outputs: [ValueInfo] = []
        for block in graph.blocks(12) { outputs.append(try Self.valueInfo(block)) }
        self.outputs = outputs
        guard !outputs.isEmpty else { throw ONNXError("the graph has no outputs") }
        nodes = ONNXGraph.ordered(try ONNXGraph.nodes(graph.blocks(1), external: external, depth: 0))
        // Identity has always meant the same; skl2onnx states operator set 1 for a forest and nothing else.
        if let version = opsets[""], !(7...26).contains(version),
            version > 26 || nodes.contains(where: { $0.domain.isEmpty && $0.type != "Identity" })
        {
            throw ONNXError("the operator set \(version) is not supported (7...26): export again with another one")
        }
    }

    /// Versions by domain; the default domain is "".
    static func opsets(_ blocks: [ArraySlice<UInt8>]) throws(ONNXError) -> [String: Int] {
        var opsets: [String: Int] = [:]
        for block in blocks {
            let entry = try ProtoMessage(block)
            let domain = entry.text(1) ?? ""
            opsets[domain == "ai.onnx" ? "" : domain] = entry.integer(2) ?? 0
        }
        return opsets
    }

    private static func valueInfo(_ block: ArraySlice<UInt8>) throws(ONNXError) -> ValueInfo {
        let info = try ProtoMessage(block)
        let name = info.text(1) ?? ""
        guard let type = info.block(2), let tensor = try ProtoMessage(type).block(1) else {
            return ValueInfo(name: name, element: nil, shape: nil, dataType: nil)
        }
        let tensorType = try ProtoMessage(tensor)
        let dataType = ONNXTensor.DataType(rawValue: tensorType.integer(1) ?? 0)
        let element = dataType == .string ? nil : dataType?.element
        guard let shapeBlock = tensorType.block(2) else {
            return ValueInfo(name: name, element: element, shape: nil, dataType: dataType)
        }
        var dimensions: [ValueInfo.Dimension] = []
        for block in try ProtoMessage(shapeBlock).blocks(1) {
            let dimension = try ProtoMessage(block)
            if let size = dimension.integer(1), size > 0 {
                dimensions.append(.size(size))
            } else if let name = dimension.text(2), !name.isEmpty {
                dimensions.append(.name(name))
            } else {
                dimensions.append(.unknown)
            }
        }
        return ValueInfo(name: name, element: element, shape: dimensions, dataType: dataType)
    }

    /// The version of a domain that the model imports.
    package func opset(_ domain: String) -> Int { opsets[domain] ?? (domain.isEmpty ? 18 : 1) }

    /// A tensor in a file of its own, as test data are kept.
    package static func tensor(_ bytes: [UInt8]) throws(ONNXError) -> Tensor {
        let tensor = try ONNXTensor(try ProtoMessage(bytes[...]), external: .none)
        guard tensor.dataType != .string else { throw ONNXError("the tensor holds texts, which programs do not have") }
        return tensor.tensor
    }
}

/// The bytes of the file, for writing it back with other weights.
struct ProtoSnapshot: Sendable {
    let bytes: [UInt8]
}
