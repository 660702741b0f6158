import Tensor

// One step per node (or fused group): pointers and sizes are resolved here, once.
extension Session {
    func floats(_ value: Value) -> UnsafeMutablePointer<Float> {
        pointer(value.index).assumingMemoryBound(to: Float.self)
    }

    func compile(_ index: Int) -> Step {
        let nodes = plan.program.nodes
        if plan.groups[index] != nil { return fused(index) }
        if let attention = plan.attentions[index] { return self.attention(attention) }
        if let group = plan.rowGroups[index] {
            let step = rowStep(group)
            return { () throws(ProgramError) in step.run() }
        }
        if let contraction = plan.contractions[index] { return self.contraction(contraction, index) }
        let node = nodes[index]
        let types = node.operands.map { nodes[$0.index].type }
        switch node.operation {
        case .input, .parameter, .constant, .reshape: return { () throws(ProgramError) in }
        case .map(let function): return generalMap(function, node, types, index)
        case .cast: return cast(node, types[0], index)
        case .permute(let permutation): return permute(permutation, node, types[0], index)
        case .broadcast:
            let strides = zip(types[0].shape, types[0].strides).map { $0 == 1 ? 0 : $1 }
            return copy(from: pointer(node.operands[0].index), strides, node, index)
        case .slice(let start, let step, _):
            let strides = types[0].strides
            let offset = node.type.count == 0 ? 0 : zip(start, strides).reduce(0) { $0 + $1.0 * $1.1 }
            let base = pointer(node.operands[0].index) + offset * node.type.element.size
            return copy(from: base, zip(step, strides).map { $0 * $1 }, node, index)
        case .pad(let before, _): return pad(before, node, types[0], index)
        case .concatenate(let axis): return concatenate(axis, node, types, index)
        case .gather(let axis): return gather(axis, node, types, index)
        case .scatterAdd(let axis, let size): return scatterAdd(axis, size, node, types, index)
        case .pick(let axis): return pick(axis, node, types, index)
        case .reduce(let kind, let axes): return reduce(kind, axes, node, types[0], index)
        case .matmul where !plan.arranged.contains(index): return product(index)
        case .matmul, .convolve, .convolveInputGradient, .convolveWeightGradient:
            return contraction(index, bias: nil, .none, into: floats(Value(index)))
        case .maxPool, .maxPoolGradient, .sumPool, .sumPoolGradient: return pooling(node, types, index)
        case .trees(let ensemble):
            let (x, y) = (floats(node.operands[0]), pointer(index).assumingMemoryBound(to: Float.self))
            let (rows, kernels) = (types[0].shape[0], kernels)
            if let forest = forests[index] ?? CompactForest(ensemble) {
                forests[index] = forest
                return { () throws(ProgramError) in forest.run(x, into: y, rows: rows, kernels: kernels) }
            }
            return { () throws(ProgramError) in
                for row in 0..<rows {
                    ensemble.evaluate(row: x + row * ensemble.features, into: y + row * ensemble.targets)
                }
            }
        }
    }

    /// A fused group of elementwise operations.
    private func fused(_ root: Int) -> Step {
        let nodes = plan.program.nodes
        let members = plan.groups[root] ?? [root]
        // The axes in the order in which the result is stored.
        let axes = plan.orders[root]?.axes ?? Array(nodes[root].type.shape.indices)
        let shape = axes.map { nodes[root].type.shape[$0] }
        var externals: [ElementwiseStep.External] = []
        var externalOf: [Int: Int] = [:]
        var registerOf: [Int: Int] = [:]
        var free: [Int] = []
        var registerCount = 0
        var instructions: [ElementwiseStep.Instruction] = []
        var remaining: [Int: Int] = [:]
        for member in members {
            for operand in nodes[member].operands { remaining[operand.index, default: 0] += 1 }
        }
        for member in members {
            let node = nodes[member]
            var sources: [ElementwiseStep.Slot] = []
            for operand in node.operands {
                if let register = registerOf[operand.index] {
                    sources.append(.register(register))
                } else {
                    let number = externalOf[operand.index] ?? externals.count
                    if number == externals.count {
                        let type = nodes[operand.index].type
                        let view =
                            plan.views[operand.index] ?? StridedView(contiguous: operand.index, type)
                        externals.append(
                            ElementwiseStep.External(
                                base: pointer(operand.index) + view.offset * type.element.size,
                                elementSize: type.element.size, strides: axes.map { view.strides[$0] }))
                        externalOf[operand.index] = number
                    }
                    sources.append(.external(number))
                }
            }
            // A register may be overwritten by the instruction that reads it last: same index, elementwise.
            for operand in node.operands {
                remaining[operand.index, default: 1] -= 1
                if remaining[operand.index] == 0, let register = registerOf[operand.index],
                    nodes[operand.index].type.element == node.type.element
                {
                    free.append(register)
                }
            }
            var target = ElementwiseStep.Slot.result
            if member != root {
                let register = free.popLast() ?? registerCount
                registerCount = max(registerCount, register + 1)
                registerOf[member] = register
                target = .register(register)
            }
            var function: ScalarFunction?
            if case .map(let scalar) = node.operation { function = scalar }
            instructions.append(.init(function: function, sources: sources, target: target))
        }
        let step = ElementwiseStep(
            kernels: kernels, instructions: instructions, externals: externals, registerCount: registerCount,
            result: pointer(root), resultSize: nodes[root].type.element.size, shape: shape)
        return { () throws(ProgramError) in step.run() }
    }

    /// Integer arithmetic, comparisons of integers, selection of integers.
    private func generalMap(_ function: ScalarFunction, _ node: Node, _ types: [TensorType], _ index: Int) -> Step {
        let operands = zip(node.operands, types).map { operand, type in
            IntegerStep.Operand(
                base: pointer(operand.index), element: type.element,
                strides: zip(type.shape, type.strides).map { $0 == 1 ? 0 : $1 })
        }
        let step = IntegerStep(
            function, operands, result: pointer(index), resultSize: node.type.element.size, shape: node.type.shape)
        return { () throws(ProgramError) in step.run() }
    }

    private func cast(_ node: Node, _ source: TensorType, _ index: Int) -> Step {
        let (from, to) = (pointer(node.operands[0].index), pointer(index))
        let count = node.type.count
        let (sourceType, targetType) = (source.element, node.type.element)
        return { () throws(ProgramError) in
            for position in 0..<count {
                let bits = Self.load(from, position, sourceType)
                Self.store(
                    ScalarArithmetic.convert(bits, from: sourceType, to: targetType), to, position, targetType)
            }
        }
    }

    static func load(_ base: UnsafeMutableRawPointer, _ position: Int, _ type: ElementType) -> UInt64 {
        switch type.size {
        case 4: UInt64(base.load(fromByteOffset: position * 4, as: UInt32.self))
        case 8: base.load(fromByteOffset: position * 8, as: UInt64.self)
        default: UInt64(base.load(fromByteOffset: position, as: UInt8.self))
        }
    }

    static func store(_ bits: UInt64, _ base: UnsafeMutableRawPointer, _ position: Int, _ type: ElementType) {
        switch type.size {
        case 4: base.storeBytes(of: UInt32(truncatingIfNeeded: bits), toByteOffset: position * 4, as: UInt32.self)
        case 8: base.storeBytes(of: bits, toByteOffset: position * 8, as: UInt64.self)
        default: base.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: position, as: UInt8.self)
        }
    }

    /// An index operand's value.
    static func indexValue(_ base: UnsafeMutableRawPointer, _ position: Int, _ type: ElementType) -> Int {
        type == .int32
            ? Int(base.load(fromByteOffset: position * 4, as: Int32.self))
            : Int(base.load(fromByteOffset: position * 8, as: Int64.self))
    }
}
