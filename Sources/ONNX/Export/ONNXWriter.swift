package import Graph
package import Tensor

/// Writes a program as an ONNX file: operator set 20 with IR 9, or 18 with IR 8 for older readers.
///
/// The file computes what the program does up to rounding: ONNX has no fused multiply-add, which becomes two nodes. A softmax becomes one
/// node again. Gradients of convolutions by weights, of pooling, and trees have no ONNX form here and are refused by name.
package struct ONNXWriter {
    private var graph = ProtoMessage()
    private var initializers: [(String, Tensor)] = []
    private var fresh = 0
    private let program: Program
    private var names: [String]
    private let opset: Int

    /// - Parameters:
    ///   - parameters: the weights, by name; every parameter that an output needs.
    ///   - opset: 18 or 20.
    ///   - batchName: a name for the first axis of inputs and outputs, for programs that do not depend on its size.
    package static func bytes(
        _ program: Program, parameters: [String: Tensor], name: String = "cairn", batchName: String? = nil,
        opset version: Int = 20
    ) throws(ONNXError) -> [UInt8] {
        guard version == 18 || version == 20 else {
            throw ONNXError("the operator set \(version) cannot be written: 18 and 20 can")
        }
        var writer = ONNXWriter(program, opset: version)
        try writer.write(parameters, batchName)
        writer.graph.append(2, name)
        for (name, tensor) in writer.initializers { writer.graph.append(5, try Self.tensor(name, tensor)) }
        for value in program.inputs { writer.graph.append(11, writer.info(value, program.node(value).name, batchName)) }
        for output in program.outputs { writer.graph.append(12, writer.info(output.value, output.name, batchName)) }
        var model = ProtoMessage()
        model.append(1, version == 18 ? 8 : 9)
        model.append(2, "cairn")
        model.append(7, writer.graph)
        var opset = ProtoMessage()
        opset.append(1, "")
        opset.append(2, version)
        model.append(8, opset)
        return model.encoded
    }

    private init(_ program: Program, opset: Int) {
        self.program = program
        self.opset = opset
        names = program.nodes.map(\.name)
    }

    private mutating func write(_ parameters: [String: Tensor], _ batchName: String?) throws(ONNXError) {
        var softmax: [Int: Value] = [:]
        for derivative in program.derivatives {
            if case .softmax(let result, let logits) = derivative { softmax[result.index] = logits }
        }
        var needed = [Bool](repeating: false, count: program.nodes.count)
        for output in program.outputs { needed[output.value.index] = true }
        for index in program.nodes.indices.reversed() where needed[index] {
            let sources = softmax[index].map { [$0] } ?? program.nodes[index].operands
            for source in sources { needed[source.index] = true }
        }
        for index in program.nodes.indices where needed[index] {
            let node = program.nodes[index]
            if let logits = softmax[index] {
                emit("Softmax", [names[logits.index]], names[index], [Self.attribute("axis", -1)])
                continue
            }
            switch node.operation {
            case .input: break
            case .parameter:
                guard let tensor = parameters[node.name], tensor.shape == node.type.shape,
                    tensor.type == node.type.element
                else {
                    throw ONNXError(node: node.name, "the weights \(node.type) were not given")
                }
                initializers.append((node.name, tensor))
            case .constant(let tensor): initializers.append((node.name, tensor))
            default: try write(node, index)
            }
        }
        for output in program.outputs where names[output.value.index] != output.name {
            emit("Identity", [names[output.value.index]], output.name)
        }
    }

    private mutating func write(_ node: Node, _ index: Int) throws(ONNXError) {
        let (inputs, output) = (node.operands.map { names[$0.index] }, names[index])
        let shapes = node.operands.map { program.type($0).shape }
        switch node.operation {
        case .input, .parameter, .constant: break
        case .map(let function): map(function, inputs, output)
        case .cast(let type): emit("Cast", inputs, output, [Self.attribute("to", Self.code(type))])
        case .reshape(let shape): emit("Reshape", inputs + [numbers(shape)], output, [Self.attribute("allowzero", 1)])
        case .permute(let order): emit("Transpose", inputs, output, [Self.attribute("perm", order)])
        case .broadcast(let shape): emit("Expand", inputs + [numbers(shape)], output)
        case .slice(let start, let step, let shape):
            // An end before the first element is the most negative number.
            let ends = start.indices.map { axis -> Int in
                let end = start[axis] + step[axis] * shape[axis]
                return end < 0 ? Int(Int32.min) : end
            }
            let operands = [numbers(start), numbers(ends), numbers(Array(start.indices)), numbers(step)]
            emit("Slice", inputs + operands, output)
        case .pad(let before, let after): emit("Pad", inputs + [numbers(before + after)], output)
        case .concatenate(let axis): emit("Concat", inputs, output, [Self.attribute("axis", axis)])
        case .gather(let axis): emit("Gather", inputs, output, [Self.attribute("axis", axis)])
        case .pick(let axis): emit("GatherElements", inputs, output, [Self.attribute("axis", axis)])
        case .reduce(let kind, let axes): reduce(kind, axes, inputs, output)
        case .matmul(let transposeA, let transposeB):
            let rank = node.type.rank
            let a = transposeA ? swapped(inputs[0], rank) : inputs[0]
            let b = transposeB ? swapped(inputs[1], rank) : inputs[1]
            emit("MatMul", [a, b], output)
        case .convolve(let window, let groups):
            emit("Conv", inputs, output, Self.attributes(window) + [Self.attribute("group", groups)])
        case .convolveInputGradient(let window, let groups, let shape):
            let extra = (0..<2).map { axis -> Int in
                let reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
                let least = (shapes[0][2 + axis] - 1) * window.stride[axis] + reach
                return shape[2 + axis] + window.before[axis] + window.after[axis] - least
            }
            emit(
                "ConvTranspose", inputs, output,
                Self.attributes(window) + [Self.attribute("group", groups), Self.attribute("output_padding", extra)])
        case .maxPool(let window): emit("MaxPool", inputs, output, Self.attributes(window))
        case .sumPool(let window):
            let mean = temporary()
            var attributes = Self.attributes(window)
            if opset < 19 {
                // Averages have dilations since 19.
                guard window.dilation == [1, 1] else {
                    throw ONNXError(node: node.name, "sums of dilated windows need operator set 20")
                }
                attributes.remove(at: 2)
            }
            emit("AveragePool", inputs, mean, attributes + [Self.attribute("count_include_pad", 1)])
            let count = add(Tensor([Float(window.kernel[0] * window.kernel[1])], shape: []))
            emit("Mul", [mean, count], output)
        case .scatterAdd(let axis, _):
            // Every update of a slice goes where its index says: the indices take the shape of the updates.
            let zeros = add(Tensor(shape: node.type.shape, type: .float32))
            var row = [Int](repeating: 1, count: shapes[0].count)
            row[axis] = shapes[0][axis]
            let (column, wide) = (temporary(), temporary())
            emit("Reshape", [inputs[1], numbers(row)], column)
            emit("Expand", [column, numbers(shapes[0])], wide)
            emit(
                "ScatterElements", [zeros, wide, inputs[0]], output,
                [Self.attribute("axis", axis), Self.attribute("reduction", "add")])
        case .convolveWeightGradient, .maxPoolGradient, .sumPoolGradient, .trees:
            throw ONNXError(node: node.name, "\(node.operation.name) has no ONNX form here")
        }
    }

    private mutating func map(_ function: ScalarFunction, _ inputs: [String], _ output: String) {
        let plain: [ScalarFunction: String] = [
            .negate: "Neg", .absolute: "Abs", .exp: "Exp", .log: "Log", .tanh: "Tanh", .erf: "Erf", .squareRoot: "Sqrt",
            .floor: "Floor", .ceiling: "Ceil", .roundToEven: "Round", .relu: "Relu", .sigmoid: "Sigmoid", .sign: "Sign",
            .isNaN: "IsNaN", .not: "Not", .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div",
            .maximum: "Max",
            .minimum: "Min", .equal: "Equal", .less: "Less", .lessOrEqual: "LessOrEqual", .and: "And", .or: "Or",
            .xor: "Xor",
            .select: "Where",
        ]
        switch function {
        case .gelu where opset < 20:
            // x / 2 (1 + erf(x / sqrt 2))
            let inner = chain("Mul", inputs[0], 0x1.6a09e6p-1)
            emit("Erf", [inner], output + "/erf")
            let outer = chain("Add", output + "/erf", 1)
            emit("Mul", [chain("Mul", inputs[0], 0.5), outer], output)
        case .geluTanh where opset < 20:
            // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
            let (square, cube, sum) = (temporary(), temporary(), temporary())
            emit("Mul", [inputs[0], inputs[0]], square)
            emit("Mul", [chain("Mul", square, 0.044715), inputs[0]], cube)
            emit("Add", [inputs[0], cube], sum)
            emit("Tanh", [chain("Mul", sum, 0x1.988454p-1)], output + "/tanh")
            let outer = chain("Add", output + "/tanh", 1)
            emit("Mul", [chain("Mul", inputs[0], 0.5), outer], output)
        case .gelu: emit("Gelu", inputs, output)
        case .geluTanh: emit("Gelu", inputs, output, [Self.attribute("approximate", "tanh")])
        case .remainder: emit("Mod", inputs, output, [Self.attribute("fmod", 1)])
        case .fusedMultiplyAdd:
            let product = temporary()
            emit("Mul", Array(inputs[..<2]), product)
            emit("Add", [product, inputs[2]], output)
        case .gate:
            let (zero, condition) = (add(Tensor([0] as [Float], shape: [])), temporary())
            emit("Greater", [inputs[0], zero], condition)
            emit("Where", [condition, inputs[1], zero], output)
        default: emit(plain[function] ?? "", inputs, output)
        }
    }

    private mutating func reduce(_ kind: Reduction, _ axes: [Int], _ inputs: [String], _ output: String) {
        switch kind {
        case .sum: emit("ReduceSum", inputs + [numbers(axes)], output)
        case .maximum: emit("ReduceMax", inputs + [numbers(axes)], output)
        case .minimum: emit("ReduceMin", inputs + [numbers(axes)], output)
        case .product: emit("ReduceProd", inputs + [numbers(axes)], output)
        case .firstMaximum: emit("ArgMax", inputs, output, [Self.attribute("axis", axes[0])])
        case .firstMinimum: emit("ArgMin", inputs, output, [Self.attribute("axis", axes[0])])
        }
    }

    // MARK: Parts of the file

    private mutating func temporary() -> String {
        fresh += 1
        return "cairn_\(fresh)"
    }

    private mutating func add(_ tensor: Tensor) -> String {
        let name = temporary()
        initializers.append((name, tensor))
        return name
    }

    /// A node of an operand and a number.
    private mutating func chain(_ type: String, _ input: String, _ number: Float) -> String {
        let (constant, name) = (add(Tensor([number], shape: [])), temporary())
        emit(type, [input, constant], name)
        return name
    }

    private mutating func numbers(_ values: [Int]) -> String {
        add(Tensor(values.map(Int64.init), shape: [values.count]))
    }

    private mutating func swapped(_ input: String, _ rank: Int) -> String {
        var order = Array(0..<rank)
        order.swapAt(rank - 1, rank - 2)
        let name = temporary()
        emit("Transpose", [input], name, [Self.attribute("perm", order)])
        return name
    }

    private mutating func emit(_ type: String, _ inputs: [String], _ output: String, _ attributes: [ProtoMessage] = [])
    {
        var node = ProtoMessage()
        for input in inputs { node.append(1, input) }
        node.append(2, output)
        node.append(3, output)
        node.append(4, type)
        for attribute in attributes { node.append(5, attribute) }
        graph.append(1, node)
    }

    private func info(_ value: Value, _ name: String, _ batchName: String?) -> ProtoMessage {
        let type = program.type(value)
        var shape = ProtoMessage()
        for (axis, size) in type.shape.enumerated() {
            var dimension = ProtoMessage()
            if axis == 0, let batchName { dimension.append(2, batchName) } else { dimension.append(1, size) }
            shape.append(1, dimension)
        }
        var (tensor, kind, info) = (ProtoMessage(), ProtoMessage(), ProtoMessage())
        tensor.append(1, Self.code(type.element))
        tensor.append(2, shape)
        kind.append(1, tensor)
        info.append(1, name)
        info.append(2, kind)
        return info
    }

    private static func tensor(_ name: String, _ tensor: Tensor) throws(ONNXError) -> ProtoMessage {
        var proto = ProtoMessage()
        for size in tensor.shape { proto.append(1, size) }
        proto.append(2, code(tensor.type))
        proto.append(8, name)
        proto.append(9, tensor.withUnsafeBytes { Array($0) })
        return proto
    }

    private static func code(_ type: ElementType) -> Int {
        let type: ONNXTensor.DataType =
            switch type {
            case .int32: .int32
            case .int64: .int64
            case .bool: .bool
            default: .float
            }
        return type.rawValue
    }

    private static func attributes(_ window: Window) -> [ProtoMessage] {
        [
            attribute("kernel_shape", window.kernel), attribute("strides", window.stride),
            attribute("dilations", window.dilation), attribute("pads", window.before + window.after),
        ]
    }

    private static func attribute(_ name: String, _ value: Int) -> ProtoMessage {
        var proto = ProtoMessage()
        proto.append(1, name)
        proto.append(3, value)
        proto.append(20, 2)
        return proto
    }

    private static func attribute(_ name: String, _ value: String) -> ProtoMessage {
        var proto = ProtoMessage()
        proto.append(1, name)
        proto.append(4, value)
        proto.append(20, 3)
        return proto
    }

    private static func attribute(_ name: String, _ values: [Int]) -> ProtoMessage {
        var proto = ProtoMessage()
        proto.append(1, name)
        for value in values { proto.append(8, value) }
        proto.append(20, 7)
        return proto
    }
}
