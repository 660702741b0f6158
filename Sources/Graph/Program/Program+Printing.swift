import Tensor

extension Program: CustomStringConvertible {
    /// One line per node: `%3 = matmul %0 %1 : float32[32,10]`, then outputs and updates.
    package var description: String {
        var lines: [String] = []
        for (index, node) in nodes.enumerated() {
            var line = "%\(index) = \(node.operation.text)"
            switch node.operation {
            case .input, .parameter: line += " \"\(node.name)\""
            default: for operand in node.operands { line += " %\(operand.index)" }
            }
            lines.append("\(line) : \(node.type)")
        }
        for output in outputs { lines.append("output \"\(output.name)\" = %\(output.value.index)") }
        for update in updates { lines.append("update %\(update.parameter.index) = %\(update.value.index)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Operation {
    /// The name with its attributes.
    var text: String {
        func list(_ numbers: [Int]) -> String { "[" + numbers.map(String.init).joined(separator: ",") + "]" }
        func text(_ window: Window) -> String {
            "kernel=\(list(window.kernel)) stride=\(list(window.stride)) dilation=\(list(window.dilation)) "
                + "before=\(list(window.before)) after=\(list(window.after))"
        }
        switch self {
        case .constant(let tensor):
            guard tensor.count == 1 else { return "constant" }
            switch tensor.type {
            case .float32: return "constant \(tensor.values(as: Float.self)[0])"
            case .int64: return "constant \(tensor.values(as: Int64.self)[0])"
            default: return "constant"
            }
        case .permute(let order): return "permute\(list(order))"
        case .slice(let start, let step, _): return "slice start=\(list(start)) step=\(list(step))"
        case .pad(let before, let after): return "pad before=\(list(before)) after=\(list(after))"
        case .concatenate(let axis): return "concatenate axis=\(axis)"
        case .gather(let axis): return "gather axis=\(axis)"
        case .pick(let axis): return "pick axis=\(axis)"
        case .scatterAdd(let axis, let size): return "scatter_add axis=\(axis) size=\(size)"
        case .reduce(let kind, let axes): return "reduce_\(kind.name) axes=\(list(axes))"
        case .matmul(let a, let b): return "matmul" + (a ? " transposeA" : "") + (b ? " transposeB" : "")
        case .convolve(let window, let groups): return "convolve \(text(window)) groups=\(groups)"
        case .convolveInputGradient(let window, let groups, _):
            return "convolve_input_gradient \(text(window)) groups=\(groups)"
        case .convolveWeightGradient(let window, let groups, _):
            return "convolve_weight_gradient \(text(window)) groups=\(groups)"
        case .sumPool(let window): return "sum_pool \(text(window))"
        case .sumPoolGradient(let window, _): return "sum_pool_gradient \(text(window))"
        case .maxPool(let window): return "max_pool \(text(window))"
        case .maxPoolGradient(let window): return "max_pool_gradient \(text(window))"
        case .trees(let ensemble):
            return "trees features=\(ensemble.features) trees=\(ensemble.roots.count) nodes=\(ensemble.nodes.count)"
        default: return name
        }
    }
}
