import Tensor

// Row groups become steps: places for operands, members and registers, and an instruction for each member.
extension Session {
    /// - Parameters:
    ///   - scores: the operand that is not stored but given a block at a time.
    ///   - overwritesScores: whether the root takes the place of that block instead of being stored.
    ///   - pieces: how many may run at once; nil for as many as the work deserves.
    func rowStep(
        _ group: RowGroup, scores: Int? = nil, overwritesScores: Bool = false, pieces: Int? = nil
    ) -> RowStep {
        var compiler = RowCompiler(session: self, group: group, scores: scores, overwritesScores: overwritesScores)
        for member in group.members { compiler.append(member) }
        return RowStep(
            kernels: kernels, instructions: compiler.instructions, sources: compiler.sources, rows: group.rows,
            width: group.width, pieces: pieces)
    }
}

/// Translates the members of a row group, in order.
private struct RowCompiler {
    let session: Session
    let group: RowGroup
    let scores: Int?
    let overwritesScores: Bool
    private(set) var sources: [RowStep.Source] = []
    private(set) var instructions: [RowStep.Instruction] = []
    private var places: [Int: RowStep.Place] = [:]
    /// Members whose place is a register, with what remains to be read of them.
    private var unread: [Int: Int] = [:]
    /// The parts of softmaxes that run as one instruction, with what they are of, by their last member.
    private var softmaxes: [Int: Softmax] = [:]
    private var parts: Set<Int> = []
    private var free: [(place: Int, layout: RowStep.Layout, element: ElementType)] = []

    init(session: Session, group: RowGroup, scores: Int?, overwritesScores: Bool) {
        self.session = session
        self.group = group
        self.scores = scores
        self.overwritesScores = overwritesScores
        for member in group.members {
            for operand in nodes[member].operands { unread[operand.index, default: 0] += 1 }
        }
        for member in group.members { softmaxes[member] = Softmax(endingIn: member, nodes, group, reads: unread) }
        for softmax in softmaxes.values { parts.formUnion(softmax.parts) }
    }

    private var nodes: [Node] { session.plan.program.nodes }

    mutating func append(_ member: Int) {
        if parts.contains(member) { return }
        let node = nodes[member]
        if let softmax = softmaxes[member] {
            let source = spread(place(of: softmax.operand.index), .float32)
            release([softmax.operand, softmax.operand])
            instructions.append(.softmax(source: source.number, target: target(member, .full).number))
            return
        }
        let operands = node.operands.map { place(of: $0.index) }
        if case .reduce(let kind, _) = node.operation {
            let source = spread(operands[0], .float32)
            release(node.operands)
            let fold: RowFold = kind == .sum ? .sum : kind == .maximum ? .maximum : .minimum
            instructions.append(.fold(fold, source: source.number, target: target(member, .narrow).number))
            return
        }
        var function: ScalarFunction?
        if case .map(let scalar) = node.operation { function = scalar }
        guard node.type.shape == group.shape else { return each(member, function, operands, .narrow) }
        let isEven = operands.allSatisfy { $0.layout == .full || $0.layout == .standing }
        if !isEven, function == .fusedMultiplyAdd {
            release(node.operands)
            instructions.append(.fma(operands[0], operands[1], operands[2], target: target(member, .full).number))
        } else if !isEven, let operation = Self.binary(function) {
            release(node.operands)
            instructions.append(.pairs(operation, operands[0], operands[1], target: target(member, .full).number))
        } else {
            let even = zip(operands, node.operands).map { place, operand in
                place.layout == .standing ? place : spread(place, nodes[operand.index].type.element)
            }
            each(member, function, even, .full)
        }
    }

    private mutating func each(
        _ member: Int, _ function: ScalarFunction?, _ operands: [RowStep.Place], _ layout: RowStep.Layout
    ) {
        release(nodes[member].operands)
        func operand(_ number: Int) -> (Int, Int) {
            guard number < operands.count else { return (0, 1) }
            return (operands[number].number, operands[number].layout == .standing ? 0 : 1)
        }
        let instruction = BlockInstruction(
            function: function, a: operand(0).0, stepA: operand(0).1, b: operand(1).0, stepB: operand(1).1,
            c: operand(2).0, stepC: operand(2).1, target: target(member, layout).number)
        instructions.append(.each(instruction, isFull: layout == .full))
    }

    private static func binary(_ function: ScalarFunction?) -> BinaryOperation? {
        switch function {
        case .add: .add
        case .subtract: .subtract
        case .multiply: .multiply
        case .divide: .divide
        case .maximum: .maximum
        case .minimum: .minimum
        default: nil
        }
    }

    /// The same operand with an element for each of the matrix.
    private mutating func spread(_ place: RowStep.Place, _ element: ElementType) -> RowStep.Place {
        guard place.layout != .full else { return place }
        sources.append(.register(rowBytes: group.width * element.size))
        let full = RowStep.Place(number: sources.count - 1, layout: .full)
        instructions.append(.spread(place, elementSize: element.size, target: full.number))
        return full
    }

    // MARK: Places

    /// A register that a member read last may take the result: every instruction reads an element before it writes it.
    private mutating func release(_ operands: [Value]) {
        for operand in operands {
            unread[operand.index, default: 1] -= 1
            guard unread[operand.index] == 0, let place = places[operand.index], case .register = sources[place.number]
            else { continue }
            free.append((place.number, place.layout, nodes[operand.index].type.element))
        }
    }

    private mutating func target(_ member: Int, _ layout: RowStep.Layout) -> RowStep.Place {
        let type = nodes[member].type
        let rowBytes = (layout == .full ? group.width : 1) * type.element.size
        var number = sources.count
        if member == group.root, overwritesScores {
            sources.append(.block)
        } else if group.stored.contains(member) {
            sources.append(.moving(session.pointer(member), rowBytes: rowBytes))
        } else if let found = free.firstIndex(where: { $0.layout == layout && $0.element == type.element }) {
            number = free.remove(at: found).place
        } else {
            sources.append(.register(rowBytes: rowBytes))
        }
        let place = RowStep.Place(number: number, layout: layout)
        places[member] = place
        return place
    }

    private mutating func place(of operand: Int) -> RowStep.Place {
        if let known = places[operand] { return known }
        let (source, layout) = operand == scores ? (.block, .full) : external(operand)
        sources.append(source)
        let place = RowStep.Place(number: sources.count - 1, layout: layout)
        places[operand] = place
        return place
    }

    /// How an operand from memory lies under the rows.
    private func external(_ operand: Int) -> (RowStep.Source, RowStep.Layout) {
        let type = nodes[operand].type
        let view = session.plan.views[operand] ?? StridedView(contiguous: operand, type)
        let size = type.element.size
        let base = session.pointer(operand) + view.offset * size
        let (shape, axis) = (group.shape, group.axis)
        // Operands of members that have one number a row do not move along it.
        let strides = zip(type.shape, view.strides).map { $0 == 1 ? 0 : $1 }
        let lead = ElementwiseStep.merged(Array(shape[..<axis]), [Array(strides[..<axis])])
        let row = ElementwiseStep.merged(Array(shape[axis...]), [Array(strides[axis...])])
        let (leadSteps, rowSteps) = (lead.1[0], row.1[0])
        let standsAlongRow = rowSteps.allSatisfy { $0 == 0 }
        let standsAcrossRows = leadSteps.allSatisfy { $0 == 0 }
        switch (standsAlongRow, standsAcrossRows) {
        case (true, true): return (.fixed(base), .standing)
        case (true, false):
            if leadSteps == [1] { return (.moving(base, rowBytes: size), .narrow) }
            return (.gathered(BlockGather(base, size, sizes: lead.0, strides: leadSteps), rowCount: 1), .narrow)
        case (false, true) where rowSteps == [1] && group.rows > 1: return (.fixed(base), .column)
        case (false, _):
            if rowSteps == [1], leadSteps == [group.width] || group.rows == 1 {
                return (.moving(base, rowBytes: group.width * size), .full)
            }
            let whole = ElementwiseStep.merged(shape, [strides])
            let gather = BlockGather(base, size, sizes: whole.0, strides: whole.1[0])
            return (.gathered(gather, rowCount: group.width), .full)
        }
    }
}

/// e / sum(e) with e = exp(x - max(x)), where nothing else reads what lies between: the kernels have it in one piece, of the same
/// operations.
private struct Softmax {
    let operand: Value
    /// The members before the last.
    let parts: [Int]

    init?(endingIn root: Int, _ nodes: [Node], _ group: RowGroup, reads: [Int: Int]) {
        func operands(_ index: Int, _ operation: Operation) -> [Int]? {
            nodes[index].operation == operation && group.members.contains(index)
                ? nodes[index].operands.map(\.index) : nil
        }
        let axes = Array(group.axis..<group.shape.count)
        guard nodes[root].type.shape == group.shape, let ratio = operands(root, .map(.divide)),
            let total = operands(ratio[1], .reduce(.sum, axes: axes)), total[0] == ratio[0],
            let shifted = operands(ratio[0], .map(.exp))?[0], let difference = operands(shifted, .map(.subtract)),
            let greatest = operands(difference[1], .reduce(.maximum, axes: axes)), greatest[0] == difference[0],
            nodes[greatest[0]].type.shape == group.shape
        else { return nil }
        parts = [difference[1], shifted, ratio[0], ratio[1]]
        guard parts.map({ reads[$0] ?? 0 }) == [1, 1, 2, 1], !parts.contains(where: group.stored.contains) else {
            return nil
        }
        operand = Value(difference[0])
    }
}
