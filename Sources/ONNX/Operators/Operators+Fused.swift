import Graph
import Tensor

/// What ONNX Runtime makes of networks when it optimises them: several plain operators as one (`com.microsoft`).
extension Operators {
    static let fused: [String: Lowering.Operator] = [
        "com.microsoft.Gelu": same("Gelu"), "com.microsoft.Trilu": same("Trilu"), "com.microsoft.Pad": same("Pad"),
        "com.microsoft.Range": same("Range"), "com.microsoft.GatherND": same("GatherND"),
        "com.microsoft.GridSample": same("GridSample"), "com.microsoft.QuantizeLinear": same("QuantizeLinear"),
        "com.microsoft.DequantizeLinear": same("DequantizeLinear"),
        "com.microsoft.FastGelu": { try biased($0) { try $0.builder.map(.geluTanh, $1) } },
        "com.microsoft.BiasGelu": { try biased($0) { try $0.builder.map(.gelu, $1) } },
        "com.microsoft.QuickGelu": { lowering in
            let x = try lowering.input(0)
            let inner = try lowering.builder.multiply(lowering.builder.scalar(lowering.float("alpha", 1.702)), x)
            lowering.set(0, try lowering.builder.multiply(x, try lowering.builder.map(.sigmoid, inner)))
        },
        "com.microsoft.FusedConv": { lowering in
            var result = try lowering.applied(
                "Conv", [try lowering.input(0), try lowering.input(1), try lowering.optional(2)],
                lowering.node.attributes)
            if let sum = try lowering.optional(3) { result = try lowering.builder.add(result, sum) }
            lowering.set(0, try activated(lowering, result, lowering.floatList("activation_params") ?? []))
        },
        "com.microsoft.FusedGemm": { lowering in
            let result = try lowering.applied(
                "Gemm", [try lowering.input(0), try lowering.input(1), try lowering.optional(2)],
                lowering.node.attributes)
            let numbers = ["activation_alpha", "activation_beta"].filter(lowering.has).map { lowering.float($0, 0) }
            lowering.set(0, try activated(lowering, result, numbers))
        },
        "com.microsoft.FusedMatMul": fusedProduct, "com.microsoft.TransposeMatMul": fusedProduct,
        "com.microsoft.ExpandDims": { lowering in
            let x = try lowering.input(0)
            lowering.set(0, try lowering.applied("Unsqueeze", [x, lowering.constant(try lowering.integers(1))]))
        },
        "com.microsoft.CDist": { lowering in
            // |a - b| by differences: squares less products would cancel.
            let (a, b) = (try lowering.input(0), try lowering.input(1))
            let (rows, others) = (lowering.shape(a), lowering.shape(b))
            guard rows.count == 2, others.count == 2, rows[1] == others[1] else {
                throw lowering.refusal("tables \(rows) and \(others) do not fit")
            }
            try lowering.limit(rows[0], others[0], rows[1])
            let difference = try lowering.builder.subtract(
                try lowering.builder.reshape(a, [rows[0], 1, rows[1]]),
                try lowering.builder.reshape(b, [1, others[0], others[1]]))
            let squares = try lowering.builder.sum(
                try lowering.builder.multiply(difference, difference), axes: [2], keepsAxes: false)
            switch lowering.text("metric", "sqeuclidean") {
            case "sqeuclidean": lowering.set(0, squares)
            case "euclidean": lowering.set(0, try lowering.builder.map(.squareRoot, squares))
            case let name: throw lowering.refusal("the metric '\(name)' is not supported")
            }
        },
    ]

    /// An operator that means in this domain what a plain one means.
    private static func same(_ type: String) -> Lowering.Operator {
        { lowering in
            let operands = try lowering.node.inputs.indices.map {
                lowering.hasInput($0) ? try lowering.argument($0) : nil
            }
            for (index, result) in try lowering.applied(type, operands, lowering.node.attributes).enumerated() {
                lowering.set(index, result.value, kind: result.kind)
            }
        }
    }

    /// A function of the input, to which a bias may be added first.
    private static func biased(
        _ lowering: Lowering, _ function: (Lowering, Value) throws -> Value
    ) throws {
        var x = try lowering.input(0)
        if let bias = try lowering.optional(1) { x = try lowering.builder.add(x, bias) }
        lowering.set(0, try function(lowering, x))
    }

    /// What `activation` names, with its numbers in the order of its own attributes.
    private static func activated(_ lowering: Lowering, _ x: Value, _ numbers: [Float]) throws -> Value {
        let name = lowering.text("activation", "")
        if name.isEmpty { return x }
        let names: [String]
        switch name {
        case "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "HardSwish", "Identity", "Mish": names = []
        case "LeakyRelu", "Elu", "ThresholdedRelu", "Celu", "Swish": names = ["alpha"]
        case "HardSigmoid": names = ["alpha", "beta"]
        case "Clip":
            guard numbers.count == 2 else { throw lowering.refusal("Clip needs two numbers") }
            let bounds = numbers.map { lowering.builder.scalar($0) }
            return try lowering.applied("Clip", [x, bounds[0], bounds[1]])
        default: throw lowering.refusal("the activation '\(name)' is not supported")
        }
        guard numbers.count <= names.count else {
            throw lowering.refusal("the activation '\(name)' has \(numbers.count) numbers")
        }
        let attributes = zip(names, numbers).map { ($0, ONNXNode.Attribute.float($1)) }
        return try lowering.applied(name, [x], Dictionary(uniqueKeysWithValues: attributes))
    }

    /// alpha times a product whose operands may be turned: the last two axes, or the batch's first one to the place before the last.
    private static func fusedProduct(_ lowering: Lowering) throws {
        func operand(_ index: Int, _ side: String) throws -> Value {
            let x = try lowering.input(index)
            let rank = lowering.shape(x).count
            guard rank >= 2 else { return x }
            var order = Array(0..<rank)
            if lowering.int("transBatch\(side)", 0) == 1 { order = Array(1..<rank - 1) + [0, rank - 1] }
            if lowering.int("trans\(side)", 0) == 1 { order.swapAt(rank - 2, rank - 1) }
            return try lowering.builder.permute(x, order)
        }
        let product = try lowering.applied("MatMul", [try operand(0, "A"), try operand(1, "B")])
        let alpha = lowering.float("alpha", 1)
        lowering.set(
            0, alpha == 1 ? product : try lowering.builder.multiply(lowering.builder.scalar(alpha), product))
    }
}
