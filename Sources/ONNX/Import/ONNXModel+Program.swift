package import Graph
package import Tensor

/// How the nodes are read that do something else in training.
package enum ExecutionMode: Sendable {
    /// As the file says. Dropout that the file puts into training mode is refused: its result would be random.
    case asWritten
    /// Running statistics and no dropout, whatever the file says.
    case inference
    /// Statistics of the batch, which move the running ones, and dropout by the numbers of `noise/` inputs.
    case training
}

/// A graph as a program for inputs of fixed shapes.
package struct ImportedProgram: Sendable {
    package let program: Program
    /// The values of the parameters, by name.
    package let parameters: [String: Tensor]
    /// Names of the parameters that training moves: not running statistics.
    package let trainable: Set<String>
    /// What a person should know about the import.
    package let warnings: [String]
}

extension ONNXModel {
    /// The operators that the model uses and that are not supported, each once, with the nodes' names: those of branches, bodies
    /// and functions too.
    package var unsupportedOperators: [String] {
        var found: [String] = []
        var names: Set<String> = []
        var visited: Set<String> = []
        func visit(_ nodes: [ONNXNode]) {
            for node in nodes {
                let key = Operators.key(node)
                if Operators.table[key] == nil {
                    if let function = functions[key] {
                        if visited.insert(key).inserted { visit(function.nodes) }
                    } else if names.insert(key).inserted {
                        found.append("\(key) (first at node '\(node.name)')")
                    }
                }
                for attribute in node.attributes.values {
                    if case .graph(let graph) = attribute { visit(graph.nodes) }
                }
            }
        }
        visit(nodes)
        return found
    }

    /// The types of the inputs when every unknown size is `batch`.
    package func inputTypes(batch: Int) throws(ONNXError) -> [String: TensorType] {
        var types: [String: TensorType] = [:]
        for input in inputs {
            guard let element = input.element, let shape = input.shape else {
                throw ONNXError("input '\(input.name)' has no known shape or an unsupported element type")
            }
            types[input.name] = TensorType(
                element, shape.map { if case .size(let size) = $0 { size } else { batch } })
        }
        return types
    }

    /// Imports the graph for inputs of the given shapes.
    ///
    /// Every operator is checked before anything is built: one that is not supported refuses the model by name. A file that states one
    /// number of rows, as the first size of its inputs, is led to another where every node allows it (see `BatchRebinding`).
    /// - Parameter constants: inputs that are fixed here, because shapes depend on what they hold; they need not be given at run time.
    package func imported(
        shapes: [String: [Int]], mode: ExecutionMode = .asWritten, constants: [String: Tensor] = [:]
    ) throws(ONNXError) -> ImportedProgram {
        let unsupported = unsupportedOperators
        guard unsupported.isEmpty else {
            throw ONNXError("the model uses operators that are not supported: \(unsupported.joined(separator: ", "))")
        }
        let lowering = Lowering(self, mode: mode)
        lowering.rebinding = try rebinding(to: shapes)
        do {
            try bind(shapes, constants, to: lowering)
            for node in nodes { try lowering.lower(node) }
        } catch {
            let error = lowering.named(error)
            guard let rebinding = lowering.rebinding else { throw error }
            throw ONNXError(
                node: error.node,
                "\(error.message): the file was exported for exactly \(rebinding.stated) row\(rebinding.stated == 1 ? "" : "s") and cannot take \(rebinding.wanted)"
            )
        }
        return try finish(lowering)
    }

    /// The program of the nodes that were lowered, with the file's outputs.
    func finish(_ lowering: Lowering) throws(ONNXError) -> ImportedProgram {
        do {
            for output in outputs { lowering.builder.output(output.name, try lowering.value(named: output.name)) }
        } catch { throw lowering.named(error) }
        let program = lowering.builder.finish()
        let names = Set(program.parameters.map { program.node($0).name })
        var parameters: [String: Tensor] = [:]
        for (name, tensor) in initializers where names.contains(name) { parameters[name] = tensor }
        return ImportedProgram(
            program: program, parameters: parameters, trainable: Set(parameters.keys).subtracting(lowering.frozen),
            warnings: lowering.warnings + advice)
    }

    func bind(_ shapes: [String: [Int]], _ constants: [String: Tensor], to lowering: Lowering) throws {
        for input in inputs {
            guard let element = input.element else {
                throw ONNXError("input '\(input.name)' is no tensor of a supported element type")
            }
            guard let shape = shapes[input.name] else {
                throw ONNXError("the shape of input '\(input.name)' is missing")
            }
            if let stated = input.shape {
                guard stated.count == shape.count else {
                    throw ONNXError("input '\(input.name)' has \(stated.count) axes, not \(shape.count)")
                }
                for (axis, dimension) in stated.enumerated() {
                    // Names of sizes bind nothing: exporters give one name to sizes that differ.
                    if case .size(let size) = dimension, size != shape[axis], axis > 0 || lowering.rebinding == nil {
                        throw ONNXError("input '\(input.name)': axis \(axis) is \(size), not \(shape[axis])")
                    }
                }
            }
            if let tensor = constants[input.name], tensor.type == element {
                lowering.define(input.name, lowering.builder.constant(tensor, name: input.name), input.dataType)
                continue
            }
            lowering.define(
                input.name, try lowering.builder.input(input.name, TensorType(element, shape)), input.dataType)
        }
    }

    /// Warnings about what training this graph would not do.
    var advice: [String] {
        var advice: [String] = []
        let hasConvolution = nodes.contains { $0.type == "Conv" }
        let hasNorm = nodes.contains { $0.type == "BatchNormalization" }
        if hasConvolution, !hasNorm, nodes.filter({ $0.type == "Conv" }).count > 4 {
            advice.append(
                "there is no BatchNormalization after \(nodes.filter { $0.type == "Conv" }.count) convolutions: if the network had it, the "
                    + "exporter folded it into the weights, and training will not normalise (python -m cairn_export leaves it a node)"
            )
        }
        let constants = nodes.filter { node in
            guard node.type == "Constant", case .tensor(let content) = node.attributes["value"] else { return false }
            return content.tensor.type == .float32 && content.tensor.rank >= 1 && content.tensor.count >= 16
        }
        if let first = constants.first {
            advice.append(
                "\(constants.count) tables of floats are constants inside nodes, such as '\(first.outputs.first ?? first.name)': if they are "
                    + "weights, training does not move them (python -m cairn_export keeps weights apart and by name)")
        }
        let unnamed = initializers.filter { $0.tensor.type == .float32 && $0.name.contains("::") }
        if !unnamed.isEmpty {
            advice.append(
                "\(unnamed.count) weights have generated names such as '\(unnamed[0].name)': they train, but will not match the names of your framework"
            )
        }
        return advice
    }
}

extension ImportedProgram {
    /// The model with its weights fixed, for one caller.
    package func session(kernels: Kernels = .shared) throws(ProgramError) -> Session {
        try Session(Plan(program.freezing(parameters)), kernels: kernels)
    }

    /// The model with its weights fixed, for many callers at once.
    package func inferenceSession(kernels: Kernels = .shared) throws(ProgramError) -> InferenceSession {
        try InferenceSession(Plan(program.freezing(parameters)), kernels: kernels)
    }

    /// Runs once on tensors by input name; outputs by name.
    package func run(_ inputs: [String: Tensor], kernels: Kernels = .shared) throws(ProgramError) -> [String: Tensor] {
        try program.run(parameters.merging(inputs) { _, given in given }, kernels: kernels)
    }

    /// A loss and the gradients of all trainable parameters on one batch: `loss` and `grad/NAME`.
    ///
    /// `inputs` holds the graph's inputs and `target`.
    package func gradients(
        _ inputs: [String: Tensor], loss: Loss, output: String? = nil, kernels: Kernels = .shared
    ) throws(ProgramError) -> [String: Tensor] {
        let whole = try program.withGradients(of: loss, output: output, parameters: trainable)
        return try whole.run(parameters.merging(inputs) { _, given in given }, kernels: kernels)
    }
}
