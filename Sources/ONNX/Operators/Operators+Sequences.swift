import Graph
import Tensor

/// Sequences and optionals: which tensors they hold is settled while importing.
extension Operators {
    static let sequences: [String: Lowering.Operator] = [
        "SequenceEmpty": { $0.set(0, .sequence([])) },
        "SequenceConstruct": { lowering in
            lowering.set(0, .sequence(try lowering.node.inputs.indices.map { try lowering.argument($0) }))
        },
        "SequenceInsert": { lowering in
            var parts = try sequence(lowering, 0)
            let place = lowering.hasInput(2) ? try place(lowering, 2, count: parts.count + 1) : parts.count
            parts.insert(try lowering.argument(1), at: place)
            lowering.set(0, .sequence(parts))
        },
        "SequenceErase": { lowering in
            var parts = try sequence(lowering, 0)
            guard !parts.isEmpty else { throw lowering.refusal("the sequence is empty") }
            let place = lowering.hasInput(1) ? try place(lowering, 1, count: parts.count) : parts.count - 1
            parts.remove(at: place)
            lowering.set(0, .sequence(parts))
        },
        "SequenceAt": { lowering in
            let parts = try sequence(lowering, 0)
            lowering.set(0, .tensor(parts[try place(lowering, 1, count: parts.count)]))
        },
        "SequenceLength": { lowering in
            let count = Int64(try sequence(lowering, 0).count)
            lowering.set(0, lowering.builder.constant(Tensor([count], shape: [])), kind: .int64)
        },
        "SplitToSequence": split,
        "ConcatFromSequence": { lowering in
            let parts = try sequence(lowering, 0)
            guard let first = parts.first else { throw lowering.refusal("the sequence is empty") }
            let isNew = lowering.int("new_axis", 0) == 1
            let axis = try lowering.axis(
                lowering.int("axis", 0), rank: lowering.shape(first.value).count + (isNew ? 1 : 0))
            let values = try parts.map { part -> Value in
                var shape = lowering.shape(part.value)
                guard isNew, axis <= shape.count else { return part.value }
                shape.insert(1, at: axis)
                return try lowering.builder.reshape(part.value, shape)
            }
            lowering.set(0, try lowering.builder.append(.concatenate(axis: axis), values), kind: first.kind)
        },
        "SequenceMap": map,
        "Optional": { $0.set(0, $0.hasInput(0) ? try $0.held(0) : .nothing) },
        "OptionalHasElement": { lowering in
            var isFull = lowering.hasInput(0)
            if isFull, case .nothing = try lowering.held(0) { isFull = false }
            lowering.set(0, lowering.builder.constant(Tensor([isFull], shape: [])), kind: .bool)
        },
        "OptionalGetElement": { lowering in
            let held = try lowering.held(0)
            if case .nothing = held { throw lowering.refusal("the optional is empty") }
            lowering.set(0, held)
        },
        "Identity": { $0.set(0, try $0.held(0)) },
    ]

    private static func sequence(_ lowering: Lowering, _ index: Int) throws -> [Lowering.Argument] {
        guard case .sequence(let parts) = try lowering.held(index) else {
            throw lowering.refusal("input \(index) must be a sequence")
        }
        return parts
    }

    /// A known place in 0..<count, which may count from the end.
    private static func place(_ lowering: Lowering, _ index: Int, count: Int) throws -> Int {
        guard let stated = try lowering.integers(index).first, (-count..<count).contains(stated) else {
            throw lowering.refusal("its place is outside a sequence of \(count)")
        }
        return stated < 0 ? stated + count : stated
    }

    private static func split(_ lowering: Lowering) throws {
        let (x, kind) = try lowering.argument(0)
        let shape = lowering.shape(x)
        let axis = try lowering.axis(lowering.int("axis", 0), rank: shape.count)
        var sizes: [Int] = []
        if lowering.hasInput(1), try lowering.tensor(1).rank > 0 {
            sizes = try lowering.integers(1)
        } else {
            let size = lowering.hasInput(1) ? try lowering.integers(1).first ?? 0 : 1
            guard size >= 1, shape[axis] / size <= 65536 else {
                throw lowering.refusal("cannot split \(shape) on axis \(axis) into parts of \(size)")
            }
            sizes = stride(from: 0, to: shape[axis], by: size).map { min(size, shape[axis] - $0) }
        }
        guard sizes.count <= 65536, sizes.allSatisfy({ (0...shape[axis]).contains($0) }),
            sizes.reduce(0, +) == shape[axis]
        else { throw lowering.refusal("cannot split \(shape) on axis \(axis) into \(sizes)") }
        let keepsAxis = lowering.hasInput(1) || lowering.int("keepdims", 1) == 1
        var start = 0
        let parts = try sizes.map { size -> Lowering.Argument in
            var part = try lowering.builder.slice(x, axis: axis, from: start, count: size)
            start += size
            if !keepsAxis {
                var flat = shape
                flat.remove(at: axis)
                part = try lowering.builder.reshape(part, flat)
            }
            return (part, kind)
        }
        lowering.set(0, .sequence(parts))
    }

    /// The body for each element; inputs that are tensors are the same for every one.
    private static func map(_ lowering: Lowering) throws {
        let body = try lowering.graph("body")
        let count = try sequence(lowering, 0).count
        let given = try lowering.node.inputs.indices.map { try lowering.held($0) }
        var results = [[Lowering.Argument]](repeating: [], count: body.outputs.count)
        for turn in 0..<count {
            let arguments = try given.map { held -> Lowering.Held in
                guard case .sequence(let parts) = held else { return held }
                guard parts.count == count else { throw lowering.refusal("its sequences differ in length") }
                return .tensor(parts[turn])
            }
            for (index, result) in try lowering.inlined(body, arguments).enumerated() {
                results[index].append(try lowering.tensor(result))
            }
        }
        for (index, parts) in results.enumerated() { lowering.set(index, .sequence(parts)) }
    }
}
