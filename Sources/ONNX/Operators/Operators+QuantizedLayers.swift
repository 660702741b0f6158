import Graph
import Tensor

/// Layers on integers of eight bits as ONNX Runtime's quantiser writes them: to floats, the layer, and back to integers.
extension Operators {
    static let quantizedLayers: [String: Lowering.Operator] = [
        "com.microsoft.QLinearAdd": pairwise("Add"), "com.microsoft.QLinearMul": pairwise("Mul"),
        "com.microsoft.QLinearSigmoid": single("Sigmoid"), "com.microsoft.QLinearLeakyRelu": single("LeakyRelu"),
        "com.microsoft.QLinearSoftmax": single("Softmax"),
        "com.microsoft.QLinearGlobalAveragePool": single("GlobalAveragePool"),
        "com.microsoft.QLinearAveragePool": single("AveragePool"),
        "com.microsoft.QLinearConcat": { lowering in
            // The result's scale and zero point, then every part with its own.
            let places = stride(from: 2, to: lowering.node.inputs.count - 2, by: 3)
            let parts = try places.map { try floats(lowering, $0) }
            let whole = try lowering.applied("Concat", parts, lowering.node.attributes)
            try give(lowering, whole[0].value, scale: 0)
        },
        "com.microsoft.QLinearWhere": { lowering in
            let parts = [try lowering.argument(0), try floats(lowering, 1), try floats(lowering, 4)]
            try give(lowering, try lowering.applied("Where", parts)[0].value, scale: 7)
        },
        "com.microsoft.QGemm": { lowering in
            // The bias is of integers, in steps of both scales.
            let columns = lowering.int("transB", 0) == 1 ? 0 : 1
            let (a, b) = (try floats(lowering, 0), try floats(lowering, 3, axis: columns))
            var attributes = lowering.node.attributes
            let alpha = lowering.float("alpha", 1)
            attributes["alpha"] = .float(1)
            var result = try lowering.applied("Gemm", [a, b], attributes)[0].value
            if let bias = try lowering.optional(6) {
                let step = try lowering.builder.multiply(try lowering.input(1), try lowering.input(4))
                let wide = try lowering.builder.cast(bias, to: .float32)
                result = try lowering.builder.add(result, try lowering.builder.multiply(wide, step))
            }
            if alpha != 1 { result = try lowering.builder.multiply(lowering.builder.scalar(alpha), result) }
            guard lowering.hasInput(7) else { return lowering.set(0, result) }
            try give(lowering, result, scale: 7)
        },
        "com.microsoft.MatMulIntegerToFloat": { lowering in
            // a, b, their scales, their zero points, a bias.
            let operands = try [0, 1, 4, 5].map { lowering.hasInput($0) ? try lowering.argument($0) : nil }
            try scaledProduct(lowering, operands, try lowering.input(2), try lowering.input(3), bias: 6)
        },
        "com.microsoft.DynamicQuantizeMatMul": { lowering in
            // a, b, the scale of b, its zero point, a bias; a is quantised by its own range.
            let parts = try lowering.applied("DynamicQuantizeLinear", [try lowering.argument(0)], outputs: 3)
            let zero = lowering.hasInput(3) ? try lowering.argument(3) : nil
            let operands = [parts[0], try lowering.argument(1), parts[2], zero]
            try scaledProduct(lowering, operands, parts[1].value, try lowering.input(2), bias: 4)
        },
        "com.microsoft.MatMulNBits": packedProduct,
    ]

    /// x, its scale and zero point from input `index` on, as floats.
    private static func floats(_ lowering: Lowering, _ index: Int, axis: Int = 1) throws -> Lowering.Argument {
        let operands = try (index..<index + 3).map { lowering.hasInput($0) ? try lowering.argument($0) : nil }
        return try lowering.applied("DequantizeLinear", operands, ["axis": .int(axis)])[0]
    }

    /// Output 0, with the scale at input `scale` and the zero point after it.
    private static func give(_ lowering: Lowering, _ x: Value, scale: Int) throws {
        let zero = lowering.hasInput(scale + 1) ? try lowering.argument(scale + 1) : nil
        let result = try lowering.applied("QuantizeLinear", [(x, .float), try lowering.argument(scale), zero])[0]
        lowering.set(0, result.value, kind: result.kind)
    }

    private static func pairwise(_ type: String) -> Lowering.Operator {
        { lowering in
            let result = try lowering.applied(type, [try floats(lowering, 0), try floats(lowering, 3)])
            try give(lowering, result[0].value, scale: 6)
        }
    }

    private static func single(_ type: String) -> Lowering.Operator {
        { lowering in
            var x = try floats(lowering, 0)
            let rank = lowering.shape(x.value).count
            let isLast = lowering.int("channels_last", 0) == 1 && rank > 2
            if isLast { x.value = try lowering.builder.permute(x.value, [0, rank - 1] + Array(1..<rank - 1)) }
            var result = try lowering.applied(type, [x], lowering.node.attributes)[0].value
            if isLast { result = try lowering.builder.permute(result, [0] + Array(2..<rank) + [1]) }
            try give(lowering, result, scale: 3)
        }
    }

    /// The product of integers as floats: times both scales, plus a bias.
    private static func scaledProduct(
        _ lowering: Lowering, _ operands: [Lowering.Argument?], _ a: Value, _ b: Value, bias: Int
    ) throws {
        let sums = try lowering.applied("MatMulInteger", operands)[0].value
        let scale = try lowering.builder.multiply(a, b)
        var result = try lowering.builder.multiply(try lowering.builder.cast(sums, to: .float32), scale)
        if let bias = try lowering.optional(bias) { result = try lowering.builder.add(result, bias) }
        lowering.set(0, result)
    }

    /// A product with weights of two to eight bits, in blocks along the inner axis: (q - zero) * scale, block by block.
    private static func packedProduct(_ lowering: Lowering) throws {
        let (rows, inner) = (lowering.int("N", 0), lowering.int("K", 0))
        let (bits, block) = (lowering.int("bits", 4), lowering.int("block_size", 32))
        guard [2, 4, 8].contains(bits), (1...1 << 20).contains(rows), (1...1 << 20).contains(inner),
            (16...1 << 20).contains(block)
        else { throw lowering.refusal("\(bits) bits in blocks of \(block) for \(rows) x \(inner) cannot be") }
        guard !lowering.hasInput(4) else { throw lowering.refusal("groups by an index (g_idx) are not supported") }
        let blocks = (inner + block - 1) / block
        try lowering.limit(rows, blocks * block)
        func unpacked(_ tensor: Tensor, width: Int) throws -> [Int32] {
            let stride = (width * bits + 7) / 8
            guard tensor.type == .int32, tensor.count % max(1, stride) == 0 else {
                throw lowering.refusal("its packed numbers \(tensor.shape) do not fit")
            }
            let (bytes, share) = (tensor.values(as: Int32.self), 8 / bits)
            return (0..<tensor.count / max(1, stride)).flatMap { row in
                (0..<width).map { place in
                    bytes[row * stride + place / share] >> Int32(bits * (place % share)) & (1 << Int32(bits) - 1)
                }
            }
        }
        let numbers = try unpacked(try lowering.tensor(1), width: block)
        guard numbers.count == rows * blocks * block else {
            throw lowering.refusal("\(numbers.count) weights do not fit \(rows) x \(inner)")
        }
        let shape = [rows, blocks, block]
        var weights = try lowering.builder.cast(
            lowering.builder.constant(Tensor(numbers, shape: shape)), to: .float32)
        let scales = try lowering.input(2)
        guard lowering.builder.type(scales).count == rows * blocks else {
            throw lowering.refusal("\(lowering.shape(scales)) scales do not fit \(rows) x \(blocks) blocks")
        }
        var zeros = lowering.builder.scalar(Float(1 << (bits - 1)))
        if let stated = try lowering.optional(3) {
            if lowering.builder.type(stated).element == .float32 {
                zeros = try lowering.builder.reshape(stated, [rows, blocks, 1])
            } else {
                let points = try unpacked(try lowering.tensor(3), width: blocks)
                guard points.count == rows * blocks else { throw lowering.refusal("its zero points do not fit") }
                zeros = lowering.builder.constant(Tensor(points.map { Float($0) }, shape: [rows, blocks, 1]))
            }
        }
        weights = try lowering.builder.multiply(
            try lowering.builder.subtract(weights, zeros), try lowering.builder.reshape(scales, [rows, blocks, 1]))
        let matrix = try lowering.builder.slice(
            try lowering.builder.reshape(weights, [rows, blocks * block]), axis: 1, from: 0, count: inner)
        var result = try lowering.builder.matmul(try lowering.input(0), matrix, transposeB: true)
        if let bias = try lowering.optional(5) { result = try lowering.builder.add(result, bias) }
        lowering.set(0, result)
    }
}
