package import Datasets
package import Graph
package import ONNX
package import Tensor
package import Training

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
        let imported = try model.imported(shapes: inputs.mapValues(\.shape))
        let results = try imported.run(inputs, kernels: kernels(threads))
        return model.outputs.compactMap { output in results[output.name].map { (output.name, $0) } }
    }

    /// The outputs for rows of features, which fill the model's only input in its own shape.
    package func predict(
        features: [Float], rows: Int, threads: Int = 1
    ) throws -> [(name: String, tensor: Tensor)] {
        let input = try onlyInput()
        let shape = try rowShape(input)
        let width = shape.reduce(1, *)
        guard rows > 0, features.count == rows * width else {
            let columns = rows == 0 ? 0 : features.count / rows
            throw NetworkError(
                "\(name): the input '\(input.name)' takes \(width) numbers a row (\(shape)), the data have \(columns)")
        }
        var tensor = Tensor(features, shape: [rows] + shape)
        if input.element == .int64 { tensor = Tensor(features.map { Int64($0) }, shape: [rows] + shape) }
        return try predict([input.name: tensor], threads: threads)
    }

    /// Accuracy, loss and confusion on labelled rows: by the label output if there is one, else by the greatest score.
    package func evaluate(on data: Dataset, threads: Int = 1) throws -> Evaluation {
        let results = try predict(features: data.features, rows: data.rows, threads: threads)
        let classes = data.classNames.count
        let scores = results.first { $0.tensor.type == .float32 && $0.tensor.count.isMultiple(of: data.rows) }
        let labels = results.first { $0.tensor.type == .int64 && $0.tensor.count == data.rows }
        guard scores != nil || labels != nil else {
            throw NetworkError("\(name): no output gives a class for each row")
        }
        let width = (scores?.tensor.count ?? 0) / data.rows
        let numbers = scores?.tensor.values(as: Float.self) ?? []
        var predicted = labels?.tensor.values(as: Int64.self).map(Int.init) ?? []
        if labels == nil {
            guard width >= 2 else {
                throw NetworkError("\(name): the output has \(width) scores a row: it classifies nothing")
            }
            predicted = (0..<data.rows).map { Reference.argmax(Array(numbers[$0 * width..<($0 + 1) * width])) }
        }
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        var losses: [Float] = []
        for row in 0..<data.rows {
            let label = Int(data.labels[row])
            guard predicted[row] >= 0, predicted[row] < classes else {
                throw NetworkError("\(name): predicts the class \(predicted[row]), the data have \(classes)")
            }
            confusion[label][predicted[row]] += 1
            if width > label { losses.append(Self.loss(Array(numbers[row * width..<(row + 1) * width]), label)) }
        }
        return Evaluation(loss: losses.isEmpty ? 0 : Reference.mean(losses), confusion: confusion)
    }

    /// Cross-entropy of one row: of probabilities when the scores are some, else of logits.
    private static func loss(_ scores: [Float], _ label: Int) -> Float {
        let isProbability = scores.allSatisfy { (0...1).contains($0) } && abs(Reference.sum(scores) - 1) < 1e-3
        if isProbability { return -Reference.log(max(scores[label], 0x1p-100)) }
        let most = Reference.maximum(scores)
        return Reference.log(Reference.sum(scores.map { Reference.exp($0 - most) })) - (scores[label] - most)
    }

    /// `loss` and `grad/NAME` for one batch; `arrays` holds the inputs and `target` (or `y`).
    package func gradients(
        _ arrays: [String: Tensor], loss: Loss, output: String? = nil, isTraining: Bool = false, threads: Int = 1
    ) throws -> [(name: String, tensor: Tensor)] {
        let inputNames = Set(model.inputs.map(\.name))
        guard let target = arrays["target"] ?? (inputNames.contains("y") ? nil : arrays["y"]) else {
            throw NetworkError("the arrays lack 'target': what the output should be")
        }
        var inputs = try bound(arrays.filter { inputNames.contains($0.key) || inputNames.count > 1 })
        let imported = try model.imported(shapes: inputs.mapValues(\.shape), isTraining: isTraining)
        let program = try imported.program.withGradients(of: loss, output: output, parameters: imported.trainable)
        inputs["target"] = try fitted(target, program)
        let results = try program.run(imported.parameters.merging(inputs) { $1 }, kernels: kernels(threads))
        return program.outputs.compactMap { output in results[output.name].map { (output.name, $0) } }
    }

    private func fitted(_ target: Tensor, _ program: Program) throws -> Tensor {
        guard let value = program.value(named: Program.targetInput) else {
            throw NetworkError("\(name): no loss can be judged")
        }
        let type = program.type(value)
        if target.type == .int32, type.element == .int64 {
            return Tensor(target.values(as: Int32.self).map(Int64.init), shape: target.shape)
        }
        return target
    }

    // MARK: Inputs

    func kernels(_ threads: Int) -> Kernels { Kernels(pool: ThreadPool(threads: max(1, min(threads, 1024)))) }

    /// The input that rows of features can fill.
    func onlyInput() throws -> ONNXModel.ValueInfo {
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
            if tensor.type == .int32, input.element == .int64 {
                result[input.name] = Tensor(tensor.values(as: Int32.self).map(Int64.init), shape: tensor.shape)
            } else if tensor.type != input.element {
                throw NetworkError(
                    "the array '\(input.name)' holds \(tensor.type), the model takes \(input.element.map { "\($0)" } ?? "?")"
                )
            } else {
                result[input.name] = tensor
            }
        }
        return result
    }
}
