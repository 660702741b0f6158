package import Graph
import Tensor

/// What `cairn model inspect` shows of an ONNX file: every node with what it takes. The numbers of the layers sum to those of the model.
package struct ModelSummary: Sendable {
    /// One node of the file.
    package struct Layer: Sendable, Equatable {
        package let name: String
        /// The operator, with its domain before a dot where it is not ONNX's own.
        package let type: String
        /// Types of the outputs for the batch that was asked for; nil where a node before it, or itself, cannot be imported.
        package let outputs: [TensorType]?
        /// Elements of the weights that the node reads and no node before it: floats, and the integers that stand for floats.
        package let parameters: Int
        /// Bytes of these weights in the file.
        package let weightBytes: Int
        /// Floating-point operations of one run; nil where the model cannot be imported.
        package let operations: Int?
        /// Why the node cannot be imported, when it is to blame for it.
        package let problem: String?

        /// Bytes of the outputs.
        package var outputBytes: Int { outputs?.reduce(0) { $0 + $1.byteCount } ?? 0 }
    }

    /// The rows that the numbers are for.
    package let batch: Int
    package let producer: String
    package let irVersion: Int
    package let opsets: [String: Int]
    package let inputs: [ONNXModel.ValueInfo]
    package let outputs: [ONNXModel.ValueInfo]
    package let layers: [Layer]
    /// Elements of the weights that training moves; nil where the model cannot be imported.
    package let trainableCount: Int?
    package let unsupportedOperators: [String]
    /// Operations and memory for the batch; nil where the model cannot be imported.
    package let cost: ProgramCost?
    package let warnings: [String]
    /// Why it cannot be imported, when it cannot.
    package let problem: String?

    package var parameterCount: Int { layers.reduce(0) { $0 + $1.parameters } }
    package var weightBytes: Int { layers.reduce(0) { $0 + $1.weightBytes } }
    package var outputBytes: Int { layers.reduce(0) { $0 + $1.outputBytes } }

    /// Never fails: what is wrong with the model is part of the summary.
    ///
    /// - Parameter batch: what every size is taken for that the file leaves open; nil takes the first size of the first input, or 1.
    package init(_ model: ONNXModel, batch wanted: Int? = nil) {
        let batch = wanted ?? model.statedBatch ?? 1
        self.batch = batch
        producer = model.producer
        irVersion = model.irVersion
        opsets = model.opsets
        inputs = model.inputs
        outputs = model.outputs
        unsupportedOperators = model.unsupportedOperators
        let walk = NodeWalk(model, batch: batch)
        let cost = walk.program.map { ProgramCost(Plan($0.program.freezing($0.parameters))) }
        self.cost = cost
        problem = walk.problem
        trainableCount = walk.program.map { imported in
            imported.trainable.reduce(0) { $0 + (imported.parameters[$1]?.count ?? 0) }
        }
        var weights = model.weights
        layers = zip(model.nodes, walk.steps).map { node, step in
            let read = node.namesRead.compactMap { weights.removeValue(forKey: $0) }
            return Layer(
                name: node.name, type: Operators.key(node), outputs: step.outputs,
                parameters: read.reduce(0) { $0 + $1.count }, weightBytes: read.reduce(0) { $0 + $1.bytes },
                operations: cost.map { $0.operationsByNode[step.nodes].reduce(0, +) }, problem: step.problem)
        }
        let unread = weights.isEmpty ? [] : ["\(weights.count) weights are read by no node and left out here"]
        warnings = (walk.program?.warnings ?? []) + unread
    }
}

/// A walk over a model's nodes that goes on after one which cannot be imported.
private struct NodeWalk {
    struct Step {
        var outputs: [TensorType]?
        /// The program's nodes that the file's node became.
        var nodes: Range<Int>
        var problem: String?
    }

    var steps: [Step] = []
    /// The first reason why there is no program.
    var problem: String?
    var program: ImportedProgram?

    init(_ model: ONNXModel, batch: Int) {
        let lowering = Lowering(model, mode: .inference)
        do {
            let shapes = try model.inputShapes(rows: batch)
            lowering.rebinding = try model.rebinding(to: shapes)
            try model.bind(shapes, [:], to: lowering)
        } catch { problem = lowering.named(error).description }
        for node in model.nodes {
            let start = lowering.builder.nodes.count
            var step = Step(nodes: start..<start)
            if node.inputs.allSatisfy({ $0.isEmpty || lowering.knows($0) }) {
                do {
                    try lowering.lower(node)
                    step.outputs = try node.outputs.filter { !$0.isEmpty }.map {
                        lowering.builder.type(try lowering.value(named: $0))
                    }
                } catch {
                    lowering.abandonNode()
                    let error = lowering.named(error)
                    step.problem = error.message
                    problem = problem ?? error.description
                }
            }
            step.nodes = start..<lowering.builder.nodes.count
            steps.append(step)
        }
        guard problem == nil else { return }
        do { program = try model.finish(lowering) } catch { problem = error.description }
    }
}

extension ONNXModel {
    /// Elements and bytes of the weights by name: floats, and integers that a node turns into floats.
    fileprivate var weights: [String: (count: Int, bytes: Int)] {
        let quantised = Set(nodes.filter { $0.type == "DequantizeLinear" }.compactMap(\.inputs.first))
        var weights: [String: (count: Int, bytes: Int)] = [:]
        for (name, tensor) in initializers where tensor.type == .float32 || quantised.contains(name) {
            weights[name] = (tensor.count, kinds[name]?.size(tensor.count) ?? tensor.byteCount)
        }
        return weights
    }
}

extension ONNXNode {
    /// The names that the node reads, those of the graphs inside it too.
    fileprivate var namesRead: [String] {
        var names = inputs
        for (_, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
            if case .graph(let graph) = attribute { names += graph.nodes.flatMap(\.namesRead) }
        }
        return names
    }
}
