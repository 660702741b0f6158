import Graph
import Tensor

// Element types that programs do not have are computed in wider ones; here they are kept track of, so that eight bits wrap as
// eight bits, and a cast knows what it casts from.
extension Lowering {
    /// Operators whose results may leave the range of a narrow integer.
    private static let wrapping: Set<String> = [
        "Add", "Sub", "Mul", "Div", "Neg", "Abs", "Sum", "Pow", "ReduceSum", "ReduceProd", "ReduceSumSquare",
        "ReduceL1",
        "CumSum", "CumProd", "BitShift", "BitwiseNot",
    ]
    /// Operators whose result has a type of its own.
    private static let ownType: Set<String> = [
        "Shape", "Size", "ArgMax", "ArgMin", "NonZero", "Equal", "Less", "Greater",
    ]
    /// Operators that only move texts.
    private static let moving: Set<String> = [
        "Identity", "Gather", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Shape", "Size", "Expand", "Where",
        "ai.onnx.ml.ArrayFeatureExtractor", "ai.onnx.ml.ZipMap", "If", "Loop", "Scan",
    ]

    /// Gives the results of a node the types of its inputs, and wraps what left the range of a narrow one.
    func settle(_ node: ONNXNode) throws {
        guard !Self.ownType.contains(node.type) else { return }
        let kinds = node.inputs.indices.compactMap { kind($0) }
        guard !kinds.isEmpty else { return }
        for name in node.outputs where !name.isEmpty {
            let scope = scopes[scopes.count - 1]
            guard let value = scope.values[name], scope.kinds[name] == nil,
                let kind = kinds.first(where: { $0.element == builder.type(value).element })
            else { continue }
            let isWrapping = kind.range != nil && Self.wrapping.contains(node.type)
            define(name, isWrapping ? try wrapped(value, to: kind) : value, kind)
        }
    }

    /// An integer modulo the size of a narrow type's range.
    func wrapped(_ value: Value, to kind: ONNXTensor.DataType) throws -> Value {
        guard let range = kind.range else { return value }
        let size = try whole(range.count, like: value)
        let least = try whole(range.lowerBound, like: value)
        // ((x - least) mod size + size) mod size + least
        let shifted = try builder.subtract(value, least)
        let remainder = try builder.map(.remainder, shifted, size)
        let positive = try builder.map(.remainder, try builder.add(remainder, size), size)
        return try builder.add(positive, least)
    }

    /// A whole number of the element type of `value`.
    func whole(_ number: Int, like value: Value) throws -> Value {
        builder.type(value).element == .int32
            ? builder.constant(Tensor([Int32(truncatingIfNeeded: number)], shape: []))
            : builder.constant(Tensor([Int64(number)], shape: []))
    }

    /// Texts are names of classes that are looked up and given out, as positions; nothing can be computed of them.
    func refuseTexts() throws {
        guard node.inputs.indices.contains(where: { kind($0) == .string }) else { return }
        guard Self.moving.contains(Operators.key(node)) else {
            throw refusal("computes with texts, which programs do not have")
        }
        warn("classes are texts in the file: their positions in its table are given instead")
    }
}
