import Bytes
package import Graph
package import ONNX
package import Tensor
import Training

/// Why a network cannot do what is asked, with the input concerned.
package struct NetworkError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

/// A model file that somebody brought, and what people do with one: ask it, judge it, differentiate it, train it.
package struct Network {
    package let model: ONNXModel
    package let name: String

    package init(_ bytes: [UInt8], name: String, external: ExternalData = .none) throws(NetworkError) {
        self.name = name
        do {
            model = try ONNXModel(bytes, external: external)
        } catch {
            throw NetworkError("\(name): \(error)")
        }
    }

    // MARK: Asking

    /// The outputs, in the model's order, for arrays by input name; a single input takes a single array of any name.
    package func predict(_ arrays: [String: Tensor], threads: Int = 1) throws -> [(name: String, tensor: Tensor)] {
        let inputs = try bound(arrays)
        let rows = Set(inputs.values.map { $0.shape.first ?? 0 })
        if let stated = model.statedBatch, rows.count == 1, rows != [stated] {
            let columns = model.inputs.compactMap { input in
                inputs[input.name].map { Samples.Column(input.name, $0) }
            }
            return try predict(rows: columns, threads: threads)
        }
        return try answer(inputs, threads: threads)
    }

    /// The outputs of one run.
    func answer(_ inputs: [String: Tensor], threads: Int) throws -> [(name: String, tensor: Tensor)] {
        let imported = try program(for: inputs)
        let results = try imported.run(inputs, kernels: kernels(threads))
        return model.outputs.compactMap { output in results[output.name].map { (output.name, $0) } }
    }

    /// The program for arrays of these shapes; where shapes depend on what they hold, the program for these arrays alone.
    private func program(for inputs: [String: Tensor]) throws(ONNXError) -> ImportedProgram {
        let shapes = inputs.mapValues(\.shape)
        do {
            return try model.imported(shapes: shapes, mode: .inference)
        } catch {
            guard error.dependsOnData else { throw error }
            return try model.imported(shapes: shapes, mode: .inference, constants: inputs)
        }
    }

    /// The outputs for rows of features, which fill the model's only input in its own shape.
    ///
    /// - Parameter areImages: the rows are pixels, channel by channel.
    package func predict(
        features: [Float], rows: Int, areImages: Bool = false, threads: Int = 1
    ) throws -> [(name: String, tensor: Tensor)] {
        let input = try onlyInput()
        let columns = rows == 0 ? 0 : features.count / rows
        let shape = try rowShape(input, columns: columns)
        let width = shape.reduce(1, *)
        guard rows > 0, features.count == rows * width else {
            throw NetworkError(
                "\(name): the input '\(input.name)' takes \(width) numbers a row (\(shape)), the data have \(columns)")
        }
        var features = features
        // Pixels come channel by channel; a network may take a pixel's channels together.
        if areImages, shape.count == 3, (2...4).contains(shape[2]), shape[0] > 4 {
            features = channelsLast(features, [shape[2], shape[0], shape[1]])
        }
        let names = (0..<columns).map { "\($0 + 1)" }
        let tensor = try whole(Tensor(features, shape: [rows] + shape), input, names, "the table")
        return try predict(rows: [.init(input.name, tensor)], threads: threads)
    }

    /// `loss` and `grad/NAME` for one batch; `arrays` holds the inputs and `target` (or `y`).
    ///
    /// - Parameter isTraining: batch statistics, and dropout as in the first step of the seed zero.
    package func gradients(
        _ arrays: [String: Tensor], loss: Loss, output: String? = nil, isTraining: Bool = false, threads: Int = 1
    ) throws -> [(name: String, tensor: Tensor)] {
        let inputNames = Set(model.inputs.map(\.name))
        guard let target = arrays["target"] ?? (inputNames.contains("y") ? nil : arrays["y"]) else {
            throw NetworkError("the arrays lack 'target': what the output should be")
        }
        var inputs = try bound(arrays.filter { inputNames.contains($0.key) || inputNames.count > 1 })
        try checkRows(inputs.values.first?.shape.first ?? 0)
        let imported = try model.imported(shapes: inputs.mapValues(\.shape), mode: isTraining ? .training : .inference)
        let program = try imported.program.withGradients(of: loss, output: output, parameters: imported.trainable)
        inputs["target"] = try fitted(target, program)
        for (place, value) in program.noiseInputs.enumerated() {
            var noise = Tensor(shape: program.type(value).shape)
            noise.withUnsafeMutable(Float.self) { NoiseSource(seed: .zero).fill($0, step: 0, input: place) }
            inputs[program.node(value).name] = noise
        }
        let results = try program.run(imported.parameters.merging(inputs) { $1 }, kernels: kernels(threads))
        return program.outputs.compactMap { output in results[output.name].map { (output.name, $0) } }
    }

    private func fitted(_ target: Tensor, _ program: Program) throws -> Tensor {
        guard let value = program.value(named: Program.targetInput) else {
            throw NetworkError("\(name): no loss can be judged")
        }
        let type = program.type(value)
        let typed = target.widened(to: type.element) ?? target
        guard typed.type == type.element, typed.count == type.count else {
            throw NetworkError(
                "the array 'target' is \(target.type.name)\(target.shape), this loss of this output needs \(type.element.name)\(type.shape)"
            )
        }
        return typed.reshaped(type.shape)
    }

    // MARK: Inputs

    func kernels(_ threads: Int) -> Kernels { Kernels(pool: ThreadPool(threads: max(1, min(threads, 1024)))) }

    /// The input that rows of features can fill.
    package func onlyInput() throws -> ONNXModel.ValueInfo {
        guard model.inputs.count == 1, let input = model.inputs.first else {
            let names = model.inputs.map(\.name).joined(separator: ", ")
            throw NetworkError(
                "\(name) has \(model.inputs.count) inputs (\(names)): give an .npz file with an array for each")
        }
        return input
    }

    /// The shape of one row: everything after the first axis must be known.
    func rowShape(_ input: ONNXModel.ValueInfo) throws -> [Int] {
        guard let shape = input.shape, !shape.isEmpty else {
            throw NetworkError("\(name): the shape of '\(input.name)' is not known")
        }
        return try shape.dropFirst().map { dimension in
            guard case .size(let size) = dimension else {
                throw NetworkError(
                    "\(name): the input '\(input.name)' has a further axis of unknown size: give an .npz file")
            }
            return size
        }
    }

    func bound(_ arrays: [String: Tensor]) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for input in model.inputs {
            var found = arrays[input.name]
            if found == nil, model.inputs.count == 1, arrays.count == 1 { found = arrays.values.first }
            guard let tensor = found else {
                throw NetworkError(
                    "the array '\(input.name)' is missing; there are \(arrays.keys.sorted().joined(separator: ", "))")
            }
            if let element = input.element, let fitting = tensor.widened(to: element) {
                result[input.name] = fitting
            } else {
                throw NetworkError(
                    "the array '\(input.name)' holds \(tensor.type.name), the model takes \(input.element.map(\.name) ?? "what is not supported")"
                )
            }
        }
        return result
    }
}
