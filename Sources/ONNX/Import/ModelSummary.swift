package import Graph
import Tensor

/// What `cairn model inspect` shows of an ONNX file.
package struct ModelSummary: Sendable {
    /// One node of the file.
    package struct Layer: Sendable, Equatable {
        package let name: String
        package let type: String
        /// Shapes of the outputs for the batch that was asked for; nil where the model cannot be imported.
        package let outputs: [TensorType]?
        /// Elements of the weights that the node reads.
        package let parameters: Int
    }

    package let producer: String
    package let irVersion: Int
    package let opsets: [String: Int]
    package let inputs: [ONNXModel.ValueInfo]
    package let outputs: [ONNXModel.ValueInfo]
    package let layers: [Layer]
    package let parameterCount: Int
    package let unsupportedOperators: [String]
    /// Operations and memory for the batch; nil where the model cannot be imported.
    package let cost: ProgramCost?
    package let warnings: [String]
    /// Why it cannot be imported, when it cannot.
    package let problem: String?

    /// Never fails: what is wrong with the model is part of the summary.
    package init(_ model: ONNXModel, batch: Int = 1) {
        producer = model.producer
        irVersion = model.irVersion
        opsets = model.opsets
        inputs = model.inputs
        outputs = model.outputs
        unsupportedOperators = model.unsupportedOperators
        var sizes: [String: Int] = [:]
        for (name, tensor) in model.initializers where tensor.type == .float32 { sizes[name] = tensor.count }
        parameterCount = sizes.values.reduce(0, +)
        var shapes: [String: TensorType] = [:]
        do {
            let types = try model.inputTypes(batch: batch)
            let imported = try model.imported(shapes: types.mapValues(\.shape), onValue: { shapes[$0] = $1 })
            cost = ProgramCost(Plan(imported.program))
            warnings = imported.warnings
            problem = nil
        } catch {
            cost = nil
            warnings = []
            problem = error.description
        }
        let known = shapes
        layers = model.nodes.map { node in
            let types = node.outputs.filter { !$0.isEmpty }.compactMap { known[$0] }
            return Layer(
                name: node.name, type: Operators.key(node), outputs: types.isEmpty ? nil : types,
                parameters: node.inputs.reduce(0) { $0 + (sizes[$1] ?? 0) })
        }
    }
}
