package import Datasets
import ONNX
package import Tensor
package import Training

extension Network {
    // MARK: Data for this network

    /// Labelled rows, for a network of one input.
    ///
    /// - Parameter images: the shape `[channels, height, width]` of a row of pixels, which a network may take channels last.
    package func samples(_ data: Dataset, images: [Int]? = nil) throws -> Samples {
        let input = try onlyInput()
        let shape = try rowShape(input, columns: data.columns)
        var data = data
        if let images, images.count == 3, images[0] > 1, shape == [images[1], images[2], images[0]] {
            data.features = channelsLast(data.features, images)
        }
        let samples = try Samples(data, input: input.name, rowShape: shape)
        return try Samples(
            name: data.name,
            inputs: [.init(input.name, try whole(samples.inputs[0].tensor, input, data.featureNames, data.name))],
            target: samples.target, classNames: data.classNames)
    }

    /// Rows of numbers, and the columns of the table that are what the output should be, for a network of one input.
    package func samples(
        _ features: [Float], of table: NumberTable, columns names: [String], targets: [String]
    ) throws -> Samples {
        let wanted = try table.selecting(targets)
        let input = try onlyInput()
        let shape = try rowShape(input, columns: names.count)
        guard shape.reduce(1, *) == names.count else {
            throw NetworkError(
                "\(table.name) has \(names.count) columns beside the target, the input '\(input.name)' takes \(shape.reduce(1, *)) (\(shape)): choose them with --features"
            )
        }
        let tensor = Tensor(features, shape: [table.rows] + shape)
        return try Samples(
            name: table.name, inputs: [.init(input.name, try whole(tensor, input, names, table.name))],
            target: Tensor(wanted, shape: [table.rows, targets.count]))
    }

    /// Pixels from `[channels, height, width]` to `[height, width, channels]`, row by row.
    func channelsLast(_ pixels: [Float], _ shape: [Int]) -> [Float] {
        let (channels, area) = (shape[0], shape[1] * shape[2])
        var result = pixels
        for start in stride(from: 0, to: pixels.count, by: channels * area) {
            for channel in 0..<channels {
                for place in 0..<area {
                    result[start + place * channels + channel] = pixels[start + channel * area + place]
                }
            }
        }
        return result
    }

    /// Arrays by input name, and `target` (or `y`): classes in an integer type, or numbers.
    package func samples(_ arrays: [String: Tensor], name: String) throws -> Samples {
        let inputNames = Set(model.inputs.map(\.name))
        guard let target = arrays["target"] ?? (inputNames.contains("y") ? nil : arrays["y"]) else {
            throw NetworkError(
                "\(name) has no array 'target' or 'y'; there are \(arrays.keys.sorted().joined(separator: ", "))")
        }
        let rest = arrays.filter { inputNames.contains($0.key) || $0.key != "target" && $0.key != "y" }
        let inputs = try bound(rest)
        let labels = target.type == .float32 ? target : target.widened(to: .int64) ?? target
        return try Samples(
            name: name, inputs: model.inputs.compactMap { input in inputs[input.name].map { .init(input.name, $0) } },
            target: labels)
    }

    /// Whole numbers for an input that takes them, such as the numbers of tokens.
    func whole(
        _ features: Tensor, _ input: ONNXModel.ValueInfo, _ columns: [String], _ source: String
    ) throws -> Tensor {
        guard let element = input.element, element != .float32 else { return features }
        let numbers = features.values(as: Float.self)
        if let place = numbers.firstIndex(where: { $0 != $0.rounded() || $0.magnitude > 0x1p24 }) {
            throw DatasetError(
                source, row: place / columns.count + 1, column: columns[place % columns.count],
                "\(numbers[place]) is no whole number, which the input '\(input.name)' takes")
        }
        guard let result = Tensor(numbers.map { Int64($0) }, shape: features.shape).widened(to: element) else {
            throw NetworkError("\(name): the input '\(input.name)' takes \(element.name), which a table cannot give")
        }
        return result
    }

    /// The shape of one row; a single axis of unknown size takes the columns that there are.
    func rowShape(_ input: ONNXModel.ValueInfo, columns: Int) throws -> [Int] {
        if let shape = input.shape, shape.count == 2, case .size = shape[1] {
        } else if input.shape?.count == 2 {
            return [columns]
        }
        return try rowShape(input)
    }
}

extension Tensor {
    /// The same whole numbers in another type, or nil where that loses something.
    func widened(to element: ElementType) -> Tensor? {
        if type == element { return self }
        let numbers: [Int64]
        switch type {
        case .int8: numbers = values(as: Int8.self).map(Int64.init)
        case .uint8: numbers = values(as: UInt8.self).map(Int64.init)
        case .int32: numbers = values(as: Int32.self).map(Int64.init)
        case .int64: numbers = values(as: Int64.self)
        case .bool: numbers = values(as: Bool.self).map { $0 ? 1 : 0 }
        default: return nil
        }
        switch element {
        case .int64: return Tensor(numbers, shape: shape)
        case .int32:
            let narrow = numbers.compactMap(Int32.init(exactly:))
            return narrow.count == numbers.count ? Tensor(narrow, shape: shape) : nil
        case .float32 where type == .int8 || type == .uint8: return Tensor(numbers.map(Float.init), shape: shape)
        default: return nil
        }
    }
}
