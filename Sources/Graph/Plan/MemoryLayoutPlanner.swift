import Tensor

/// Assigns every stored value a place: permanent for sources and constants, else a span of the arena that is
/// reused as soon as the last step that reads it has run.
struct MemoryLayoutPlanner {
    private(set) var places: [Plan.Place]
    private(set) var arenaBytes = 0
    private(set) var permanentBytes = 0
    private(set) var inputBytes = 0
    private let program: Program
    private let needed: [Bool]
    private let isConstant: [Bool]
    private let root: [Int]
    private let groups: [Int: [Int]]
    private let contractions: [Int: [Int]]
    private let rowGroups: [Int: RowGroup]
    private let attentions: [Int: Attention]
    /// Products whose result goes to another node's place.
    private let landings: [Int: Int]
    /// Values that a step leaves besides the one it is named after.
    private let besides: [Int: [Int]]
    private let views: [Int: Int]
    private var aliasOf: [Int]
    private var direct: [Int: Int] = [:]
    private var leftOut: Set<Int> = []

    private struct Span {
        var offset: Int
        var size: Int
    }

    static func aligned(_ bytes: Int) -> Int { (bytes + 63) & ~63 }

    /// - Parameters:
    ///   - groups: the members of each elementwise group, by its root.
    ///   - contractions: the members of each contraction of more than one node, by its root.
    ///   - rowGroups: the groups that fold rows, by root.
    ///   - attentions: products with what lies between them, by the second product.
    ///   - landings: the permutation whose place a product writes to.
    ///   - views: the source of each value that is read where its source lies.
    init(
        _ program: Program, needed: [Bool], isConstant: [Bool], root: [Int], groups: [Int: [Int]],
        contractions: [Int: [Int]], rowGroups: [Int: RowGroup], attentions: [Int: Attention], landings: [Int: Int],
        views: [Int: Int]
    ) {
        self.program = program
        self.needed = needed
        self.isConstant = isConstant
        self.root = root
        self.groups = groups
        self.contractions = contractions
        self.rowGroups = rowGroups
        self.attentions = attentions
        self.landings = landings
        besides = rowGroups.mapValues { group in group.stored.filter { $0 != group.root } }
            .merging(attentions.mapValues(\.stored)) { $1 }
            .merging(landings.mapValues { [$0] }) { $0 + $1 }
        self.views = views
        places = [Plan.Place](repeating: .dead, count: program.nodes.count)
        aliasOf = Array(program.nodes.indices)
        for index in program.nodes.indices {
            if case .reshape = program.nodes[index].operation {
                aliasOf[index] = aliasOf[program.nodes[index].operands[0].index]
            } else if let source = views[index] {
                aliasOf[index] = aliasOf[source]
            }
        }
    }

    /// Gives a constant no place.
    mutating func leaveOut(_ index: Int) { leftOut.insert(index) }

    /// Finds the updates whose value may be written over the parameter while it is computed: an elementwise result that
    /// nothing else reads, when no later step reads the parameter.
    mutating func placeUpdates(steps: [Int], users: [[Int]], kept: Set<Int>) -> Set<Int> {
        var order: [Int: Int] = [:]
        for (position, step) in steps.enumerated() { order[step] = position }
        var lastRead: [Int: Int] = [:]
        var exposed: Set<Int> = []
        for output in program.outputs { exposed.insert(aliasOf[output.value.index]) }
        var valueUses: [Int: Int] = [:]
        for update in program.updates { valueUses[update.value.index, default: 0] += 1 }
        for index in program.nodes.indices where needed[index] {
            guard let position = order[root[index]] else { continue }
            for operand in program.nodes[index].operands {
                let source = aliasOf[operand.index]
                lastRead[source] = max(lastRead[source] ?? -1, position)
            }
        }
        var result: Set<Int> = []
        for (number, update) in program.updates.enumerated() {
            let value = update.value.index
            guard groups[value] != nil, users[value].isEmpty, !exposed.contains(value), valueUses[value] == 1,
                !exposed.contains(update.parameter.index), let position = order[value],
                (lastRead[update.parameter.index] ?? -1) <= position,
                readsOnlySameIndex(group: value, parameter: update.parameter.index)
            else { continue }
            direct[value] = update.parameter.index
            result.insert(number)
        }
        // A parameter that is read as another update's value must keep its old content until the end.
        let sources = Set(program.updates.map { aliasOf[$0.value.index] })
        for (number, update) in program.updates.enumerated()
        where result.contains(number) && sources.contains(update.parameter.index) {
            direct[update.value.index] = nil
            result.remove(number)
        }
        return result
    }

    private func readsOnlySameIndex(group: Int, parameter: Int) -> Bool {
        let shape = program.nodes[group].type.shape
        for member in groups[group] ?? [] {
            for operand in program.nodes[member].operands where aliasOf[operand.index] == parameter {
                if operand.index != parameter || program.nodes[parameter].type.shape != shape { return false }
            }
        }
        return true
    }

    mutating func placeAll(steps: [Int]) {
        // Inputs first: they are what each of several sessions has for itself.
        for index in program.nodes.indices where needed[index] && program.nodes[index].operation == .input {
            places[index] = .permanent(permanentBytes)
            permanentBytes += Self.aligned(program.nodes[index].type.byteCount)
        }
        inputBytes = permanentBytes
        let isStored = Set(besides.values.joined())
        for index in program.nodes.indices
        where needed[index] && places[index] == .dead && !leftOut.contains(index) {
            if aliasOf[index] != index {
                places[index] = .alias(aliasOf[index])
            } else if landings[index] != nil || root[index] != index && !isStored.contains(index) {
                places[index] = .register
            } else if isConstant[index] || program.nodes[index].operands.isEmpty {
                places[index] = .permanent(permanentBytes)
                permanentBytes += Self.aligned(program.nodes[index].type.byteCount)
            }
        }
        for (value, parameter) in direct { places[value] = .alias(parameter) }

        var last: [Int: Int] = [:]
        for (position, step) in steps.enumerated() {
            for member in members(of: step) {
                for operand in program.nodes[member].operands { last[aliasOf[operand.index]] = position }
            }
        }
        for value in program.outputs.map(\.value.index) + program.updates.map(\.value.index) {
            last[aliasOf[value]] = steps.count
        }
        var free: [Span] = []
        var busy: [(end: Int, span: Span)] = []
        func place(_ value: Int, at position: Int) {
            let span = take(Self.aligned(program.nodes[value].type.byteCount), &free)
            places[value] = .arena(span.offset)
            busy.append((last[value] ?? position, span))
        }
        for (position, step) in steps.enumerated() {
            // Spans whose last reader has run are free again; the operands of this step are not.
            for entry in busy where entry.end < position { release(entry.span, &free) }
            busy.removeAll { $0.end < position }
            for value in besides[step] ?? [] where places[value] == .dead { place(value, at: position) }
            guard places[step] == .dead else { continue }
            let end = last[step] ?? position
            if let source = overwritable(by: step, at: position, last), case .arena(let offset) = places[source],
                let entry = busy.firstIndex(where: { $0.span.offset == offset && $0.span.size > 0 })
            {
                places[step] = .arena(offset)
                busy[entry].end = end
                continue
            }
            place(step, at: position)
        }
    }

    /// The nodes that a step computes.
    private func members(of step: Int) -> [Int] {
        groups[step] ?? contractions[step] ?? rowGroups[step]?.members ?? attentions[step]?.members ?? [step]
    }

    /// An operand of a group that is read here for the last time, element by element: the result may take its place.
    private func overwritable(by step: Int, at position: Int, _ last: [Int: Int]) -> Int? {
        guard let members = groups[step] ?? rowGroups[step]?.members else { return nil }
        let type = program.nodes[step].type
        let operands = members.flatMap { program.nodes[$0].operands.map(\.index) }
        for operand in operands {
            let source = aliasOf[operand]
            guard case .arena = places[source], last[source] == position, type.byteCount > 0 else { continue }
            let isAligned = operands.allSatisfy { other in
                aliasOf[other] != source
                    || views[other] == nil && program.nodes[other].type.shape == type.shape
                        && program.nodes[other].type.element.size == type.element.size
            }
            if isAligned { return source }
        }
        return nil
    }

    private mutating func take(_ size: Int, _ free: inout [Span]) -> Span {
        var best: Int?
        for index in free.indices where free[index].size >= size {
            if let candidate = best, free[candidate].size <= free[index].size { continue }
            best = index
        }
        if let best {
            let span = Span(offset: free[best].offset, size: size)
            free[best].offset += size
            free[best].size -= size
            if free[best].size == 0 { free.remove(at: best) }
            return span
        }
        // Grow; a free span at the end is used first.
        if let tail = free.firstIndex(where: { $0.offset + $0.size == arenaBytes }) {
            let offset = free[tail].offset
            arenaBytes = offset + size
            free.remove(at: tail)
            return Span(offset: offset, size: size)
        }
        let span = Span(offset: arenaBytes, size: size)
        arenaBytes += size
        return span
    }

    private func release(_ span: Span, _ free: inout [Span]) {
        guard span.size > 0 else { return }
        free.append(span)
        free.sort { $0.offset < $1.offset }
        var merged: [Span] = []
        for span in free {
            if let end = merged.last, end.offset + end.size == span.offset {
                merged[merged.count - 1].size += span.size
            } else {
                merged.append(span)
            }
        }
        free = merged
    }
}
