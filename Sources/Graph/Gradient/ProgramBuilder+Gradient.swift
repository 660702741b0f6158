import Tensor

// Reverse-mode differentiation as a transformation: the gradient is more of the same program.
extension ProgramBuilder {
    /// Appends the derivative of a scalar `loss` with respect to each of `sources`; zeros where it does not depend on one.
    ///
    /// Contributions to one value are added in the order of the reversed program, which is part of the definition of the result.
    /// - Throws: `ProgramError` naming the node whose operation has no derivative.
    package mutating func gradients(of loss: Value, for sources: [Value]) throws(ProgramError) -> [Value] {
        guard type(loss).element == .float32, type(loss).count == 1 else {
            throw ProgramError(node: nodes[loss.index].name, "a loss is one float32, not \(type(loss))")
        }
        let isActive = activity(loss, sources)
        var rules: [Int: Derivative] = [:]
        for derivative in derivatives { rules[derivative.result.index] = derivative }
        var adjoints: [Int: Value] = [:]
        adjoints[loss.index] = constant(Tensor([Float(1)], shape: shape(loss)))
        let outerScope = scope
        defer { scope = outerScope }
        for index in stride(from: loss.index, through: 0, by: -1) where isActive[index] {
            guard let adjoint = adjoints[index] else { continue }
            let node = nodes[index]
            if node.operands.isEmpty { continue }
            scope = "gradient/" + node.name
            let contributions: [(Value, Value)]
            if let rule = rules[index] {
                contributions = try contribution(rule, adjoint)
            } else {
                contributions = try contribution(node, Value(index), adjoint) { isActive[$0.index] }
            }
            for (operand, value) in contributions where isActive[operand.index] {
                if let known = adjoints[operand.index] {
                    adjoints[operand.index] = try add(known, value)
                } else {
                    adjoints[operand.index] = value
                }
            }
        }
        var result: [Value] = []
        for source in sources {
            if let adjoint = adjoints[source.index] {
                result.append(adjoint)
            } else {
                result.append(constant(Tensor(shape: shape(source), type: .float32)))
            }
        }
        return result
    }

    /// Which values lie between the sources and the loss.
    private func activity(_ loss: Value, _ sources: [Value]) -> [Bool] {
        var isActive = [Bool](repeating: false, count: loss.index + 1)
        for source in sources where source <= loss { isActive[source.index] = true }
        for index in 0...loss.index where nodes[index].type.element == .float32 && !isActive[index] {
            isActive[index] = nodes[index].operands.contains { isActive[$0.index] }
        }
        return isActive
    }

    private mutating func contribution(
        _ rule: Derivative, _ adjoint: Value
    ) throws(ProgramError) -> [(Value, Value)] {
        switch rule {
        case .softmax(let result, let logits):
            // y * (g - sum(g * y))
            let total = try sum(try multiply(adjoint, result), axes: [shape(result).count - 1])
            return [(logits, try multiply(result, try subtract(adjoint, total)))]
        case .crossEntropy(_, let logits, let labels, let exponentials, let sums):
            // (e / s - one at the label) / rows
            let (rows, classes) = (shape(logits)[0], shape(logits)[1])
            let places = try cast(
                constant(Tensor((0..<classes).map(Int64.init), shape: [1, classes])), to: type(labels).element)
            let hot = try cast(try map(.equal, places, try reshape(labels, [rows, 1])), to: .float32)
            let difference = try subtract(try divide(exponentials, sums), hot)
            let gradient = try divide(difference, scalar(Float(rows)))
            return [(logits, isOne(adjoint) ? gradient : try multiply(gradient, adjoint))]
        }
    }

    /// True for the seed of the transformation, by which nothing need be multiplied.
    private func isOne(_ value: Value) -> Bool {
        constant(value).map { $0.count == 1 && $0.values(as: Float.self) == [1] } ?? false
    }

    /// Sums over the axes that were stretched, back to the shape of an operand.
    mutating func unstretched(_ gradient: Value, _ target: [Int]) throws(ProgramError) -> Value {
        let current = shape(gradient)
        let axes = target.indices.filter { target[$0] == 1 && current[$0] != 1 }
        return axes.isEmpty ? gradient : try sum(gradient, axes: axes)
    }
}
