import Graph
import Tensor

extension Operators {
    static let indexing: [String: Lowering.Operator] = [
        "Gather": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            let indices = try wrapped(lowering, 1, size: lowering.shape(x)[axis])
            lowering.set(0, try lowering.builder.append(.gather(axis: axis), [x, indices]))
        },
        "GatherElements": { lowering in
            let x = try lowering.input(0)
            let axis = try lowering.axis(lowering.int("axis", 0), rank: lowering.shape(x).count)
            let indices = try wrapped(lowering, 1, size: lowering.shape(x)[axis])
            lowering.set(0, try lowering.builder.append(.pick(axis: axis), [x, indices]))
        },
        "ai.onnx.ml.ArrayFeatureExtractor": { lowering in
            // Columns of the last axis; the result always has at least two axes.
            let x = try lowering.input(0)
            let shape = lowering.shape(x)
            guard let last = shape.indices.last else { throw lowering.refusal("needs an array") }
            let indices = try wrapped(lowering, 1, size: shape[last])
            let flat = try lowering.builder.reshape(indices, [lowering.builder.type(indices).count])
            let result = try lowering.builder.append(.gather(axis: last), [x, flat])
            let width = lowering.builder.type(flat).count
            lowering.set(0, shape.count == 1 ? try lowering.builder.reshape(result, [1, width]) : result)
        },
        "OneHot": { lowering in
            let indices = try lowering.input(0)
            let shape = lowering.shape(indices)
            guard
                let depth = try lowering.tensor(1).type == .float32
                    ? lowering.floats(1).first.map({ $0.magnitude < 0x1p30 ? Int($0) : 0 })
                    : lowering.integers(1).first,
                (1...1 << 20).contains(depth)
            else { throw lowering.refusal("the depth must be known and in 1...2^20") }
            let values = try lowering.input(2)
            let stated = lowering.int("axis", -1)
            let axis = stated < 0 ? stated + shape.count + 1 : stated
            guard (0...shape.count).contains(axis) else {
                throw lowering.refusal("the axis \(stated) is outside the result")
            }
            let whole = try lowering.builder.cast(indices, to: .int64)
            let n = lowering.builder.constant(Tensor([Int64(depth)], shape: []))
            let negative = try lowering.builder.map(
                .less, whole, lowering.builder.constant(Tensor([Int64(0)], shape: [])))
            let places = try lowering.builder.select(negative, try lowering.builder.add(whole, n), whole)
            var spread = shape
            spread.insert(1, at: axis)
            var row = [Int](repeating: 1, count: spread.count)
            row[axis] = depth
            let hit = try lowering.builder.map(
                .equal, try lowering.builder.reshape(places, spread),
                try lowering.builder.reshape(lowering.constant(Array(0..<depth)), row))
            let off = try lowering.builder.slice(values, axis: 0, from: 0, count: 1)
            let on = try lowering.builder.slice(values, axis: 0, from: 1, count: 1)
            lowering.set(0, try lowering.builder.select(hit, on, off))
        },
    ]

    /// An index operand with negative indices counted from the end.
    private static func wrapped(_ lowering: Lowering, _ index: Int, size: Int) throws -> Value {
        let indices = try lowering.input(index)
        if let known = lowering.builder.constant(indices), known.type == .int64 {
            let values = known.values(as: Int64.self)
            guard values.allSatisfy({ $0 >= -size && $0 < size }) else {
                throw lowering.refusal("an index is outside an axis of \(size)")
            }
            if values.allSatisfy({ $0 >= 0 }) { return indices }
            return lowering.builder.constant(Tensor(values.map { $0 < 0 ? $0 + Int64(size) : $0 }, shape: known.shape))
        }
        let whole = try lowering.builder.cast(indices, to: .int64)
        let zero = lowering.builder.constant(Tensor([Int64(0)], shape: []))
        let shift = lowering.builder.constant(Tensor([Int64(size)], shape: []))
        let negative = try lowering.builder.map(.less, whole, zero)
        return try lowering.builder.select(negative, try lowering.builder.add(whole, shift), whole)
    }
}
