import Graph
import Tensor

/// What importing a graph for another number of rows than it was exported for goes by.
///
/// Exporters write the one number of rows that they saw into the inputs and into the shapes of `Reshape` and `Expand`. The graph is
/// lowered as the file says, which records the type of every value, and again for the wanted rows: a size that differs from its record
/// holds the batch. Each node's results must differ from their records in one axis only, by the factor that the rows differ by.
struct BatchRebinding {
    /// Rows that the file states, and those that are wanted.
    let stated: Int
    let wanted: Int
    /// Types by name, for the rows that the file states.
    let recorded: [String: TensorType]
    /// Where the batch lies inside an axis that it shares: the size of what lies around it. 1 for names that are not here.
    var outer: [String: Int] = [:]

    /// A recorded size for the wanted rows.
    func scaled(_ size: Int) -> Int { size / stated * wanted }
}

extension ONNXModel {
    /// The number of rows that the file was exported for: the first size of all inputs that state one, where they agree.
    package var statedBatch: Int? {
        let sizes = inputs.compactMap { input -> Int? in
            if case .size(let size)? = input.shape?.first { size } else { nil }
        }
        return sizes.allSatisfy { $0 == sizes[0] } ? sizes.first : nil
    }

    /// The shapes of the inputs for so many rows; other sizes that the file leaves open are `rows`, too.
    package func inputShapes(rows: Int) throws(ONNXError) -> [String: [Int]] {
        let isStated = statedBatch != nil
        return try inputTypes(batch: rows).mapValues {
            isStated && !$0.shape.isEmpty ? [rows] + $0.shape[1...] : $0.shape
        }
    }

    /// How to import for inputs of these shapes where their first sizes, and nothing else, differ from those that the file states.
    ///
    /// - Returns: nil where no size differs, or several do, which is then refused by name.
    func rebinding(to shapes: [String: [Int]]) throws(ONNXError) -> BatchRebinding? {
        var (sizes, own): (Set<[Int]>, [String: [Int]]) = ([], shapes)
        for input in inputs {
            guard case .size(let size)? = input.shape?.first, let rows = shapes[input.name]?.first, rows != size,
                input.shape?.count == shapes[input.name]?.count
            else { continue }
            sizes.insert([size, rows])
        }
        guard sizes.count == 1, let pair = sizes.first, pair[0] > 0, pair[1] > 0 else { return nil }
        // Inputs of any number of rows come along.
        for input in inputs where shapes[input.name]?.first == pair[1] { own[input.name]?[0] = pair[0] }
        let lowering = Lowering(self, mode: .inference)
        var types: [String: TensorType] = [:]
        do {
            try bind(own, [:], to: lowering)
            for input in inputs { types[input.name] = lowering.builder.type(try lowering.value(named: input.name)) }
            for node in nodes {
                try lowering.lower(node)
                for name in node.outputs where !name.isEmpty {
                    types[name] = lowering.builder.type(try lowering.value(named: name))
                }
            }
        } catch { throw lowering.named(error) }
        return BatchRebinding(stated: pair[0], wanted: pair[1], recorded: types)
    }
}

// One node for other rows than the file states.
extension Lowering {
    /// Operators that stretch their operands against one another, from the last axis on.
    private static let stretching: Set<String> = [
        "Add", "Sub", "Mul", "Div", "Pow", "Mod", "PRelu", "Where", "Equal", "Less", "Greater", "LessOrEqual",
        "GreaterOrEqual", "And", "Or", "Xor", "Min", "Max", "Sum", "Mean",
    ]

    /// The node with shapes and constants led from the stated rows to the wanted ones.
    func rebound(_ node: ONNXNode, _ rebinding: BatchRebinding) throws -> ONNXNode {
        guard node.domain.isEmpty else { return node }
        let places = try node.inputs.map { try batchAxis(of: $0, rebinding) }
        guard let carrier = places.firstIndex(where: { $0 != nil }), let axis = places[carrier] else { return node }
        var inputs = node.inputs
        let result = node.outputs.first.flatMap { rebinding.recorded[$0]?.shape } ?? []
        switch node.type {
        case "Reshape" where carrier == 0:
            inputs[1] = shapeConstant(try reshaped(node.inputs[0], axis, to: result, rebinding))
        case "Expand" where carrier == 0:
            let rank = rebinding.recorded[node.inputs[0]]?.shape.count ?? 0
            inputs[1] = shapeConstant(scaled(result, result.count - rank + axis, rebinding))
        case "Resize" where carrier == 0 && inputs.count > 3 && !inputs[3].isEmpty && !has("axes"):
            inputs[3] = shapeConstant(scaled(result, axis, rebinding))
        case "Concat":
            for index in inputs.indices where places[index] == nil {
                inputs[index] = try repeated(inputs[index], axis, like: node.inputs[carrier], axis, rebinding)
            }
        case "LSTM", "GRU", "RNN":
            for (index, place) in [(4, 0), (5, axis), (6, axis)] where index < inputs.count && places[index] == nil {
                inputs[index] = try repeated(inputs[index], place, like: node.inputs[carrier], axis, rebinding)
            }
        case let type where Self.stretching.contains(type) || (type == "Gemm" && carrier < 2 && inputs.count == 3):
            let rank = type == "Gemm" ? 2 : rebinding.recorded[node.inputs[carrier]]?.rank ?? 0
            for index in inputs.indices where places[index] == nil && (type != "Gemm" || index == 2) {
                guard let shape = rebinding.recordedShape(of: inputs[index], self), shape.count >= rank - axis,
                    shape[shape.count - rank + axis] > 1
                else { continue }
                inputs[index] = try repeated(
                    inputs[index], shape.count - rank + axis, like: node.inputs[carrier], axis, rebinding)
            }
        default: break
        }
        return ONNXNode(node, inputs: inputs, attributes: node.attributes)
    }

    /// Checks the results of a node, and notes where the batch lies in them.
    func settle(_ node: ONNXNode, _ rebinding: inout BatchRebinding) throws {
        let carriers = try node.inputs.filter { try batchAxis(of: $0, rebinding) != nil }
        for name in node.outputs where !name.isEmpty {
            guard let axis = try batchAxis(of: name, rebinding) else {
                // Shapes, and what is computed of them, are the same for all rows.
                let isConstant = builder.constant(try value(named: name)) != nil
                guard carriers.isEmpty || isConstant else {
                    throw refusal("gives one result for all rows together")
                }
                continue
            }
            guard let source = carriers.first, let size = rebinding.recorded[name]?.shape[axis],
                size != rebinding.stated
            else { continue }
            rebinding.outer[name] = rebinding.outer[source] ?? 1
            if ["Reshape", "Flatten"].contains(node.type), let shape = rebinding.recorded[name]?.shape,
                let place = try batchAxis(of: source, rebinding)
            {
                let around = rebinding.around(source, place)
                rebinding.outer[name] = around / max(1, shape[..<axis].reduce(1, *))
            }
        }
    }

    /// The axis of a value whose size holds the batch; nil where it has none.
    private func batchAxis(of name: String, _ rebinding: BatchRebinding) throws -> Int? {
        guard !name.isEmpty, let recorded = rebinding.recorded[name]?.shape else { return nil }
        let value = try value(named: name)
        let shape = shape(value)
        guard shape != recorded, builder.constant(value) == nil else { return nil }
        let axes = shape.indices.filter { $0 < recorded.count && shape[$0] != recorded[$0] }
        guard shape.count == recorded.count, axes.count == 1, let axis = axes.first,
            shape[axis] * rebinding.stated == recorded[axis] * rebinding.wanted
        else { throw refusal("gives \(shape) where \(rebinding.stated) rows give \(recorded)") }
        return axis
    }

    /// The target of a Reshape for the wanted rows: the batch keeps its place among the elements.
    private func reshaped(_ name: String, _ axis: Int, to shape: [Int], _ rebinding: BatchRebinding) throws -> [Int] {
        let around = rebinding.around(name, axis)
        var candidates: [(axis: Int, outer: Int)] = []
        for index in shape.indices {
            let before = shape[..<index].reduce(1, *)
            guard before > 0, around.isMultiple(of: before) else { continue }
            let outer = around / before
            if shape[index] > 0, shape[index].isMultiple(of: outer * rebinding.stated) {
                candidates.append((index, outer))
            }
        }
        // Where one row is stated, any axis may hold it: best at its head, where it was, and not the last one, of features.
        let inner = shape.count - 1
        let best =
            candidates.first { $0.axis == axis && $0.outer == 1 && $0.axis < inner }
            ?? candidates.first { $0.outer == 1 && $0.axis < inner } ?? candidates.first
        guard let best else {
            let from = rebinding.recorded[name]?.shape ?? []
            throw refusal("turns \(from) into \(shape), which tears the batch apart")
        }
        return scaled(shape, best.axis, rebinding)
    }

    private func scaled(_ shape: [Int], _ axis: Int, _ rebinding: BatchRebinding) -> [Int] {
        var shape = shape
        shape[axis] = rebinding.scaled(shape[axis])
        return shape
    }

    /// What holds the stated rows without depending on them, for the wanted rows: again and again along an axis.
    private func repeated(
        _ name: String, _ axis: Int, like carrier: String, _ place: Int, _ rebinding: BatchRebinding
    ) throws -> String {
        guard let own = rebinding.recordedShape(of: name, self), own.indices.contains(axis),
            let size = rebinding.recorded[carrier]?.shape[place], own[axis] == size, rebinding.outer[carrier] ?? 1 == 1
        else { return name }
        let rows = constant((0..<rebinding.scaled(size)).map { $0 % size })
        let result = name + " for \(rebinding.wanted) rows"
        define(result, try builder.append(.gather(axis: axis), [try value(named: name), rows]), kind(named: name))
        return result
    }

    /// A name for the constant shape.
    private func shapeConstant(_ shape: [Int]) -> String {
        let name = "\(shape)"
        define(name, constant(shape))
        return name
    }
}

extension BatchRebinding {
    /// How many elements lie around the batch: the sizes before its axis, and what shares that axis outside of it.
    fileprivate func around(_ name: String, _ axis: Int) -> Int {
        (recorded[name]?.shape[..<axis].reduce(1, *) ?? 1) * (outer[name] ?? 1)
    }

    /// The shape of a value for the stated rows, weights too.
    fileprivate func recordedShape(of name: String, _ lowering: Lowering) -> [Int]? {
        guard !name.isEmpty else { return nil }
        return recorded[name]?.shape ?? (try? lowering.value(named: name)).map { lowering.shape($0) }
    }
}
